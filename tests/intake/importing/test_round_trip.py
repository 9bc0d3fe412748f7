"""A list that left comes back unchanged: the headings and words of our own exports are understood, in both languages."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses import expiry
from courses.models import Course
from intake.models import Import
from tests.factories.courses import CourseClassFactory, CourseFactory
from tests.factories.intake import checked
from tests.factories.media_assets import TranscodedOutputFactory, VideoAssetFactory
from tests.factories.people import SuperuserFactory

pytestmark = pytest.mark.django_db
AT = timezone.make_aware(datetime(2026, 3, 2, 8, 30))  # noqa: DTZ001 - made aware


@pytest.fixture
def rows() -> None:
    course = CourseFactory(
        name="=1+1", expiry_time=expiry.last_second_of(AT.date()), introduction="a\nb, “c”"
    )
    CourseFactory(
        expiry_time=expiry.NEVER, status=Course.Status.FINISHED, main_teacher_name="", subject_id=99
    )
    CourseFactory(unknown=True, status=Course.Status.UNKNOWN, course_type=Course.CourseType.DUAL_TEACHER)
    lesson = CourseClassFactory(course=course, begin_at=AT, end_at=AT, seat_count=12, recording_locked=True)
    CourseClassFactory(course=course, begin_at=None, end_at=None, teacher_name="-", recording_locked=None)
    VideoAssetFactory(
        course_class=lesson, recorded_at=AT, duration_seconds=3843, size_bytes=746_123_456, watch_count=0
    )
    VideoAssetFactory(course_class=lesson, title="", recorded_at=None, size_bytes=None, duration_seconds=None)
    TranscodedOutputFactory()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("kind", "address", "count"),
    [
        ("courses", "courses_course_export", 3),
        ("lessons", "courses_courseclass_export", 2),
        ("videos", "media_assets_videoasset_export", 2),
    ],
)
def test_an_exported_list_changes_nothing_when_it_is_imported(
    client: Client, rows: Any, kind: str, address: str, count: int, ending: str, language: str
):
    boss = SuperuserFactory()
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = language
    answer: Any = client.post(
        f"{reverse(f'admin:{address}')}?{'kind=class_video' if kind == 'videos' else ''}", {"do": ending}
    )
    one: Import = checked(BytesIO(b"".join(answer.streaming_content)), boss, kind=kind)
    found = [line.findings for line in one.lines.all() if line.findings]
    assert (one.counts["unchanged"], one.rows) == (count, count), found
