"""Tags of the log's templates: `{% load audit_log %}`."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django import template

from audit import erased, timeline
from audit.models import Record
from audit.rows import Day, Row
from screens.dates import full_moment_text

register = template.Library()


@register.filter
def by_day(rows: Iterable[Row]) -> list[Day]:
    """Rows of the timeline under the day they happened on."""
    return timeline.by_day(rows)


@register.filter
def erased_notes(record: Record) -> Sequence[str]:
    """What of this record was erased, by whom and when."""
    return erased.notes(record)


@register.filter
def exact_moment(value: dt.datetime) -> str:
    """School time with its offset, and UTC: for a title."""
    return full_moment_text(value)
