"""Messages in any order, doubled, worked off in any portions: the mirror ends the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.models import Course, CourseClass, Teacher
from intake.models import PushMessage
from intake.receiving.storing import signed_message, store
from intake.receiving.work import work_off
from media_assets.models import VideoAsset
from operations.models import Account
from tests.intake.receiving.conftest import clip, course, lesson, signed
from tests.tiers import tier

pytestmark = pytest.mark.django_db

BEGAN = 1_686_700_000
MODELS = (Course, CourseClass, Teacher, VideoAsset)
LEFT_OUT = {"id", "account_id", "course_id", "course_class_id", "seen_at"}


def message(draw: Any, number: int) -> dict[str, Any]:
    """One message about one of two courses, three lessons, three videos; several share a second, no two say the same."""
    at = BEGAN + draw(st.integers(0, 5))
    course_id, class_id = draw(st.integers(1, 2)), draw(st.integers(11, 13))
    in_course = 1 + class_id % 2
    teacher = {"teacherName": f"Teacher {number}", "teacherUid": draw(st.integers(71, 72))}
    kind = draw(st.integers(0, 7))
    if kind == 0:
        return course(
            course_id, at=at, courseName=f"Course {number}", expiryTime=number, mainTeacherInfo=teacher
        )
    if kind == 1:
        return course(course_id, at=at, kind=3, expiryTime=number)
    if kind == 2:
        return lesson(
            class_id,
            in_course,
            at=at,
            className=f"Lesson {number}",
            courseName=f"Course {number}",
            seatNum=number,
            teacherInfo=teacher,
        )
    if kind == 3:
        return lesson(class_id, in_course, at=at, kind=3, beginTime=BEGAN + number)
    if kind == 4:
        return lesson(class_id, in_course, at=at, kind=2)
    if kind == 5:
        body = {"Cmd": "End", "ClassID": class_id, "ActionTime": at, "CloseTime": BEGAN + 5_000 + number}
        return signed(body)
    return clip(
        str(900 + draw(st.integers(1, 3))), class_id, at=at, VST=BEGAN + number, VET=BEGAN + 2 * number + 1,
        Duration=number, Size=number, CIDExt=f"Camera.{number}",
    )  # fmt: skip


@st.composite
def two_orders(draw: Any) -> tuple[list[Any], list[Any]]:
    """The same messages in two orders, each message once or twice."""
    bodies = [message(draw, number) for number in range(1, draw(st.integers(2, 12)))]
    doubled = [*bodies, *(body for body in bodies if draw(st.booleans()))]
    return bodies, draw(st.permutations(doubled))


def mirror_after(account: Account, bodies: list[Any], *, portion: int) -> tuple[list[Any], list[Any]]:
    """The mirror and the messages' ends, in words that do not depend on primary keys. Nothing stays."""
    with transaction.atomic():
        for start in range(0, len(bodies), portion):
            for body in bodies[start : start + portion]:
                store(signed_message(account, body, 100))
            work_off(account.pk)
        PushMessage.objects.exclude(due_at=None).update(due_at=timezone.now() - timedelta(seconds=1))
        work_off(account.pk)
        ends = sorted(PushMessage.objects.values_list("dedup_key", "state", "reason"))
        found = [row for model in MODELS for row in rows(model)], ends
        transaction.set_rollback(True)
    return found


def rows(model: Any) -> list[Any]:
    found = []
    for row in model.objects.order_by("provider_id"):
        values = {
            field.attname: getattr(row, field.attname)
            for field in model._meta.fields
            if field.attname not in LEFT_OUT
        }
        above = getattr(row, "course_class", None) or getattr(row, "course", None)
        found.append((model.__name__, values, above and above.provider_id))
    return found


@settings(
    max_examples=tier(quick=40, full=1_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(orders=two_orders(), portions=st.tuples(st.integers(1, 12), st.integers(1, 12)))
def test_any_order_of_messages_ends_in_the_same_mirror(school: Account, orders: Any, portions: Any):
    plain, shuffled = orders
    assert mirror_after(school, plain, portion=portions[0]) == mirror_after(
        school, shuffled, portion=portions[1]
    )


def test_of_two_messages_of_one_second_the_one_that_was_made_later_wins(take: Any):
    first, second = course(courseName="First"), course(courseName="Second")
    assert first["_id"] < second["_id"]
    take(second, first)
    assert Course.objects.get().name == "Second"
    assert datetime.fromisoformat(Course.objects.get().provenance["name"]["at"]).microsecond
