"""The change lists of courses and lessons: what a page of rows needs besides the rows, read once for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from courses.exports import count_lessons, count_videos
from courses.models import Course, CourseClass
from operations.models import Hold
from operations.presence import is_shown_again
from screens.cells import badge, notes_cell, state_badge
from screens.changelist import KeysetChangeList


class CourseChangeList(KeysetChangeList):
    """Adds `lesson_count` and `notes` to each course of the page: one query each."""

    def get_results(self, request: HttpRequest) -> None:
        """Load the page, then everything about it."""
        super().get_results(request)
        count_lessons(self.result_list)
        held = _held(Course, [row.pk for row in self.result_list])
        for row in self.result_list:
            row.notes = notes_cell(_course_notes(row, held=row.pk in held))


class CourseClassChangeList(KeysetChangeList):
    """Adds `video_count` and `notes` to each lesson of the page."""

    def get_results(self, request: HttpRequest) -> None:
        """Load the page, then everything about it."""
        super().get_results(request)
        count_videos(self.result_list)
        held = _held(CourseClass, [row.pk for row in self.result_list])
        held_courses = _held(Course, {row.course_id for row in self.result_list})
        for row in self.result_list:
            on_hold = row.pk in held or row.course_id in held_courses
            row.notes = notes_cell(_lesson_notes(row, held=on_hold))


def _course_notes(course: Course, *, held: bool) -> Iterable[SafeString]:
    if course.presence != Course.Presence.PRESENT:
        yield state_badge("presence", course.presence)
    if is_shown_again(course):
        yield state_badge("other", "shown_again")
    if held:
        yield state_badge("other", "on_hold")
    if course.course_type == Course.CourseType.PUBLIC:
        yield badge("grey", "lock", _("Public, cannot be edited"))
    if course.expiry_time and course.expiry_time <= timezone.now().timestamp():
        yield badge("amber", "calendar-clock", _("Expired"))


def _lesson_notes(lesson: CourseClass, *, held: bool) -> Iterable[SafeString]:
    if lesson.presence != CourseClass.Presence.PRESENT:
        yield state_badge("presence", lesson.presence)
    if is_shown_again(lesson):
        yield state_badge("other", "shown_again")
    if held:
        yield state_badge("other", "on_hold")
    if lesson.recording_locked:
        yield badge("amber", "lock", _("Recordings locked"))
    if lesson.begin_at and lesson.end_at and lesson.begin_at <= timezone.now() < lesson.end_at:
        yield badge("blue", "hourglass", _("Running now"))


def _held(model: type[Model], ids: Sequence[int] | set[int]) -> set[Any]:
    """Those of the rows that a hold in force lies on."""
    holds = Hold.objects.in_force().filter(target_kind=model._meta.label_lower, target_id__in=ids)
    return set(holds.values_list("target_id", flat=True))
