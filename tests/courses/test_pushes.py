"""What ClassIn's messages make of courses and lessons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from courses.models import Course, CourseClass, Teacher
from intake.models import PushMessage
from tests.factories.courses import CourseClassFactory, CourseFactory
from tests.intake.receiving.conftest import course, lesson, nothing_counted_yet, push, school, signed, take

__all__ = ["nothing_counted_yet", "push", "school", "take"]

pytestmark = pytest.mark.django_db

ID = 24_071_593
HEAD = {"teacherName": "Chen Yu", "teacherUid": 5_190_814, "teacherNo": ""}


def moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def ended(**fields: Any) -> dict[str, Any]:
    return signed({"Cmd": "End", "ClassID": 662_391, "CourseID": ID, "ActionTime": 1_686_733_000, **fields})


def test_a_new_course_is_made_with_what_the_message_says(take: Any, school: Any):
    take(
        course(
            courseName="语文课程1",
            expiryTime=0,
            courseType=1,
            courseStatus=1,
            subjectId=1,
            mainTeacherInfo=HEAD,
            category="小学",
        )
    )
    made = Course.objects.get()
    assert (made.account, made.provider_id, made.name) == (school, str(ID), "语文课程1")
    assert (made.expiry_time, made.subject_id, made.status, made.course_type) == (
        0,
        1,
        "not_started",
        "standard",
    )
    assert (made.main_teacher_uid, made.main_teacher_name) == ("5190814", "Chen Yu")
    assert Teacher.objects.get().provider_id == "5190814"
    assert made.provenance["name"]["source"] == "push"
    assert made.provenance["name"]["at"].startswith("2023-06-14T07:37:18")


def test_only_what_came_is_changed(take: Any, school: Any):
    known = CourseFactory(
        account=school, provider_id=str(ID), name="Old", introduction="Kept", expiry_time=5, subject_id=3
    )
    take(course(kind=3, courseName="New"))
    known.refresh_from_db()
    assert (known.name, known.introduction, known.expiry_time, known.subject_id) == ("New", "Kept", 5, 3)


@pytest.mark.parametrize(
    "data", [{"mainTeacherInfo": {}}, {"mainTeacherInfo": []}, {"mainTeacherInfo": None}, {}]
)
def test_a_head_teacher_that_is_not_named_stays(take: Any, school: Any, data: Any):
    known = CourseFactory(account=school, provider_id=str(ID), main_teacher_uid="7", main_teacher_name="Lin")
    take(course(kind=3, **data))
    known.refresh_from_db()
    assert (known.main_teacher_uid, known.main_teacher_name) == ("7", "Lin")


def test_a_deleted_course_is_marked_and_stays_so(take: Any, school: Any):
    known = CourseFactory(account=school, provider_id=str(ID))
    take(course(kind=3, courseStatus=4), course(kind=3, at=1_686_999_999, courseStatus=2))
    known.refresh_from_db()
    assert (known.presence, known.presence_how) == ("deleted", "provider_says")


def test_an_older_message_does_not_undo_a_newer_one(take: Any):
    take(
        course(kind=3, at=1_686_900_000, courseName="Newer"),
        course(kind=1, at=1_686_800_000, courseName="Older"),
    )
    assert Course.objects.get().name == "Newer"


def test_a_message_from_the_future_counts_from_its_arrival(take: Any):
    take(course(courseName="From the future", at=4_000_000_000))
    take(course(kind=3, courseName="Later"))
    received = PushMessage.objects.first()
    assert received is not None
    assert Course.objects.get().provenance["name"]["at"] == received.received_at.isoformat()


def test_a_change_of_an_unknown_course_waits_unless_it_names_it(take: Any):
    take(course(kind=3, courseStatus=2))
    assert PushMessage.objects.get().reason == "course_unknown"
    take(course(kind=1))
    assert Course.objects.get().status == "running"


def test_a_new_lesson_brings_its_course(take: Any):
    take(lesson(teacherInfo=HEAD, seatNum=9, classStatus=1))
    made = CourseClass.objects.get()
    assert (made.name, made.course.name, made.course.provider_id) == ("Lesson 1", "Chinese 1", str(ID))
    assert (made.begin_at, made.end_at) == (moment(1_686_729_420), moment(1_686_731_820))
    assert (made.teacher_uid, made.teacher_name, made.seat_count) == ("5190814", "Chen Yu", 9)


def test_a_lesson_of_an_unknown_course_waits_for_it(take: Any):
    take(lesson(courseName=None))
    assert PushMessage.objects.get().reason == "course_unknown"
    take(course())
    assert CourseClass.objects.get().name == "Lesson 1"


def test_two_halves_of_a_lesson_find_each_other(take: Any):
    """One message knows the course's name, the other one the lesson's; neither is enough by itself."""
    take(lesson(kind=3, seatNum=5, courseName="Chinese 1"))
    assert Course.objects.get().name == "Chinese 1"
    take(lesson(kind=3, className="Lesson 1"))
    assert CourseClass.objects.get().seat_count == 5


@pytest.mark.parametrize("how", [{"kind": 2}, {"kind": 3, "classStatus": 4}])
def test_a_deleted_lesson_is_marked(take: Any, how: Any):
    take(lesson(), lesson(at=1_686_999_999, **how))
    assert CourseClass.objects.get().presence == "deleted"
    assert Course.objects.get().presence == "present"


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({"CloseTime": 1_686_733_020}, 1_686_733_020),
        ({"CloseTime": 1_686_733_020, "RealCloseTime": 0}, 1_686_733_020),
        ({"CloseTime": 1_686_733_020, "RealCloseTime": 1_686_731_000}, 1_686_731_000),
        ({"CloseTime": 1_686_731_000, "RealCloseTime": 1_686_733_020}, 1_686_731_000),
        ({"RealCloseTime": "1686731000"}, 1_686_731_000),
    ],
)
def test_the_end_of_a_lesson_is_the_earlier_of_two(take: Any, fields: Any, end: int):
    take(lesson(), ended(**fields))
    assert CourseClass.objects.get().end_at == moment(end)


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({"CloseTime": 1_686_735_420}, 1_686_735_420 - 1_200),
        ({"CloseTime": 1_686_735_420, "Data": {"EndTime": 1_686_734_000}}, 1_686_734_000),
    ],
)
def test_a_longer_lesson_ends_later(take: Any, fields: Any, end: int):
    take(lesson(), {**ended(**fields), "Cmd": "ClassLen"})
    assert CourseClass.objects.get().end_at == moment(end)


def test_the_end_of_an_unknown_lesson_waits(take: Any, school: Any):
    take(ended(CloseTime=1_686_733_020))
    assert PushMessage.objects.get().reason == "lesson_unknown"
    CourseClassFactory(account=school, provider_id="662391")
    PushMessage.objects.update(due_at=moment(1))
    take()
    assert CourseClass.objects.get().end_at == moment(1_686_733_020)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (course(0), "CourseId"),
        (course(expiryTime="soon"), "expiryTime"),
        (course(courseName={"a": 1}), "courseName"),
        (course(mainTeacherInfo=7), "mainTeacherInfo"),
        (lesson(seatNum=-1), "seatNum"),
        (lesson(beginTime=1.5), "beginTime"),
        (ended(), "CloseTime"),
        (signed({"Cmd": "eeoCourseInfoChange", "CourseId": 5, "opData": "x"}), "opData"),
    ],
)
def test_what_makes_no_sense_fails_and_changes_nothing(take: Any, body: Any, part: str):
    take(body)
    message = PushMessage.objects.get()
    assert (message.state, message.reason, message.reason_detail) == ("failed", "unusable", part)
    assert not Course.objects.exists()


def test_ids_may_be_spelt_in_both_ways_and_be_texts(take: Any):
    body = course()
    body["CourseID"] = str(body.pop("CourseId"))
    del body["opData"]["courseId"]
    take(body)
    assert Course.objects.get().provider_id == str(ID)


def test_a_name_beyond_our_column_is_cut_and_not_refused(take: Any):
    take(course(courseName="长" * 500))
    assert Course.objects.get().name == "长" * 200
