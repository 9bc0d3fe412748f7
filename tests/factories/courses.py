"""Courses and lessons as an import would have left them; traits for the special states."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone

from courses.models import ClassroomSetting, Course, CourseClass, Teacher
from tests.factories.operations import AccountFactory


def _seconds_from_now(days: float) -> Any:
    return factory.LazyFunction(lambda: int((timezone.now() + timedelta(days=days)).timestamp()))


def _from_now(days: float) -> Any:
    return factory.LazyFunction(lambda: timezone.now() + timedelta(days=days))


class TeacherFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Teacher

    account = factory.SubFactory(AccountFactory)
    provider_id = factory.Sequence(lambda n: str(1_001_000 + n))
    name = factory.Sequence(lambda n: f"Teacher {n}")


class ClassroomSettingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ClassroomSetting

    account = factory.SubFactory(AccountFactory)
    provider_id = factory.Sequence(lambda n: str(235 + n))
    name = factory.Sequence(lambda n: f"Up to {n} on stage")


class CourseFactory(factory.django.DjangoModelFactory):
    """A course that runs, of which everything is known."""

    class Meta:
        model = Course

    class Params:
        deleted = factory.Trait(presence="deleted")
        public = factory.Trait(course_type=Course.CourseType.PUBLIC)
        expired = factory.Trait(expiry_time=_seconds_from_now(-30))
        unknown = factory.Trait(
            subject_id=None, classroom_setting_id="", expiry_time=None, main_teacher_uid=""
        )

    account = factory.SubFactory(AccountFactory)
    provider_id = factory.Sequence(lambda n: str(352_000 + n))
    name = "IELTS Speaking, autumn 2024"
    introduction = "Twelve live lessons."
    folder_id = "22419"
    folder_path = "School resources / IELTS"
    expiry_time = _seconds_from_now(60)
    main_teacher_uid = "1001001"
    main_teacher_name = "Maria Ortega"
    subject_id = 3
    classroom_setting_id = "235"
    classroom_setting_name = "Up to 12 on stage"
    status = Course.Status.RUNNING


class CourseClassFactory(factory.django.DjangoModelFactory):
    """A lesson that is over."""

    class Meta:
        model = CourseClass

    class Params:
        coming = factory.Trait(begin_at=_from_now(10), end_at=_from_now(10.1))

    account = factory.SubFactory(AccountFactory)
    provider_id = factory.Sequence(lambda n: str(9_870_000 + n))
    course = factory.SubFactory(CourseFactory, account=factory.SelfAttribute("..account"))
    name = factory.Sequence(lambda n: f"Lesson {n}")
    begin_at = _from_now(-30.1)
    end_at = _from_now(-30)
    recording_locked = False
