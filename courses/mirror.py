"""The only writer of this app's mirror rows. Each function says what became true at ClassIn, and since when we know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from courses.models import Course
from operations.learning import Known, Learned, learn
from operations.mirror import MirrorRow, origin
from operations.models import Account


def course_edited(
    course_id: int, values: Mapping[str, Any], *, at: datetime, source: MirrorRow.Source
) -> None:
    """The course has these values at ClassIn now, by field name; each remembers where it came from."""
    course = Course.objects.select_for_update().get(pk=course_id)
    for name, value in values.items():
        setattr(course, name, value)
        course.provenance[name] = origin(source, at)
    course.save(update_fields=[*values, "provenance"])


def rows_learned(
    model: type[MirrorRow],
    account: Account,
    known: Iterable[Known],
    *,
    at: datetime,
    source: MirrorRow.Source,
) -> Learned:
    """A source that was true at `at` says this about objects of one account; see `operations.learning.learn`."""
    return learn(model, account, known, at=at, source=source)
