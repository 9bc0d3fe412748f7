"""The words that filters of the log are made of: which values there are, how they are typed, what they are called."""

from __future__ import annotations

import datetime as dt
import re

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from audit.changes import kind_label
from audit.models import Record
from audit.registry import registry
from audit.sentences import label_of
from screens.dates import day_text
from screens.states import Text, state_of

OUTCOMES = ("done", "already", "rejected", "not_sent", "unknown", "skipped", "cancelled", "denied")
PROVIDERS: dict[str, Text] = {
    "classin": "ClassIn",
    "huawei_vod": gettext_lazy("Huawei VOD"),
    "syngrafii": "Syngrafii",
}

_LARGEST_ID = 2**63 - 1
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,40}")


def codes_under(prefix: str) -> list[str]:
    """The registered codes that are `prefix` or begin with it and a dot."""
    return [
        action.code for action in registry if action.code == prefix or action.code.startswith(f"{prefix}.")
    ]


def single_codes() -> list[str]:
    """Codes of actions that are a row of their own even where they name a run."""
    return [action.code for action in registry if action.single or action.outcome == "denied"]


def codes_named(text: str) -> list[str]:
    """The registered codes that begin with `text`, or else have it as a word: `delete` finds every deletion."""
    if under := codes_under(text):
        return under
    word = re.compile(rf"(^|[._]){re.escape(text)}($|[._])")
    return [action.code for action in registry if word.search(action.code)]


def run_number(text: str) -> int | None:
    """The number of a run or plan, typed as `R-12`, `P-12` or `12`."""
    return whole_number(text.upper().removeprefix("R-").removeprefix("P-"))


def is_request_id(text: str) -> bool:
    """Whether a request may be called this."""
    return _REQUEST_ID.fullmatch(text) is not None


def day_named(text: str) -> dt.date | None:
    """The day typed as `2026-11-01`; None for anything else and for days when there was no log."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day is not None and 2000 <= day.year < 2100 else None


def whole_number(text: str) -> int | None:
    """A number that an id may have; None for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    number = int(text)
    return number if number <= _LARGEST_ID else None


def system_label() -> str:
    """The product itself, as a person of the log."""
    return _("The back office")


def outcome_label(key: str) -> str:
    """The word of an outcome's badge."""
    return str((state_of("other", "refused_action") if key == "denied" else state_of("outcome", key)).label)


def action_label(prefix: str) -> str:
    """The words for an action's code, or for all codes under a prefix."""
    if not prefix or prefix in registry:
        return label_of(prefix) if prefix else ""
    depth = prefix.count(".") + 1
    under = (action for action in registry if action.code.startswith(f"{prefix}."))
    subjects = {str(action.subject) for action in under if action.code.count(".") == depth}
    return subjects.pop() if len(subjects) == 1 and "" not in subjects else prefix


def object_label(kind: str, key: int | None) -> str:
    """The kind of object, and the object's name as the newest record about it has it."""
    if key is None:
        return kind_label(kind)
    about = Record.objects.filter(target_kind=kind, target_id=key)
    name = about.order_by("-at", "-id").values_list("target_label", flat=True).first()
    return f"{kind_label(kind)} “{name}”" if name else f"{kind_label(kind)} {key}"


def span_text(since: dt.date | None, until: dt.date | None) -> str:
    """Days in words: from, until, or both."""
    if since and until:
        if since == until:
            return day_text(since)
        ends = {"since": day_text(since), "until": day_text(until)}
        return pgettext("a span of days", "%(since)s – %(until)s") % ends
    if since:
        return _("from %(date)s") % {"date": day_text(since)}
    return _("until %(date)s") % {"date": day_text(until)} if until else ""
