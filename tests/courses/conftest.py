from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from audit.actors import Actor
from courses.forms import EditCourseForm
from courses.models import Course
from operations import engine
from operations.models import Run
from operations.registry import registry
from tests.factories.courses import ClassroomSettingFactory, CourseFactory, TeacherFactory

EDIT = "courses.course.edit"
RIGHTS = ("edit_course", "view_course", "view_courseclass", "view_videoasset", "view_cloudfile", "view_run")


@pytest.fixture
def editor(db: None) -> User:
    """Somebody of the staff who may edit courses."""
    user = User.objects.create_user("lin.yue", first_name="Lin", last_name="Yue", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def course(db: None) -> Course:
    """A course of which everything is known, two teachers and two settings to choose from."""
    course = CourseFactory(provider_id="352861")
    TeacherFactory(provider_id="1001001", name="Maria Ortega")
    TeacherFactory(provider_id="1001002", name="Chen Yu")
    ClassroomSettingFactory(provider_id="235", name="Up to 12 on stage")
    ClassroomSettingFactory(provider_id="236", name="Exam room")
    return Course.objects.select_related("account").get(pk=course.pk)


def shown(course: Course) -> dict[str, Any]:
    """What a browser sends back of an untouched form."""
    form = EditCourseForm(target=course)
    return {name: "" if value is None else str(value) for name, value in form.initial.items()}


def filled(course: Course, *, files: dict[str, Any] | None = None, **values: Any) -> EditCourseForm:
    """The form as a person sends it with these fields changed."""
    return EditCourseForm({**shown(course), **values}, files or {}, target=course)


def picture(
    size: tuple[int, int] = (320, 180),
    *,
    kind: str = "PNG",
    name: str = "cover.png",
    declared: str = "image/png",
) -> SimpleUploadedFile:
    """An uploaded picture; `declared` is what the browser claims."""
    out = BytesIO()
    Image.new("RGB", size, "navy").save(out, kind)
    return SimpleUploadedFile(name, out.getvalue(), declared)


@pytest.fixture
def send(editor: User, work_off: Callable[..., None]) -> Callable[..., Run]:
    """Fill in the form, review, confirm, and work the run off."""

    def run_of(course: Course, **values: Any) -> Run:
        form = filled(course, **values)
        assert form.is_valid(), form.errors
        actor = Actor.person(editor, via="test")
        run = engine.freeze_edit(registry[EDIT], course, form.proposal(), actor=actor, user=editor)
        run = engine.confirm(run, actor=actor, user=editor, token=str(run.token), reason="", typed=None)
        work_off(run)
        return run

    return run_of
