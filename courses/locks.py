"""States in which ClassIn lets nobody edit a course: asked by the form, at the freeze and at the confirmation."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, CharField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from courses.expiry import EpochNow
from courses.models import Course
from operations.operation import Label


@dataclass(frozen=True, slots=True)
class Lock:
    """One such state: its words for a plan and for each field, the sentence above the form, the courses that are in it."""

    code: str
    label: Label
    short: Label
    reason: Label
    when: Q


LOCKS = (
    Lock(
        code="course_deleted",
        label=_("The course is deleted at ClassIn"),
        short=_("Locked: deleted at ClassIn (149)."),
        reason=_("The course is deleted at ClassIn, so nothing of it can be changed (ClassIn 149)."),
        when=Q(presence=Course.Presence.DELETED) | Q(status=Course.Status.DELETED),
    ),
    Lock(
        code="public_course",
        label=_("Public courses cannot be edited"),
        short=_("Locked: a public course (ClassIn 369)."),
        reason=_(
            "ClassIn lets nobody edit a public course from outside (ClassIn 369). Change it in ClassIn itself."
        ),
        when=Q(course_type=Course.CourseType.PUBLIC),
    ),
    Lock(
        code="expired",
        label=_("The course has expired"),
        short=_("Locked: the course has expired (ClassIn 153)."),
        reason=_(
            "The course has expired, and ClassIn lets nobody edit an expired course (ClassIn 153). "
            "The fields unlock when ClassIn tells us of a later expiry date."
        ),
        when=Q(expiry_time__gt=0, expiry_time__lte=EpochNow()),
    ),
)


def lock_on(course: Course) -> Lock | None:
    """Why this course cannot be edited now, by the database's clock; None when it can."""
    code = Case(
        *(When(lock.when, then=Value(lock.code)) for lock in LOCKS),
        default=Value(""),
        output_field=CharField(),
    )
    found = Course.objects.filter(pk=course.pk).annotate(lock=code).values_list("lock", flat=True).first()
    return next((lock for lock in LOCKS if lock.code == found), None)
