"""Filters of the lists of courses and lessons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses import expiry
from courses.models import Course, CourseClass, Teacher
from operations.mirror import MirrorRow
from operations.models import Account

_SOON = timedelta(days=30)


def _accounts(request: Any) -> QuerySet[Account]:
    return Account.objects.filter(provider="classin").order_by("name")


def _teachers(request: Any) -> QuerySet[Teacher]:
    return Teacher.objects.order_by("name", "pk")


def _courses(request: Any) -> QuerySet[Course]:
    return Course.objects.order_by("name", "pk")


class CourseFilterSet(django_filters.FilterSet):
    """The list of courses."""

    status = django_filters.ChoiceFilter(label=_("Status"), choices=Course.Status.choices)
    teacher = django_filters.ModelChoiceFilter(
        label=_("Head teacher"), queryset=_teachers, method="filter_teacher"
    )
    expiry = django_filters.ChoiceFilter(
        label=_("Expiry"),
        method="filter_expiry",
        choices=[
            ("soon", _("Within 30 days")),
            ("later", _("Later")),
            ("never", _("Never expires")),
            ("expired", _("Has expired")),
            ("unknown", _("Not known")),
        ],
    )
    course_type = django_filters.ChoiceFilter(label=_("Type"), choices=Course.CourseType.choices)
    presence = django_filters.ChoiceFilter(label=_("Presence"), choices=MirrorRow.Presence.choices)
    account = django_filters.ModelChoiceFilter(label=_("Account"), queryset=_accounts)

    class Meta:
        model = Course
        fields: tuple[str, ...] = ()

    def filter_teacher(self, rows: QuerySet[Course], name: str, value: Teacher) -> QuerySet[Course]:
        """Courses that this person leads."""
        return rows.filter(account=value.account_id, main_teacher_uid=value.provider_id)

    def filter_expiry(self, rows: QuerySet[Course], name: str, value: str) -> QuerySet[Course]:
        """Courses by when they expire, seen from now."""
        now = int(timezone.now().timestamp())
        soon = now + int(_SOON.total_seconds())
        conditions: dict[str, dict[str, Any]] = {
            "soon": {"expiry_time__gt": now, "expiry_time__lte": soon},
            "later": {"expiry_time__gt": soon},
            "never": {"expiry_time": expiry.NEVER},
            "expired": {"expiry_time__gt": expiry.NEVER, "expiry_time__lte": now},
            "unknown": {"expiry_time": None},
        }
        return rows.filter(**conditions[value])


class CourseClassFilterSet(django_filters.FilterSet):
    """The list of lessons."""

    course = django_filters.ModelChoiceFilter(label=_("Course"), queryset=_courses)
    begins = django_filters.DateFromToRangeFilter(label=_("Begins"), field_name="begin_at")
    teacher = django_filters.ModelChoiceFilter(
        label=_("Teacher"), queryset=_teachers, method="filter_teacher"
    )
    locked = django_filters.BooleanFilter(label=_("Recordings locked"), field_name="recording_locked")
    presence = django_filters.ChoiceFilter(label=_("Presence"), choices=MirrorRow.Presence.choices)
    account = django_filters.ModelChoiceFilter(label=_("Account"), queryset=_accounts)

    class Meta:
        model = CourseClass
        fields: tuple[str, ...] = ()

    def filter_teacher(self, rows: QuerySet[CourseClass], name: str, value: Teacher) -> QuerySet[CourseClass]:
        """Lessons that this person gives."""
        return rows.filter(account=value.account_id, teacher_uid=value.provider_id)
