"""How far sealing has come, in words for the screens: honest about what is not signed yet."""

from __future__ import annotations

from django.utils.translation import gettext as _

from audit.sealer import State
from screens.dates import moment_text


def line(state: State) -> str:
    """`Sealed up to record 12,345, today 10:42.`; what was never sealed says so."""
    if state.last_record is None:
        return _("Nothing is sealed yet.")
    record = f"{state.last_record:,}"
    if state.sealed_at is None:
        return _("Sealed up to record %(record)s, not signed yet.") % {"record": record}
    return _("Sealed up to record %(record)s, %(time)s.") % {
        "record": record,
        "time": moment_text(state.sealed_at),
    }


def warning(state: State) -> str:
    """What is wrong with sealing and what to do about it; "" while it works."""
    return warning_of(state.alarm)


def warning_of(alarm: str) -> str:
    """The same for the bare word of the alarm."""
    told = {
        "stopped": _(
            "Sealing has stopped. Start the worker, and beat beside it; the log’s commands verify it."
        ),
        "behind": _(
            "New records have waited too long to be sealed. Look at the worker’s log for the reason."
        ),
        "unsigned": _("Records are sealed but not signed. Check that the audit log’s signing key is set."),
    }
    return told.get(alarm, "")
