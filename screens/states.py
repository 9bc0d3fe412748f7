"""How each state is shown: word, tone and icon. A badge without a word does not exist.

The keys are the values that the models store. An unknown key is shown raw in grey, so that a state
that was added elsewhere is seen and not hidden.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise
else:
    Text = str


@dataclass(frozen=True)
class State:
    """One badge: its word, its tone (green, teal, red, amber, violet, blue, grey), its icon or none."""

    label: Text
    tone: str
    icon: str = ""


OUTCOMES: dict[str, State] = {
    "done": State(_("Done"), "green", "check"),
    "already": State(_("Already so"), "teal", "check-check"),
    "rejected": State(_("Rejected"), "red", "x"),
    "not_sent": State(_("Not sent"), "amber", "triangle-alert"),
    "unknown": State(_("Unknown"), "violet", "circle-help"),
    "skipped": State(_("Left out"), "grey", "circle-slash"),
    "cancelled": State(_("Cancelled"), "grey", "circle-slash"),
}

# The same outcomes of an operation that deletes.
DELETION_OUTCOMES: dict[str, State] = OUTCOMES | {
    "done": State(_("Deleted"), "green", "check"),
    "already": State(_("Already gone"), "teal", "check-check"),
}

LEFT_OUT_ON_HOLD = State(_("Left out: on hold"), "amber", "lock")

ITEM_STATES: dict[str, State] = {
    "queued": State(_("Still to do"), "grey", "circle-dashed"),
    "sending": State(_("Sending"), "blue", "loader"),
    "looking": State(_("Looking it up"), "blue", "search"),
}

RUN_STATES: dict[str, State] = {
    "draft": State(_("Draft, nothing sent yet"), "grey", "circle-dashed"),
    "waiting_approval": State(_("Waiting for approval"), "blue", "users-round"),
    "counting_down": State(_("Counting down"), "blue", "hourglass"),
    "running": State(_("Running"), "blue", "loader"),
    "paused": State(_("Paused"), "amber", "pause"),
    "halted": State(_("Stopped itself"), "red", "octagon-x"),
    "finished": State(_("Finished"), "green", "check"),
    "cancelled": State(_("Cancelled"), "grey", "circle-slash"),
}

# The same states of a run that deletes.
DELETION_RUN_STATES: dict[str, State] = RUN_STATES | {
    "draft": State(_("Draft, nothing deleted yet"), "grey", "circle-dashed"),
}

PRESENCES: dict[str, State] = {
    "present": State(_("Present"), "green", "check"),
    "deletion_pending": State(_("Deletion under way"), "blue", "hourglass"),
    "deleted": State(_("Deleted"), "grey", "circle-slash"),
    "missing": State(_("No longer seen"), "amber", "circle-help"),
}

CONNECTIONS: dict[str, State] = {
    "up_to_date": State(_("Up to date"), "green", "check"),
    "not_connected": State(_("Not connected"), "grey"),
    "refused": State(pgettext_lazy("connection", "Refused"), "red", "ban"),
}

OTHERS: dict[str, State] = {
    "on_hold": State(_("On hold"), "amber", "lock"),
    "shown_again": State(_("Shown again"), "amber", "triangle-alert"),
    "shared": State(_("Shared link"), "grey", "link"),
    "sealed": State(_("Sealed"), "green", "shield-check"),
    "unsealed": State(_("Not sealed yet"), "grey", "shield"),
    "intact": State(_("Intact"), "green", "shield-check"),
    "broken": State(_("Broken"), "red", "shield-alert"),
    "refused_action": State(_("Refused"), "red", "ban"),
}

KINDS: dict[str, dict[str, State]] = {
    "outcome": OUTCOMES,
    "deletion_outcome": DELETION_OUTCOMES,
    "item": ITEM_STATES,
    "run": RUN_STATES,
    "deletion_run": DELETION_RUN_STATES,
    "presence": PRESENCES,
    "connection": CONNECTIONS,
    "other": OTHERS,
}


def state_of(kind: str, key: object) -> State:
    """The badge for a stored key. ``kind`` is a key of :data:`KINDS`; ``item`` also knows the outcomes."""
    table = KINDS[kind]
    name = str(getattr(key, "value", key))
    if kind == "item" and name not in table:
        table = OUTCOMES
    return table.get(name) or State(name or "?", "grey", "circle-help")
