"""How the receiving of an account's messages stands, for other packages' pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, Sum
from django.db.models.functions import Now

from intake.models import PushMessage, TurnedAway
from operations.models import Account

MOST_COUNTED = 10_000
"""Messages that are counted; whoever shows a figure of this size says "10,000+"."""
LATELY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class PushState:
    """When the last message came, and how many wait, failed, and were turned away for their key within a day."""

    last_at: datetime | None
    waiting: int
    failed: int
    refused: int


def state_of(account: Account) -> PushState:
    """Three bounded queries."""
    mine = PushMessage.objects.filter(account=account)
    return PushState(
        last_at=account.pushed_at,
        waiting=_count(Q(state=PushMessage.State.WAITING), mine),
        failed=_count(Q(state=PushMessage.State.FAILED), mine),
        refused=refused_lately(account),
    )


def failed_count() -> int:
    """How many messages of all accounts failed, as far as is counted."""
    return _count(Q(state=PushMessage.State.FAILED), PushMessage.objects)


def refused_lately(account: Account | None = None) -> int:
    """Requests that were refused for a wrong or missing key within a day, at one account or at all of them."""
    kinds = [TurnedAway.Kind.WRONG_KEY, TurnedAway.Kind.NO_KEY]
    rows = TurnedAway.objects.filter(kind__in=kinds, hour__gte=Now() - LATELY)
    if account is not None:
        rows = rows.filter(account=account)
    return rows.aggregate(count=Sum("count"))["count"] or 0


def _count(condition: Q, rows: object) -> int:
    found = rows.filter(condition)  # type: ignore[attr-defined]  # a manager or a queryset
    return int(found.order_by()[:MOST_COUNTED].count())
