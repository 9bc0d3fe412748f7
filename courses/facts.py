"""Read-only details of courses and lessons: label, value, and where the value came from."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from courses import edits
from courses.models import Course, CourseClass
from operations.facts import Fact, fact, moment, presence_facts
from screens.figures import number_text


def course_facts(course: Course) -> Iterable[Fact]:
    """A course, for people who may look and not edit."""
    yield fact(course, "name", course.name)
    yield fact(course, "introduction", course.introduction)
    yield fact(course, "status", course.get_status_display())
    yield fact(course, "course_type", course.get_course_type_display())
    words = edits.Words({}, {course.classroom_setting_id: course.classroom_setting_name})
    for name in ("subject_id", "main_teacher_uid", "folder_id", "expiry_time", "classroom_setting_id"):
        yield fact(course, name, words.of(course, name, getattr(course, name)))
    yield fact(course, "cover_name", course.cover_name)
    yield from presence_facts(course)


def lesson_facts(lesson: CourseClass) -> Iterable[Fact]:
    """A lesson."""
    url = reverse("admin:courses_course_change", args=[lesson.course_id])
    yield fact(lesson, "course", format_html('<a href="{}" lang="">{}</a>', url, lesson.course))
    yield fact(lesson, "name", lesson.name)
    yield fact(lesson, "begin_at", moment(lesson.begin_at))
    yield fact(lesson, "end_at", moment(lesson.end_at))
    yield fact(lesson, "teacher_name", lesson.teacher_name or lesson.teacher_uid)
    yield fact(lesson, "seat_count", "" if lesson.seat_count is None else number_text(lesson.seat_count))
    locked = {True: _("yes: ClassIn refuses to delete them"), False: _("no"), None: _("not known")}
    yield fact(lesson, "recording_locked", locked[lesson.recording_locked])
    yield from presence_facts(lesson)
