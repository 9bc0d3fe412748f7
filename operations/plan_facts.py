"""What a plan's page shows beyond its groups: totals, what deserves a look, what stays, how many requests and how long.

All of it comes from one GROUP BY over the frozen items, and a second one for operations that pack many into a request.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, IntegerField, Max, Min, Q, Sum, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations.engine.freeze import look_mark
from operations.engine.pace import seconds_for
from operations.explain import left_out_badge, left_out_why, look_codes
from operations.holds import HoldReason, reasons_in
from operations.models import Account, Item, Run
from operations.models.account import provider_name
from operations.operation import LookAt
from operations.registry import registry
from screens.figures import listed, number_text

PAGE = 50
FEW, SHORT = 5, 8
"""Rows of an opened list before somebody asks for all of it, and the longest list that is shown whole at once."""


@dataclass(slots=True)
class Line:
    """One line of totals: a kind, an account, or the whole plan. `unsized` items have no known size."""

    label: str = ""
    count: int = 0
    size: int = 0
    unsized: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None

    def add(self, row: Mapping[str, Any]) -> None:
        self.count += row["count"]
        self.size += row["size"] or 0
        self.unsized += row["count"] - row["sized"]
        self.oldest = min((at for at in (self.oldest, row["oldest"]) if at), default=None)
        self.newest = max((at for at in (self.newest, row["newest"]) if at), default=None)


@dataclass(slots=True)
class LookLine:
    """One reason to look: how many items go all the same, and how many stay because they have no tick."""

    reason: LookAt
    ticked: int = 0
    unticked: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None


@dataclass(slots=True)
class OutLine:
    """One reason why something stays."""

    code: str
    badge: str
    why: str
    count: int = 0
    holds: Sequence[HoldReason] = ()


@dataclass(frozen=True, slots=True)
class Requests:
    """How many requests one account will get for what goes there, and about how many seconds they take at its pace."""

    account: Account
    count: int
    seconds: float
    going: Line

    @property
    def about(self) -> str:
        return about(self.seconds)


@dataclass(slots=True)
class PlanFacts:
    """The figures of one plan."""

    going: Line
    out: int
    kinds: list[Line]
    providers: list[Line]
    looks: list[LookLine]
    looking: int
    left_out: list[OutLine]
    containers: list[str]
    groups: str
    requests: list[Requests] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Accounts are asked side by side, so the slowest one counts."""
        return max((request.seconds for request in self.requests), default=0.0)

    @property
    def requests_words(self) -> str:
        """One sentence for all accounts together."""
        count = sum(request.count for request in self.requests)
        facts = {"count": number_text(count), "about": about(self.seconds)}
        if len(self.requests) == 1:
            words = ngettext(
                "%(count)s request to %(account)s takes %(about)s.",
                "%(count)s requests to %(account)s take %(about)s.",
                count,
            )
            return words % {**facts, "account": str(self.requests[0].account)}
        words = ngettext(
            "%(count)s request takes %(about)s.",
            "%(count)s requests take %(about)s; the accounts are asked side by side.",
            count,
        )
        return words % facts


def plan_facts(run: Run) -> PlanFacts:
    """The figures of a plan, or of a confirmed list that waits for its approval."""
    rows = list(
        Item.objects.filter(run=run)
        .order_by()
        .values("operation", "account_id", "left_out", "look_at")
        .annotate(
            count=Count("pk"),
            size=Sum("size_bytes"),
            sized=Count("size_bytes"),
            oldest=Min("happened_at"),
            newest=Max("happened_at"),
        )
    )
    accounts = {
        account.pk: account for account in Account.objects.filter(pk__in={row["account_id"] for row in rows})
    }
    going, kinds, of_accounts = Line(), defaultdict[str, Line](Line), defaultdict[int, Line](Line)
    of_providers = defaultdict[str, Line](Line)
    for row in rows:
        if not row["left_out"]:
            going.add(row)
            kinds[row["operation"]].add(row)
            of_accounts[row["account_id"]].add(row)
            of_providers[registry[row["operation"]].provider].add(row)
    for key, line in kinds.items():
        line.label = str(registry[key].label)
    for name, line in of_providers.items():
        line.label = provider_name(name)
    looks = _looks(rows)
    containers, groups = _places(run)
    return PlanFacts(
        going=going,
        out=sum(row["count"] for row in rows if row["left_out"]),
        kinds=sorted(kinds.values(), key=lambda line: -line.count),
        providers=sorted(of_providers.values(), key=lambda line: -line.count),
        looks=looks,
        looking=sum(row["count"] for row in rows if row["look_at"] and row["left_out"] in ("", "unticked")),
        left_out=_left_out(run, rows),
        containers=containers,
        groups=groups,
        requests=_requests(run, rows, accounts, of_accounts),
    )


def look_items(run: Run, code: str, after: int) -> tuple[list[Item], int | None]:
    """One page of what deserves a look for this reason, ticked or not, and where the next page starts."""
    items = Item.objects.filter(run=run, look_at__contains=look_mark(code), left_out__in=["", "unticked"])
    return _page(items.filter(pk__gt=after).order_by("pk")[: PAGE + 1])


def out_items(run: Run, code: str, after: int) -> tuple[list[Item], int | None]:
    """One page of what stays for this reason, and where the next page starts."""
    return _page(Item.objects.filter(run=run, left_out=code, pk__gt=after).order_by("pk")[: PAGE + 1])


def about(seconds: float) -> str:
    """A rough duration in words, for a person who plans the day."""
    if seconds < 60:
        return _("less than a minute")
    if seconds < 90 * 60:
        minutes = round(seconds / 60)
        return ngettext("about %(count)s minute", "about %(count)s minutes", minutes) % {"count": minutes}
    hours = round(seconds / 3600)
    return ngettext("about %(count)s hour", "about %(count)s hours", hours) % {"count": hours}


def requests_of(run: Run, operation_key: str, account_id: int) -> int:
    """How many requests what goes of one operation will make at one account: what `pack` makes of it, by SQL."""
    items = Item.objects.filter(
        run=run, operation=operation_key, account_id=account_id, left_out=""
    ).order_by()
    most = registry[operation_key].most_per_request
    if most == 1:
        return items.count()
    full = (Count("pk") + Value(most - 1)) / Value(most)
    by_container = items.values("container_key").annotate(number=full)
    total = by_container.aggregate(total=Sum("number", output_field=IntegerField()))["total"]
    return int(total or 0)


def _page(items: Iterable[Item]) -> tuple[list[Item], int | None]:
    page = list(items)
    return page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None


def _looks(rows: Sequence[Mapping[str, Any]]) -> list[LookLine]:
    lines: dict[str, LookLine] = {}
    for row in rows:
        if row["left_out"] not in ("", "unticked"):
            continue
        codes = look_codes(row["look_at"])
        for reason in registry[row["operation"]].please_look:
            if reason.code in codes:
                _count_look(lines.setdefault(reason.code, LookLine(reason)), row)
    return sorted(lines.values(), key=lambda line: -(line.ticked + line.unticked))


def _count_look(line: LookLine, row: Mapping[str, Any]) -> None:
    if row["left_out"]:
        line.unticked += row["count"]
    else:
        line.ticked += row["count"]
    line.oldest = min((at for at in (line.oldest, row["oldest"]) if at), default=None)
    line.newest = max((at for at in (line.newest, row["newest"]) if at), default=None)


def _left_out(run: Run, rows: Sequence[Mapping[str, Any]]) -> list[OutLine]:
    lines: dict[str, OutLine] = {}
    for row in rows:
        code, key = row["left_out"], row["operation"]
        if code:
            fresh = OutLine(code, left_out_badge(key, code), str(left_out_why(key, code)))
            lines.setdefault(code, fresh).count += row["count"]
    if "held" in lines:
        lines["held"].holds = reasons_in(Item.objects.filter(run=run, left_out="held"))
    return sorted(lines.values(), key=lambda line: -line.count)


def _places(run: Run) -> tuple[list[str], str]:
    """In how many lessons, assets and packages, and in how many courses, the items that go lie; in words."""
    rows = (
        Item.objects.filter(run=run, left_out="")
        .order_by()
        .values("operation")
        .annotate(
            containers=Count("container_key", distinct=True),
            groups=Count("group_label", distinct=True, filter=~Q(group_label="")),
        )
        .order_by("-containers")
    )
    containers: list[str] = []
    groups: list[str] = []
    for row in rows:
        operation = registry[row["operation"]]
        if operation.container is not None:
            containers.append(operation.container_words % {"count": row["containers"]})
        if row["groups"] and operation.group_words:
            groups.append(operation.group_words % {"count": row["groups"]})
    return containers, listed(groups)


def _requests(
    run: Run, rows: Sequence[Mapping[str, Any]], accounts: dict[int, Account], going: Mapping[int, Line]
) -> list[Requests]:
    counts: dict[int, int] = defaultdict(int)
    packed = set()
    for row in rows:
        if row["left_out"]:
            continue
        if registry[row["operation"]].most_per_request == 1:
            counts[row["account_id"]] += row["count"]
        else:
            packed.add((row["operation"], row["account_id"]))
    for key, account_id in packed:
        counts[account_id] += requests_of(run, key, account_id)
    made = [
        Requests(
            accounts[pk],
            count,
            seconds_for(count, *settings.OPERATIONS["pace"][accounts[pk].provider]),
            going[pk],
        )
        for pk, count in counts.items()
    ]
    return sorted(made, key=lambda request: -request.seconds)
