"""The screens of courses and lessons: what staff see of them, and what they can do with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses import expiry, exports
from courses.facts import course_facts, lesson_facts
from courses.filters import CourseClassFilterSet, CourseFilterSet
from courses.lists import CourseChangeList, CourseClassChangeList
from courses.models import Course, CourseClass
from intake import freshness
from operations.mirror_admin import MirrorAdmin
from screens.cells import column, date_cell, two_lines
from screens.changelist import KeysetChangeList
from screens.dates import age_text
from screens.figures import number_text


class ClassInAdmin(MirrorAdmin):
    """What both lists share: how old they are. ClassIn lists neither courses nor lessons to us."""

    change_list: type[KeysetChangeList]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return self.change_list

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """How old the list is, for each account."""
        empty = _("The school’s records of ClassIn have not been taken in yet.")
        return {"freshness": freshness.head(self.opts.label_lower, empty=empty)}

    @column(gettext_lazy("Notes"), wide=True)
    def notes(self, row: Any) -> SafeString:
        return SafeString(row.notes)


@admin.register(Course)
class CourseAdmin(ClassInAdmin):
    """Courses; the page of one is the form that edits it."""

    holdable = True
    list_display = ("course", "head_teacher", "expires", "lessons", "status", "learned", "notes")
    search_fields = ("name", "provider_id", "main_teacher_name")
    search_placeholder = gettext_lazy("Course, head teacher or ID")
    filterset_class = CourseFilterSet
    keyset_orderings = {
        "name": ("name", "pk"),
        "newest": ("-pk",),
        "expiry": ("expiry_time", "pk"),
    }
    list_icon = "graduation-cap"
    empty_text = gettext_lazy("No course is known yet. They appear when the school’s records are taken in.")
    change_list = CourseChangeList
    export_columns = exports.COURSES

    def finish_export(self, rows: Sequence[Any]) -> None:
        exports.count_lessons(rows)

    @column(gettext_lazy("Course"), ordering="name")
    def course(self, row: Course) -> SafeString:
        url = reverse("admin:courses_course_change", args=[row.pk])
        return two_lines(row.name or row.provider_id, row.provider_id, url=url, mono=True)

    @column(gettext_lazy("Head teacher"))
    def head_teacher(self, row: Course) -> str:
        return row.main_teacher_name or row.main_teacher_uid

    @column(gettext_lazy("Expires"), ordering="expiry")
    def expires(self, row: Course) -> SafeString | str:
        if row.expiry_time:
            return two_lines(expiry.in_words(row.expiry_time), age_text(expiry.day_of(row.expiry_time)))
        return capfirst(expiry.in_words(row.expiry_time))

    @column(gettext_lazy("Lessons"), figure=True)
    def lessons(self, row: Any) -> str:
        return number_text(row.lesson_count)

    @column(gettext_lazy("Last learned"))
    def learned(self, row: Course) -> SafeString:
        return date_cell(row.newest_known_at())

    def object_sentence(self, obj: Course) -> str:
        words = _(
            "%(account)s course %(id)s. ClassIn cannot be read back; beside each field you see how old the value is."
        )
        return words % {"account": obj.account, "id": obj.provider_id}

    def object_tabs(self, request: HttpRequest, obj: Course) -> Iterable[Mapping[str, Any]]:
        """What belongs to the course, as lists that are filtered by it."""
        if request.user.has_perm("courses.view_courseclass"):
            lessons = CourseClass.objects.filter(course=obj).count()
            yield _tab(_("Lessons"), "courses_courseclass", {"course": obj.pk}, lessons)
        if request.user.has_perm("media_assets.view_videoasset"):
            videos = CourseClass.objects.filter(course=obj).aggregate(count=Count("videos"))["count"]
            yield _tab(_("Videos"), "media_assets_videoasset", {"course": obj.pk}, videos)
        if obj.folder_id and request.user.has_perm("media_assets.view_cloudfile"):
            query = {"folder_id": obj.folder_id, "account": obj.account_id}
            yield _tab(_("Files"), "media_assets_cloudfile", query, None)

    def facts(self, obj: Course) -> Iterable[tuple[Any, Any, str]]:
        """What people without the right to edit see."""
        return course_facts(obj)


@admin.register(CourseClass)
class CourseClassAdmin(ClassInAdmin):
    """Lessons, which ClassIn calls classes."""

    holdable = True
    list_display = ("lesson", "of_course", "begins", "teacher", "videos", "notes")
    list_select_related = ("course",)
    search_fields = ("name", "provider_id", "course__name")
    search_placeholder = gettext_lazy("Lesson, course or ID")
    filterset_class = CourseClassFilterSet
    keyset_orderings = {"begins": ("-begin_at", "-pk"), "name": ("name", "pk")}
    list_icon = "calendar"
    empty_text = gettext_lazy("No lesson is known yet. They appear when the school’s records are taken in.")
    change_list = CourseClassChangeList
    export_columns = exports.LESSONS

    def finish_export(self, rows: Sequence[Any]) -> None:
        exports.count_videos(rows)

    @column(gettext_lazy("Lesson"), ordering="name")
    def lesson(self, row: CourseClass) -> SafeString:
        url = reverse("admin:courses_courseclass_change", args=[row.pk])
        return two_lines(row.name or row.provider_id, row.provider_id, url=url, mono=True)

    @column(gettext_lazy("Course"))
    def of_course(self, row: CourseClass) -> str:
        return row.course.name

    @column(gettext_lazy("Begins"), ordering="begins")
    def begins(self, row: CourseClass) -> SafeString:
        return date_cell(row.begin_at)

    @column(gettext_lazy("Teacher"))
    def teacher(self, row: CourseClass) -> str:
        return row.teacher_name or row.teacher_uid

    @column(gettext_lazy("Videos"), figure=True)
    def videos(self, row: Any) -> str:
        return number_text(row.video_count)

    def object_tabs(self, request: HttpRequest, obj: CourseClass) -> Iterable[Mapping[str, Any]]:
        """The videos of the lesson."""
        if request.user.has_perm("media_assets.view_videoasset"):
            videos = CourseClass.objects.filter(pk=obj.pk).aggregate(count=Count("videos"))["count"]
            yield _tab(_("Videos"), "media_assets_videoasset", {"course_class": obj.pk}, videos)

    def facts(self, obj: CourseClass) -> Iterable[tuple[Any, Any, str]]:
        """Everything that the mirror knows of a lesson."""
        return lesson_facts(obj)


def _tab(label: str, model: str, query: Mapping[str, Any], count: int | None) -> Mapping[str, Any]:
    url = reverse(f"admin:{model}_changelist")
    return {"label": label, "url": f"{url}?{urlencode(query)}", "count": count, "active": False}
