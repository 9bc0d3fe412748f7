"""What people are told of runs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations.notices import Details, NoticeKind, register_kind
from operations.states import Halt, Outcome
from screens.figures import listed

_OUTCOMES = {
    Outcome.DONE: gettext_lazy("%(count)s done"),
    Outcome.ALREADY: gettext_lazy("%(count)s already so"),
    Outcome.REJECTED: gettext_lazy("%(count)s rejected"),
    Outcome.NOT_SENT: gettext_lazy("%(count)s not sent"),
    Outcome.UNKNOWN: gettext_lazy("%(count)s unknown"),
    Outcome.SKIPPED: gettext_lazy("%(count)s left out"),
    Outcome.CANCELLED: gettext_lazy("%(count)s cancelled"),
}
_AFTER_A_HALT = {
    Halt.NOT_CONNECTED: gettext_lazy("It can go on once an administrator has set the account’s credentials."),
    Halt.CREDENTIALS: gettext_lazy(
        "It can go on once an administrator has mended the account’s credentials."
    ),
    Halt.MAINTENANCE: gettext_lazy("Let it go on when the maintenance is over."),
    Halt.UNKNOWNS: gettext_lazy("Look at the unknown items first, then let it go on or cancel the rest."),
    Halt.SWITCH: gettext_lazy("It can go on when deletions are allowed again."),
    Halt.LIST_CHANGED: gettext_lazy(
        "Cancel the rest and make a new plan. Nothing more is sent for this one."
    ),
}


def _items(details: Details) -> dict[str, Any]:
    count = details["count"]
    return {**details, "items": ngettext("%(count)s item", "%(count)s items", count) % {"count": count}}


def _outcomes(details: Details) -> dict[str, Any]:
    parts = [
        str(words) % {"count": details[outcome]} for outcome, words in _OUTCOMES.items() if details[outcome]
    ]
    return {"outcomes": listed(parts)}


def _halted(details: Details) -> dict[str, Any]:
    why = Halt(details["why"])
    return {"why": str(why.label), "advice": str(_AFTER_A_HALT[why])}


def _then(details: Details) -> dict[str, Any]:
    waits = _("It starts after the waiting time; until then it can be cancelled.")
    return {**details, "then": waits if details["waits"] else _("It starts now.")}


APPROVAL_WANTED = register_kind(
    NoticeKind(
        code="operations.run.approval_wanted",
        label=gettext_lazy("Somebody asks for my approval"),
        subject=gettext_lazy("%(name)s asks you to approve a deletion: %(items)s (%(run)s)"),
        sentence=gettext_lazy("%(name)s asks for an approval: %(run)s, deletion of %(items)s."),
        icon="users-round",
        details=frozenset({"name", "count"}),
        words=_items,
    )
)
APPROVED = register_kind(
    NoticeKind(
        code="operations.run.approved",
        label=gettext_lazy("My run is approved"),
        subject=gettext_lazy("%(run)s is approved"),
        sentence=gettext_lazy("%(name)s approved %(run)s. %(then)s"),
        icon="check",
        details=frozenset({"name", "waits"}),
        words=_then,
    )
)
SENT_BACK = register_kind(
    NoticeKind(
        code="operations.run.sent_back",
        label=gettext_lazy("My run is sent back"),
        subject=gettext_lazy("%(run)s is sent back"),
        sentence=gettext_lazy("%(name)s sent %(run)s back: “%(comment)s” Nothing of it was sent."),
        icon="undo-2",
        details=frozenset({"name", "comment"}),
    )
)
APPROVAL_EXPIRED = register_kind(
    NoticeKind(
        code="operations.run.approval_expired",
        label=gettext_lazy("Nobody approved my run in time"),
        subject=gettext_lazy("Nobody approved %(run)s in time"),
        sentence=gettext_lazy(
            "Nobody approved %(run)s in time. It is cancelled, and nothing of it was sent."
        ),
        icon="hourglass",
    )
)
FINISHED = register_kind(
    NoticeKind(
        code="operations.run.finished",
        label=gettext_lazy("A run that I asked for or approved is finished"),
        subject=gettext_lazy("%(run)s is finished: %(outcomes)s"),
        sentence=gettext_lazy("%(run)s is finished: %(outcomes)s."),
        icon="receipt-text",
        details=frozenset(outcome.value for outcome in Outcome),
        words=_outcomes,
    )
)
HALTED = register_kind(
    NoticeKind(
        code="operations.run.halted",
        label=gettext_lazy("A run that I asked for or approved halted itself"),
        subject=gettext_lazy("%(run)s halted: %(why)s"),
        sentence=gettext_lazy("%(run)s halted: %(why)s. %(advice)s"),
        icon="octagon-x",
        details=frozenset({"why"}),
        words=_halted,
    )
)
CANCELLED = register_kind(
    NoticeKind(
        code="operations.run.cancelled",
        label=gettext_lazy("Somebody cancelled a run that I asked for or approved"),
        subject=gettext_lazy("%(name)s cancelled the rest of %(run)s"),
        sentence=gettext_lazy(
            "%(name)s cancelled the rest of %(run)s: %(items)s. What was sent already is not taken back."
        ),
        icon="circle-slash",
        details=frozenset({"name", "count"}),
        words=_items,
    )
)
UNKNOWN = register_kind(
    NoticeKind(
        code="operations.run.unknown",
        label=gettext_lazy("Nobody knows what came of an item"),
        subject=gettext_lazy("%(run)s: the outcome of %(items)s is not known"),
        sentence=gettext_lazy(
            "%(run)s: the outcome of %(items)s is not known. Look at the provider and say on the item’s page what you found."
        ),
        icon="circle-help",
        details=frozenset({"count"}),
        words=_items,
    )
)
