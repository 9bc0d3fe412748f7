"""Quiet hours: times of the week, on the school's own clock, in which no deletion starts. Pure functions of an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to before `end` on the wall clock of `zone`, beginning on these weekdays (Monday is 0).

    An `end` that is earlier than `start` lies on the next day. What the wall clock shows counts: an hour that a change
    to summer time skips is neither quiet nor not, an hour that comes twice is quiet twice.
    """

    start: time
    end: time
    days: frozenset[int]
    zone: tzinfo

    def covers(self, moment: datetime) -> bool:
        """Whether it is quiet at this instant (aware)."""
        local = moment.astimezone(self.zone)
        return self.covers_wall(local.weekday(), local.time())

    def covers_wall(self, weekday: int, shown: time) -> bool:
        """Whether it is quiet when the wall clock shows this."""
        if self.start < self.end:
            return weekday in self.days and self.start <= shown < self.end
        since_today = weekday in self.days and shown >= self.start
        return since_today or ((weekday - 1) % 7 in self.days and shown < self.end)

    def next_allowed(self, moment: datetime) -> datetime:
        """The first instant from this one on that is not quiet; the instant itself when it is not."""
        now = moment.astimezone(UTC)
        while self.covers(now):
            now = self._step(now)
        return now

    def _step(self, now: datetime) -> datetime:
        """The next end on the wall clock, or the change of the clock that comes before it."""
        local = now.astimezone(self.zone)
        left = datetime.combine(local.date(), self.end) - local.replace(tzinfo=None)
        target = now + (left if left > timedelta(0) else left + _DAY)
        if target.astimezone(self.zone).utcoffset() == local.utcoffset():
            return target
        return self._clock_change(now, target)

    def _clock_change(self, before: datetime, after: datetime) -> datetime:
        """The second at which the zone's offset becomes another one between these two, by halving."""
        offset = before.astimezone(self.zone).utcoffset()
        low, high = int(before.timestamp()), int(after.timestamp()) + 1
        while high - low > 1:
            middle = (low + high) // 2
            if datetime.fromtimestamp(middle, self.zone).utcoffset() == offset:
                low = middle
            else:
                high = middle
        return datetime.fromtimestamp(high, UTC)
