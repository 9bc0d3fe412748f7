"""Days of retention rules: whole days of the school's time zone, read from the database's clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone


def age_limit(now: datetime, days: int) -> datetime:
    """The start of the school's day `days` days before today: what was recorded before it is older than that.

    It stays where it is for a whole day and is never later than `days` times 24 hours ago.
    """
    today = _local(now).date()
    return _at(today - timedelta(days=days), time())


def night_of(now: datetime) -> tuple[date, datetime]:
    """The last night whose time has come: the school's day it belongs to, and when it began."""
    at = time.fromisoformat(settings.RETENTION["at"])
    day = _local(now).date()
    if _at(day, at) > now:
        day -= timedelta(days=1)
    return day, _at(day, at)


def next_night(now: datetime) -> datetime:
    """When the next night begins."""
    day, _began = night_of(now)
    return _at(day + timedelta(days=1), time.fromisoformat(settings.RETENTION["at"]))


def due_after(announced_at: datetime, days: int) -> datetime:
    """The end of a notice of so many days: never less than that many times 24 hours, nor sooner by the school's clock."""
    there = _local(announced_at)
    by_the_clock = _at(there.date() + timedelta(days=days), there.time())
    return max(by_the_clock, announced_at + timedelta(days=days))


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment, timezone.get_default_timezone())


def _at(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at), timezone.get_default_timezone())
