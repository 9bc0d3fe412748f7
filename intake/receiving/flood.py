"""Bounds: how fast messages are taken from one account, and the count of what was turned away.

A signed message is never turned away while it comes as ClassIn sends: one queue for each school, the next one only after our
answer. The bound for signed ones lies above what such a queue can do and is for somebody who sends a captured pair of key
and time stamp again and again. What is turned away for its pace is not acknowledged, so a queue brings it again and
nothing is lost. Pace and counts are kept in each web process, so that a flood costs the database one statement now and then.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F

from intake.models import TurnedAway
from operations.clock import database_now

SIGNED_PER_SECOND: Final = 400.0
"""Each second and web process; a queue that waits for each answer does 100 at 10 ms there and back."""
UNPROVEN_PER_SECOND: Final = 20.0
BURST_SECONDS: Final = 10.0
"""So many seconds' worth may come at once."""
WRITE_EVERY: Final = 10.0
"""Seconds between two writes of the counts while a flood lasts."""


class Bucket:
    """Tokens that come back at a pace; one for each key. Safe for threads."""

    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        self._lock = threading.Lock()
        self._left: dict[int, tuple[float, float]] = {}

    def take(self, key: int, now: float | None = None) -> bool:
        """Whether there was a token for this key."""
        at = time.monotonic() if now is None else now
        most = self.per_second * BURST_SECONDS
        with self._lock:
            left, since = self._left.get(key, (most, at))
            left = min(most, left + (at - since) * self.per_second)
            self._left[key] = (left - 1 if left >= 1 else left, at)
            return left >= 1

    def clear(self) -> None:
        """Start over, full."""
        with self._lock:
            self._left.clear()


class Tally:
    """Counts of what was turned away, added to the hour's row at once and then every `WRITE_EVERY` seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[int, str]] = Counter()
        self._written = float("-inf")

    def add(self, account_id: int, kind: TurnedAway.Kind) -> None:
        """Count one; writes when it is time."""
        with self._lock:
            self._counts[account_id, kind.value] += 1
        self.write_if_due()

    def write_if_due(self) -> None:
        """Write what is counted, unless that was done a moment ago. Every message that comes calls this."""
        with self._lock:
            if not self._counts or time.monotonic() - self._written < WRITE_EVERY:
                return
            counts, self._counts = self._counts, Counter()
            self._written = time.monotonic()
        now = database_now()
        for (account_id, kind), count in counts.items():
            _add(account_id, kind, count, now)

    def clear(self) -> None:
        """Forget what is counted and write the next one at once."""
        with self._lock:
            self._counts.clear()
            self._written = float("-inf")


def _add(account_id: int, kind: str, count: int, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        row, _new = TurnedAway.objects.get_or_create(
            account_id=account_id, kind=kind, hour=hour, defaults={"last_at": now}
        )
        TurnedAway.objects.filter(pk=row.pk).update(count=F("count") + count, last_at=now)


signed = Bucket(SIGNED_PER_SECOND)
unproven = Bucket(UNPROVEN_PER_SECOND)
tally = Tally()
