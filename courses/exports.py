"""What is exported of courses and of lessons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from courses import expiry
from courses.models import Course, CourseClass
from operations.exporting import ExportColumn, flat, iso, mirror_columns, moment, number, text, yes_no


def _expiry(course: Course) -> str:
    """ISO for a date; the words of the list for "never expires" and "not known"."""
    if not course.expiry_time:
        return expiry.in_words(course.expiry_time)
    try:
        return iso(expiry.moment_of(course.expiry_time))
    except (OverflowError, ValueError, OSError):
        return str(course.expiry_time)


COURSES = flat(
    (
        text(_("Course ID"), "provider_id"),
        text(_("Course name"), "name"),
        text(_("Status"), "status"),
        text(_("Type"), "course_type"),
        text(_("Head teacher UID"), "main_teacher_uid"),
        text(_("Head teacher"), "main_teacher_name"),
        ExportColumn(_("Expiry"), _expiry),
        text(_("Subject"), "subject_id"),
        text(_("Folder ID"), "folder_id"),
        text(_("Folder"), "folder_path"),
        text(_("Classroom setting"), "classroom_setting_name"),
        number(_("Lessons"), "lesson_count"),
        text(_("Introduction"), "introduction"),
        *mirror_columns(),
    )
)

LESSONS = flat(
    (
        text(_("Lesson ID"), "provider_id"),
        text(_("Lesson"), "name"),
        text(_("Course ID"), "course__provider_id"),
        text(_("Course"), "course__name"),
        moment(_("Begins"), "begin_at"),
        moment(_("Ends"), "end_at"),
        text(_("Teacher UID"), "teacher_uid"),
        text(_("Teacher"), "teacher_name"),
        number(_("Seats"), "seat_count"),
        yes_no(_("Recordings locked"), "recording_locked"),
        number(_("Videos"), "video_count"),
        *mirror_columns(),
    )
)


def count_lessons(rows: Sequence[Any]) -> None:
    """Set `lesson_count` of courses."""
    lessons = CourseClass.objects.filter(course__in=[row.pk for row in rows])
    counts = dict(lessons.order_by().values_list("course").annotate(Count("pk")))
    for row in rows:
        row.lesson_count = counts.get(row.pk, 0)


def count_videos(rows: Sequence[Any]) -> None:
    """Set `video_count` of lessons."""
    lessons = CourseClass.objects.filter(pk__in=[row.pk for row in rows])
    counts = dict(lessons.order_by().values_list("pk").annotate(Count("videos")))
    for row in rows:
        row.video_count = counts.get(row.pk, 0)
