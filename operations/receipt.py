"""A receipt: what a deletion that is over did, in figures that come from its items alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.safestring import SafeString

from audit.models import Record
from operations.audit_actions import RUN_APPROVAL_EXPIRED, RUN_APPROVED, RUN_CANCELLED
from operations.causes import Cause, causes
from operations.explain import left_out_badge
from operations.models import Account, Item, Run
from operations.operation import Label
from operations.registry import registry
from operations.states import ItemState, Outcome

GIGABYTE = 10**9
FIRST = 50
GROUPS = 60


@dataclass(slots=True)
class Part:
    """A part of what a receipt covers: how many items are gone by this run, and the bytes that freed."""

    label: Label
    account: str
    all: int = 0
    gone: int = 0
    freed: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Items that nothing was sent for, by reason."""

    operation: str
    reason: str
    count: int

    @property
    def badge(self) -> SafeString:
        return left_out_badge(self.operation, self.reason)


@dataclass(slots=True)
class Totals:
    """Every item of the run counted once: by outcome, or as `waiting` while its answer is still outstanding."""

    outcomes: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    freed: int = 0
    unmeasured: int = 0
    """Items that are gone and whose size nobody knew: the bytes freed are at least `freed`."""

    @property
    def items(self) -> int:
        return self.outcomes.total() + self.waiting

    @property
    def gone(self) -> int:
        return self.outcomes[Outcome.DONE]


class Tally:
    """A run's receipt. Each part is read when it is asked for, by a fixed number of queries however long the list is."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        rows: Any = (
            Item.objects.filter(run=self.run)
            .order_by()
            .values("operation", "account_id", "state", "outcome", "left_out")
            .annotate(
                count=Count("pk"), size=Sum("size_bytes"), unmeasured=Count("pk", filter=Q(size_bytes=None))
            )
            .order_by("operation", "account_id", "-count", "left_out")
        )
        return list(rows)

    @cached_property
    def totals(self) -> Totals:
        totals = Totals()
        for row in self._rows:
            if row["state"] != ItemState.SETTLED:
                totals.waiting += row["count"]
                continue
            totals.outcomes[row["outcome"]] += row["count"]
            if row["outcome"] == Outcome.DONE:
                totals.freed += row["size"] or 0
                totals.unmeasured += row["unmeasured"]
        return totals

    @cached_property
    def parts(self) -> list[Part]:
        """By kind of deletion and account."""
        names = {account.pk: str(account) for account in Account.objects.all()}
        parts: dict[tuple[str, int], Part] = {}
        for row in self._rows:
            place = (row["operation"], row["account_id"])
            part = parts.setdefault(place, Part(registry[place[0]].label, names[place[1]]))
            part.all += row["count"]
            if row["outcome"] == Outcome.DONE:
                part.gone += row["count"]
                part.freed += row["size"] or 0
        return list(parts.values())

    @cached_property
    def left_out(self) -> list[LeftOut]:
        """What stayed and why, the most frequent reason first."""
        counts: Counter[tuple[str, str]] = Counter()
        for row in self._rows:
            if row["outcome"] == Outcome.SKIPPED:
                counts[row["operation"], row["left_out"]] += row["count"]
        return [LeftOut(operation, why, count) for (operation, why), count in counts.most_common()]

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        """What is gone by course, asset or package, the largest first; one more than are shown, if there are more."""
        rows = self._gone.order_by().values("group_label").annotate(count=Count("pk"), size=Sum("size_bytes"))
        return [dict(row) for row in rows.order_by("-count", "group_label")[: GROUPS + 1]]

    @cached_property
    def first_gone(self) -> list[Item]:
        return list(self._gone.order_by("pk")[:FIRST])

    @property
    def _gone(self) -> Any:
        return Item.objects.filter(run=self.run, state=ItemState.SETTLED, outcome=Outcome.DONE)

    @cached_property
    def causes(self) -> list[Cause]:
        return causes(self.run)

    @cached_property
    def _moments(self) -> dict[str, Record]:
        """The newest record of each thing that people did to the run as a whole."""
        codes = [action.code for action in (RUN_APPROVED, RUN_CANCELLED, RUN_APPROVAL_EXPIRED)]
        records = Record.objects.filter(run_id=self.run.pk, action__in=codes).order_by("pk")
        return {record.action: record for record in records}

    @property
    def approved_at(self) -> datetime | None:
        approval = self._moments.get(RUN_APPROVED.code)
        return approval.at if approval and self.run.approved_name else None

    @property
    def cancelled_by(self) -> str:
        """Who cancelled the rest; "" when nobody did."""
        cancelled = self._moments.get(RUN_CANCELLED.code)
        return cancelled.actor_name if cancelled else ""

    @property
    def approval_ran_out(self) -> bool:
        return RUN_APPROVAL_EXPIRED.code in self._moments

    @property
    def saved_a_month(self) -> Decimal | None:
        """Money, in the currency of the run's price, rounded to its hundredth; None while the school sets no price."""
        return saved_a_month(self.totals.freed, self.run.price_per_gb_month)


def saved_a_month(freed: int, price: Decimal | None) -> Decimal | None:
    """What `freed` bytes cost a month at this price for 10^9 of them; exact, and rounded half up at the end."""
    if price is None:
        return None
    return (Decimal(freed) * price / GIGABYTE).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
