"""What the run's page shows: figures by one GROUP BY each, items by keyset, never the whole list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations.clock import database_now
from operations.engine.confirm import is_destructive, operations_of
from operations.explain import left_out_badge
from operations.models import Account, Item, Run
from operations.registry import registry
from operations.states import OPEN_ITEM_STATES, ItemState, Outcome, RunState
from screens.figures import number_text

PAGE = 50
GROUPS = 60

NEEDS_A_LOOK = (Outcome.UNKNOWN, Outcome.REJECTED, Outcome.NOT_SENT)
SHOWS = {
    "all": (gettext_lazy("All"), Q()),
    "look": (gettext_lazy("Needs a look"), Q(outcome__in=NEEDS_A_LOOK)),
    "todo": (gettext_lazy("Still to do"), Q(state__in=OPEN_ITEM_STATES)),
    **{outcome.value: (outcome.label, Q(outcome=outcome)) for outcome in Outcome},
}


@dataclass(frozen=True, slots=True)
class Progress:
    """A run in figures, as of one moment of the database's clock: of what was confirmed; the rest stayed in the plan."""

    counts: dict[str, int]
    stayed: int
    total: int
    freed: int
    size: int
    as_of: datetime
    rate: float

    @property
    def settled(self) -> int:
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        return self.total - self.settled

    @property
    def percent(self) -> int:
        return 100 * self.settled // self.total if self.total else 100

    @property
    def rate_words(self) -> str:
        """The rate as a person says it: so many a minute, or an hour where it is slow; "" before anything is sent."""
        if self.rate >= 1:
            return _("%(count)s a minute") % {"count": number_text(round(self.rate))}
        return _("%(count)s an hour") % {"count": number_text(round(self.rate * 60))} if self.rate > 0 else ""

    @property
    def minutes_left(self) -> int | None:
        return max(1, round(self.left / self.rate)) if self.rate and self.left else None


def progress(run: Run) -> Progress:
    """Counts by outcome, bytes freed, and the rate (items a minute since the start)."""
    rows = (
        Item.objects.filter(run=run)
        .order_by()
        .values("state", "outcome", "confirmed")
        .annotate(count=Count("pk"), size=Sum("size_bytes"))
    )
    counts: dict[str, int] = {}
    total = freed = size = stayed = 0
    for row in rows:
        if run.confirmed_at and not row["confirmed"]:
            stayed += row["count"]
            continue
        total += row["count"]
        size += row["size"] or 0
        if row["state"] == ItemState.SETTLED:
            counts[row["outcome"]] = counts.get(row["outcome"], 0) + row["count"]
        if row["outcome"] == Outcome.DONE:
            freed += row["size"] or 0
    now = database_now()
    sent = sum(
        count for outcome, count in counts.items() if outcome not in (Outcome.SKIPPED, Outcome.CANCELLED)
    )
    minutes = ((run.ended_at or now) - run.started_at).total_seconds() / 60 if run.started_at else 0
    return Progress(counts, stayed, total, freed, size, now, sent / minutes if minutes > 0 else 0.0)


def plan_totals(run: Run) -> dict[str, Any]:
    """Totals of a plan: what will go (count, bytes, groups, sending requests' providers) and how many are left out."""
    return Item.objects.filter(run=run).aggregate(
        going=Count("pk", filter=Q(left_out="")),
        size=Sum("size_bytes", filter=Q(left_out="")),
        groups=Count("group_label", filter=Q(left_out=""), distinct=True),
        out=Count("pk", filter=~Q(left_out="")),
        first=Min("pk"),
        last=Max("pk"),
    )


def plan_groups(run: Run) -> list[dict[str, Any]]:
    """What will go, by course, asset or package, the largest group first."""
    rows = (
        Item.objects.filter(run=run)
        .filter(Q(left_out="") | Q(left_out="unticked"))
        .order_by()
        .values("group_label")
        .annotate(
            count=Count("pk", filter=Q(left_out="")),
            all=Count("pk"),
            size=Sum("size_bytes", filter=Q(left_out="")),
            containers=Count("container_key", distinct=True, filter=Q(left_out="")),
            kind=Min("operation"),
            last_kind=Max("operation"),
            oldest=Min("happened_at", filter=Q(left_out="")),
            newest=Max("happened_at", filter=Q(left_out="")),
        )
        .order_by("-count", "group_label")
    )
    return [{**row, "places": _places(row)} for row in rows[:GROUPS]]


def _places(row: Mapping[str, Any]) -> str:
    """In how many lessons, assets or packages a group's items lie, in words; "" where that says nothing."""
    operation = registry[row["kind"]]
    if row["kind"] != row["last_kind"] or operation.container is None or not row["group_label"]:
        return ""
    return str(operation.container_words % {"count": row["containers"]})


def plan_items(run: Run, group: str, after: int) -> tuple[list[Item], int | None]:
    """One page of a group's items, and where the next page starts (None: this was the last)."""
    items = Item.objects.filter(run=run, group_label=group, pk__gt=after).filter(
        Q(left_out="") | Q(left_out="unticked")
    )
    page = list(items.order_by("pk")[: PAGE + 1])
    return page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None


def left_out(run: Run) -> list[dict[str, Any]]:
    """What stays, by reason: badge and count."""
    rows = (
        Item.objects.filter(run=run)
        .exclude(left_out__in=["", "unticked"])
        .order_by()
        .values("operation", "left_out")
        .annotate(count=Count("pk"))
        .order_by("-count")
    )
    return [{"badge": left_out_badge(row["operation"], row["left_out"]), **row} for row in rows]


def shown_items(
    run: Run,
    show: str,
    after: int,
    only: Q = Q(),  # noqa: B008 - a Q is never changed in place
) -> tuple[list[Item], int | None]:
    """One page of a run's items. "latest" is what is being sent and what was settled last; `only` narrows."""
    items: QuerySet[Item] = Item.objects.filter(run=run).filter(only).prefetch_related("attempts")
    if show == "latest":
        busy = items.filter(state__in=[ItemState.SENDING, ItemState.LOOKING]).order_by("pk")
        last = items.filter(state=ItemState.SETTLED, confirmed=True).order_by(F("settled_at").desc(), "-pk")
        return [*busy[:10], *last[:25]], None
    if run.confirmed_at and show != Outcome.SKIPPED:
        items = items.filter(confirmed=True)
    page = list(items.filter(SHOWS.get(show, SHOWS["all"])[1], pk__gt=after).order_by("pk")[: PAGE + 1])
    return page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None


def waits(run: Run) -> list[dict[str, Any]]:
    """Accounts of this run whose provider asked us to wait, while it still runs, and for how many seconds yet."""
    if run.state != RunState.RUNNING:
        return []
    open_accounts = Item.objects.filter(run=run, state__in=OPEN_ITEM_STATES).values("account_id")
    now = database_now()
    return [
        {"account": account, "seconds": ceil((account.blocked_until - now).total_seconds())}
        for account in Account.objects.filter(pk__in=open_accounts, blocked_until__gt=now)
        if account.blocked_until
    ]


def heading(run: Run, count: int, only: Item | None) -> str:
    """The page's title: what it is, with the number of things or the name of the one."""
    operations = operations_of(run)
    if run.state == RunState.DRAFT:
        return (
            _("Deletion plan P-%(number)s") % {"number": run.pk}
            if is_destructive(run)
            else _("Review changes")
        )
    if count == 1 and only is not None:
        return _("%(operation)s: %(name)s") % {"operation": operations[0].label, "name": only.label}
    if len(operations) == 1:
        words = ngettext("%(operation)s, %(count)s item", "%(operation)s, %(count)s items", count)
        return words % {"operation": operations[0].label, "count": count}
    return ngettext("Deletion of %(count)s item", "Deletion of %(count)s items", count) % {"count": count}
