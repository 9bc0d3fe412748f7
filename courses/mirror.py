"""The only writer of this app's mirror rows. Each function says what became true at ClassIn, and since when we know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from audit.actors import Actor
from courses.models import Course
from operations.learning import Known, Learned, Statement, learn, merge
from operations.mirror import MirrorRow
from operations.models import Account


def course_edited(
    course_id: int, values: Mapping[str, Any], *, at: datetime, source: MirrorRow.Source
) -> None:
    """The course had these values at ClassIn at `at`, by field name. A value that we learned as of later stays."""
    course = Course.objects.select_for_update().get(pk=course_id)
    merge(course, values, Statement(source, at))
    course.save(update_fields=[*values, "provenance"])


def rows_learned(
    model: type[MirrorRow],
    account: Account,
    known: Iterable[Known],
    *,
    at: datetime,
    source: MirrorRow.Source,
    actor: Actor | None = None,
) -> Learned:
    """A source that was true at `at` says this about objects of one account; see `operations.learning.learn`."""
    return learn(model, account, known, at=at, source=source, actor=actor)
