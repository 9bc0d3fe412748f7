"""Dates as people read them: today and yesterday by name, otherwise the date; age in one unit."""

import datetime as dt

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext

Moment = dt.datetime | dt.date

_AGES: tuple[tuple[int, str], ...] = (
    (365 * 86400, "year"),
    (30 * 86400, "month"),
    (86400, "day"),
    (3600, "hour"),
    (60, "minute"),
)


def _local(value: Moment) -> Moment:
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def _date_of(value: Moment) -> dt.date:
    local = _local(value)
    return local.date() if isinstance(local, dt.datetime) else local


def is_chinese() -> bool:
    """Whether the active language is Chinese, where dates are written 2025-02-27."""
    return (get_language() or "").lower().startswith("zh")


def day_text(value: Moment) -> str:
    """The date: ``27 Feb 2025``, in Chinese ``2025-02-27``."""
    day = _date_of(value)
    return day.isoformat() if is_chinese() else date_format(day, "j M Y")


def clock_text(value: dt.datetime, *, seconds: bool = False) -> str:
    """The time of day on the school's clock: ``10:42``, with seconds ``10:42:13``."""
    return date_format(_local(value), "H:i:s" if seconds else "H:i")


def moment_text(value: dt.datetime) -> str:
    """Day and time: ``today, 10:42``, ``yesterday, 16:05``, ``27 Feb 2025, 10:42``."""
    today = timezone.localdate()
    day = _date_of(value)
    facts = {"time": clock_text(value), "date": day_text(value)}
    if day == today:
        return gettext("today, %(time)s") % facts
    if day == today - dt.timedelta(days=1):
        return gettext("yesterday, %(time)s") % facts
    if day == today + dt.timedelta(days=1):
        return gettext("tomorrow, %(time)s") % facts
    return gettext("%(date)s, %(time)s") % facts


def full_moment_text(value: Moment) -> str:
    """The exact time for a title: school time with its offset, and UTC."""
    local = _local(value)
    if not isinstance(local, dt.datetime):
        return day_text(local)
    utc = value.astimezone(dt.UTC) if isinstance(value, dt.datetime) and timezone.is_aware(value) else None
    text = f"{local:%Y-%m-%d %H:%M:%S}"
    if utc is None:
        return text
    offset = local.strftime("%z")
    return f"{text} (UTC{offset[:3]}:{offset[3:5]}), {utc:%Y-%m-%d %H:%M:%S} UTC"


def age_text(value: Moment) -> str:
    """How long ago, or how far ahead, in one unit: ``9 months ago``, ``in 4 days``, ``just now``."""
    if isinstance(value, dt.datetime):
        now = timezone.now() if timezone.is_aware(value) else timezone.make_naive(timezone.now())
        seconds = (now - value).total_seconds()
    else:
        seconds = (timezone.localdate() - value).days * 86400.0
        if seconds == 0:
            return gettext("today")
    count, unit = _in_one_unit(abs(seconds))
    if count == 0:
        return gettext("just now")
    phrases = _past(count) if seconds > 0 else _coming(count)
    return phrases[unit] % {"count": count}


def _in_one_unit(seconds: float) -> tuple[int, str]:
    for length, unit in _AGES:
        if seconds >= length:
            return int(seconds // length), unit
    return 0, "minute"


def _past(count: int) -> dict[str, str]:
    return {
        "year": ngettext("%(count)d year ago", "%(count)d years ago", count),
        "month": ngettext("%(count)d month ago", "%(count)d months ago", count),
        "day": ngettext("%(count)d day ago", "%(count)d days ago", count),
        "hour": ngettext("%(count)d hour ago", "%(count)d hours ago", count),
        "minute": ngettext("%(count)d min ago", "%(count)d min ago", count),
    }


def _coming(count: int) -> dict[str, str]:
    return {
        "year": ngettext("in %(count)d year", "in %(count)d years", count),
        "month": ngettext("in %(count)d month", "in %(count)d months", count),
        "day": ngettext("in %(count)d day", "in %(count)d days", count),
        "hour": ngettext("in %(count)d hour", "in %(count)d hours", count),
        "minute": ngettext("in %(count)d min", "in %(count)d min", count),
    }
