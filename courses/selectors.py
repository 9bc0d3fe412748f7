"""Reads of the mirror that more than one place needs."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from courses.models import ClassroomSetting, Course, CourseClass, Teacher
from operations.mirror import MirrorRow
from operations.models import Account

_DELETED = MirrorRow.Presence.DELETED


def teachers_of(account: Account) -> dict[str, str]:
    """UID -> name of everybody who may be chosen as head teacher, by name."""
    rows = Teacher.objects.filter(account=account).exclude(presence=_DELETED).order_by("name", "pk")
    return dict(rows.values_list("provider_id", "name"))


def classroom_settings_of(account: Account) -> dict[str, str]:
    """ID -> name of the school's sets of classroom settings, by name."""
    rows = ClassroomSetting.objects.filter(account=account).exclude(presence=_DELETED).order_by("name", "pk")
    return dict(rows.values_list("provider_id", "name"))


def teacher_name(account: Account, uid: str) -> str:
    """The teacher's name, "" for somebody we do not know."""
    return (
        Teacher.objects.filter(account=account, provider_id=uid).values_list("name", flat=True).first() or ""
    )


def classroom_setting_name(account: Account, setting_id: str) -> str:
    """The name of a set of classroom settings, "" for one we do not know and for the school's default."""
    rows = ClassroomSetting.objects.filter(account=account, provider_id=setting_id)
    return rows.values_list("name", flat=True).first() or ""


def folder_path(account: Account, folder_id: str) -> str:
    """The full name of a cloud folder, as another course that uses it has it; "" when none does."""
    rows = Course.objects.filter(account=account, folder_id=folder_id).exclude(folder_path="")
    return rows.values_list("folder_path", flat=True).first() or ""


def last_lesson_ends(course: Course) -> datetime | None:
    """When the last lesson of the course that we know of ends."""
    lessons = CourseClass.objects.filter(course=course).exclude(presence=_DELETED)
    found: datetime | None = lessons.aggregate(at=Max("end_at"))["at"]
    return found
