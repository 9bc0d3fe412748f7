"""How fast an account may be asked: two rates, shared by all workers through the account's row.

Readings (`take_read`) take from the same rate per second as everything else, so that both together are never more than we
allow ourselves. Per minute it depends on the provider. Huawei documents limits for each call: 100 deletions a minute, and
apart from them 1,500 lists, details and infos; there readings have a minute of their own ("read_pace" in the settings),
and cost the deletions nothing of theirs. Where a provider documents no such thing, readings count in the one minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from operations.models import Account

# A tenth of a window's limit may go at once; the rest is spread, so that no window ever sees more than the limit.
_BURST = 0.1


@dataclass(frozen=True, slots=True)
class Grant:
    """How many requests may start now, and when the next one may, if fewer than wanted."""

    requests: int
    next_at: datetime | None


def take(account_id: int, want: int, now: datetime) -> Grant:
    """Take up to `want` requests from the account's pace; call inside the claim's transaction."""
    account = Account.objects.select_for_update().get(pk=account_id)
    per_minute = settings.OPERATIONS["pace"][account.provider][1]
    return _take(account, want, now, per_minute, "next_minute_at")


def _take(account: Account, want: int, now: datetime, per_minute: float, minute_of: str) -> Grant:
    if account.blocked_until and account.blocked_until > now:
        return Grant(0, account.blocked_until)
    per_second = settings.OPERATIONS["pace"][account.provider][0]
    second = _room(account.next_second_at, now, limit=per_second, window=1.0)
    minute = _room(getattr(account, minute_of), now, limit=per_minute, window=60.0)
    granted = max(0, min(want, second.fits, minute.fits))
    if granted:
        account.next_second_at = second.after(granted)
        setattr(account, minute_of, minute.after(granted))
        account.save(update_fields=["next_second_at", minute_of])
    return Grant(granted, max(second.free_at(granted), minute.free_at(granted)) if granted < want else None)


def take_read(account_id: int, want: int, now: datetime) -> Grant:
    """The same for a reading, which has a minute of its own where the provider counts reading calls apart."""
    account = Account.objects.select_for_update().get(pk=account_id)
    per_minute = settings.OPERATIONS["read_pace"].get(account.provider)
    if per_minute is None:
        return take(account_id, want, now)
    return _take(account, want, now, per_minute, "next_read_minute_at")


def block(account_id: int, until: datetime) -> None:
    """Obey a provider that asked us to wait; never shortens a wait that is already set."""
    Account.objects.filter(pk=account_id).filter(Q(blocked_until=None) | Q(blocked_until__lt=until)).update(
        blocked_until=until
    )


def seconds_for(requests: int, per_second: float, per_minute: float) -> float:
    """How long after the first of so many requests the last one starts, for one account that nobody else asks."""
    return max(
        0.0,
        *(
            (requests - max(1.0, limit * _BURST)) * _interval(limit, window)
            for limit, window in ((per_second, 1.0), (per_minute, 60.0))
        ),
    )


@dataclass(frozen=True, slots=True)
class _Room:
    """The generic cell rate algorithm for one window: `start` is the theoretical arrival time of the next request."""

    start: datetime
    interval: float
    burst: float
    now: datetime

    @property
    def fits(self) -> int:
        ahead = (self.start - self.now).total_seconds()
        return int((self.burst * self.interval - ahead) / self.interval + 1e-9)

    def after(self, requests: int) -> datetime:
        return self.start + timedelta(seconds=requests * self.interval)

    def free_at(self, requests: int) -> datetime:
        return self.after(requests) + timedelta(seconds=self.interval - self.burst * self.interval)


def _interval(limit: float, window: float) -> float:
    return window / (limit * (1 - _BURST))


def _room(start: datetime | None, now: datetime, *, limit: float, window: float) -> _Room:
    return _Room(max(start or now, now), _interval(limit, window), max(1.0, limit * _BURST), now)
