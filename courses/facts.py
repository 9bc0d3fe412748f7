"""Read-only details of courses and lessons: label, value, and where the value came from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from courses import edits
from courses.models import Course, CourseClass
from operations.mirror import MirrorRow
from screens.cells import state_badge
from screens.dates import full_moment_text, moment_text
from screens.figures import number_text

Fact = tuple[Any, Any, str]


def course_facts(course: Course) -> Iterable[Fact]:
    """A course, for people who may look and not edit."""
    yield _fact(course, "name", course.name)
    yield _fact(course, "introduction", course.introduction)
    yield _fact(course, "status", course.get_status_display())
    yield _fact(course, "course_type", course.get_course_type_display())
    words = edits.Words({}, {course.classroom_setting_id: course.classroom_setting_name})
    for name in ("subject_id", "main_teacher_uid", "folder_id", "expiry_time", "classroom_setting_id"):
        yield _fact(course, name, words.of(course, name, getattr(course, name)))
    yield _fact(course, "cover_name", course.cover_name)
    yield from _presence_facts(course)


def lesson_facts(lesson: CourseClass) -> Iterable[Fact]:
    """A lesson."""
    url = reverse("admin:courses_course_change", args=[lesson.course_id])
    yield _fact(lesson, "course", format_html('<a href="{}" lang="">{}</a>', url, lesson.course))
    yield _fact(lesson, "name", lesson.name)
    yield _fact(lesson, "begin_at", _moment(lesson.begin_at))
    yield _fact(lesson, "end_at", _moment(lesson.end_at))
    yield _fact(lesson, "teacher_name", lesson.teacher_name or lesson.teacher_uid)
    yield _fact(lesson, "seat_count", "" if lesson.seat_count is None else number_text(lesson.seat_count))
    locked = {True: _("yes: ClassIn refuses to delete them"), False: _("no"), None: _("not known")}
    yield _fact(lesson, "recording_locked", locked[lesson.recording_locked])
    yield from _presence_facts(lesson)


def _presence_facts(row: MirrorRow) -> Iterable[Fact]:
    yield (
        _("Presence"),
        state_badge("presence", row.presence),
        moment_text(row.presence_at) if row.presence_at else "",
    )
    yield _("Provider ID"), row.provider_id, str(row.account)


def _fact(row: MirrorRow, name: str, value: Any) -> Fact:
    label = capfirst(str(row._meta.get_field(name).verbose_name))  # type: ignore[union-attr]  # plain fields only
    return label, value, row.age_label(name)


def _moment(value: datetime | None) -> Any:
    if value is None:
        return ""
    return format_html('<time title="{}">{}</time>', full_moment_text(value), moment_text(value))
