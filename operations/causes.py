"""Why items of a run did not end well: grouped by cause, each with its meaning, what helps, and whether a retry may send them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from operations.engine.control import RETRIABLE
from operations.explain import code_of, last_call, meaning_and_advice
from operations.models import Item, Run
from operations.operation import Label
from operations.registry import registry
from operations.states import ItemState, Outcome
from providers.codes import CodeClass
from screens.cells import state_badge

TROUBLE = (Outcome.REJECTED, Outcome.NOT_SENT, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Cause:
    """Items of one operation with the same outcome and code. `undecided` counts those that wait for a person."""

    operation: str
    outcome: str
    code: str
    count: int
    undecided: int
    meaning: str
    advice: str
    will_be_the_same: bool

    @property
    def label(self) -> Label:
        return registry[self.operation].label

    @property
    def badge(self) -> SafeString:
        kind = "deletion_outcome" if registry[self.operation].risk.destructive else "outcome"
        return state_badge(kind, self.outcome)

    @property
    def query(self) -> str:
        """What shows these items on the run's page."""
        return urlencode({"show": self.outcome, "operation": self.operation, "code": self.code})

    @property
    def retriable(self) -> bool:
        return self.outcome in RETRIABLE

    @property
    def retry_words(self) -> str:
        """Whether a retry may send these items, and why not."""
        if self.undecided:
            return _("Not sent again until somebody says what came of it: it may have happened.")
        if self.outcome == Outcome.UNKNOWN:
            return _("Never sent again: nobody can tell what came of it.")
        if self.will_be_the_same:
            return _("Nothing has happened, so a retry may send it; unless something changes first, the answer stays the same.")  # fmt: skip
        return _("Nothing has happened, so a retry may send it.")


def causes(run: Run, outcomes: Sequence[Outcome] = TROUBLE) -> list[Cause]:
    """The causes, the most frequent first: one GROUP BY, and one item of each group with its attempts."""
    undecided = Q(outcome=Outcome.UNKNOWN, decided_at=None)
    rows: list[Any] = list(
        Item.objects.filter(run=run, state=ItemState.SETTLED, outcome__in=outcomes)
        .order_by()
        .values("operation", "outcome", "code")
        .annotate(count=Count("pk"), undecided=Count("pk", filter=undecided), sample=Min("pk"))
        .order_by("-count", "sample")
    )
    samples = (
        Item.objects.prefetch_related("attempts").in_bulk([row["sample"] for row in rows]) if rows else {}
    )
    return [_cause(row, samples[row.pop("sample")]) for row in rows]


def _cause(row: dict[str, Any], sample: Item) -> Cause:
    call = last_call(sample)
    meaning, advice = meaning_and_advice(sample, call)
    code = code_of(sample, call)
    return Cause(
        **row,
        meaning=meaning or _("No reason is known."),
        advice=advice,
        will_be_the_same=code is not None and code.kind is CodeClass.FIX_INPUT,
    )


def narrowed(operation: str | None, code: str | None) -> Q:
    """The items of one cause, for a filter in an address; everything where it names none that could exist."""
    only = Q()
    if operation in registry:
        only &= Q(operation=operation)
    if code is not None and len(code) <= 60 and "\x00" not in code:
        only &= Q(code=code)
    return only
