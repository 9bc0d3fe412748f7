"""Expiry dates of courses: ClassIn's seconds, the school's days, and how far ahead a date may lie."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import BigIntegerField, Func
from django.utils import timezone
from django.utils.translation import gettext as _

from screens.dates import day_text

NEVER = 0
"""ClassIn's `expiryTime` for a course that never expires."""

_FURTHEST = timedelta(days=365)
"""ClassIn's "within one year" (154), taken as the shorter of the two kinds of year."""


class EpochNow(Func):
    """The database's time now, in whole seconds since 1970."""

    template = "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) AS BIGINT)"
    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        # Without a percent sign: whether one survives depends on whether the statement has parameters.
        template = "CAST((julianday('now') - 2440587.5) * 86400 AS INTEGER)"
        sql: tuple[str, Any] = self.as_sql(compiler, connection, template=template, **context)
        return sql


def last_second_of(day: date) -> int:
    """The end of that day in the school's time, in seconds since 1970: 23:59:59."""
    return int(datetime.combine(day, time(23, 59, 59), tzinfo=timezone.get_default_timezone()).timestamp())


def moment_of(seconds: int) -> datetime:
    """This moment in the school's time. Raises OverflowError or ValueError beyond all calendars."""
    return datetime.fromtimestamp(seconds, tz=timezone.get_default_timezone())


def day_of(seconds: int) -> date:
    """The day in the school's time that this moment lies in. Raises as `moment_of`."""
    return moment_of(seconds).date()


def earliest_day() -> date:
    """The first day that ends at least one day from now: ClassIn refuses earlier ones (151)."""
    return _today() + timedelta(days=1)


def latest_day() -> date:
    """The last day that ends within one year from now: ClassIn refuses later ones (154)."""
    return _today() + _FURTHEST - timedelta(days=1)


def in_words(seconds: int | None) -> str:
    """An expiry as people read it: a date, "never expires" or "not known"."""
    if seconds is None:
        return _("not known")
    if seconds == NEVER:
        return _("never expires")
    try:
        return day_text(day_of(seconds))
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def _today() -> date:
    return timezone.localdate(timezone=timezone.get_default_timezone())
