"""What ClassIn pushes about courses and lessons. Only what changed comes, so only what came is learned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from courses import mirror
from courses.models import Course, CourseClass, Teacher
from courses.sync.world import STATUSES, TYPES
from intake.receiving.fields import LATEST, Fields
from intake.receiving.registry import (
    COURSE_UNKNOWN,
    LESSON_UNKNOWN,
    NotKnownYet,
    Push,
    Touched,
    Unusable,
    handles,
    touched,
)
from operations.learning import Known
from operations.mirror import MirrorRow

DELETED: Final = 4
"""`courseStatus` and `classStatus` of what is deleted."""
DELETES: Final = 2
"""`opType` of a deletion."""
ROOM_STAYS_OPEN: Final = timedelta(minutes=20)
"""`CloseTime` is so long after the end of a lesson."""
_LONGEST_NAME: Final = 200
_MOST_SEATS: Final = 32_767
_PUSH = MirrorRow.Source.PUSH


@handles("eeoCourseInfoChange")
def course_changed(push: Push) -> list[Touched]:
    """A course was made, changed, ended or deleted, by whomever."""
    if not push.course_id:
        raise Unusable("CourseId")
    values, rows = _course(push, Fields(push.body).inner("opData"))
    return [*rows, _learn_course(push, values, gone=_is_gone(push, "courseStatus"), rows=rows)]


@handles("eeoClassInfoChange")
def lesson_changed(push: Push) -> list[Touched]:
    """A lesson was made, changed or deleted. It names its course, so a course that nobody knew becomes known as well."""
    if not push.class_id:
        raise Unusable("ClassID")
    data = Fields(push.body).inner("opData")
    rows: list[Touched] = []
    if push.course_id and (course_name := data.text("courseName", _LONGEST_NAME)):
        rows.append(_learn_course(push, {"name": course_name}, gone=False))
    values, teachers = _lesson(push, data)
    rows += teachers
    if push.course_id:
        course_pk = _pk(Course, push, push.course_id)
        if course_pk is None:
            raise NotKnownYet(COURSE_UNKNOWN, rows)
        values["course_id"] = course_pk
    if ("name" not in values or "course_id" not in values) and _pk(CourseClass, push, push.class_id) is None:
        raise NotKnownYet(LESSON_UNKNOWN, rows)
    gone_at = push.at if _is_gone(push, "classStatus") else None
    return [*rows, _learn(CourseClass, push, Known(push.class_id, values, gone_at))]


@handles("End")
def lesson_over(push: Push) -> list[Touched]:
    """A lesson is over. Of the real end and the closing of its room the earlier counts; a real end of 0 is none."""
    fields = Fields(push.body)
    real, closed = fields.moment("RealCloseTime"), fields.moment("CloseTime")
    ends = [moment for moment in (real, closed) if moment is not None]
    if not ends:
        raise Unusable("CloseTime")
    return _ends(push, {"end_at": min(ends)})


@handles("ClassLen")
def lesson_longer(push: Push) -> list[Touched]:
    """The teacher made the lesson longer. Where its new end is not told, it is so long before its room closes."""
    fields = Fields(push.body)
    end, closed = (
        fields.moment("EndTime") or fields.inner("Data").moment("EndTime"),
        fields.moment("CloseTime"),
    )
    if end is None and closed is None:
        raise Unusable("CloseTime")
    return _ends(push, {"end_at": end or (closed and closed - ROOM_STAYS_OPEN)})


def _ends(push: Push, values: dict[str, Any]) -> list[Touched]:
    if not push.class_id:
        raise Unusable("ClassID")
    if _pk(CourseClass, push, push.class_id) is None:
        raise NotKnownYet(LESSON_UNKNOWN)
    return [_learn(CourseClass, push, Known(push.class_id, values))]


def _course(push: Push, data: Fields) -> tuple[dict[str, Any], list[Touched]]:
    """The values that came, by field, and the teacher that they name."""
    values: dict[str, Any] = {}
    if name := data.text("courseName", _LONGEST_NAME):
        values["name"] = name
    if (expiry := data.number("expiryTime", LATEST)) is not None:
        values["expiry_time"] = expiry
    if (subject := data.number("subjectId", 999)) is not None:
        values["subject_id"] = subject
    if (status := STATUSES.get(data.number("courseStatus", 99) or 0)) is not None:
        values["status"] = status
    if (course_type := TYPES.get(data.number("courseType", 99) or 0)) is not None:
        values["course_type"] = course_type
    uid, teacher, rows = _teacher(push, data.inner("mainTeacherInfo"))
    if uid:
        values |= {"main_teacher_uid": uid, "main_teacher_name": teacher}
    return values, rows


def _lesson(push: Push, data: Fields) -> tuple[dict[str, Any], list[Touched]]:
    values: dict[str, Any] = {}
    if name := data.text("className", _LONGEST_NAME):
        values["name"] = name
    for field, told in (("begin_at", "beginTime"), ("end_at", "endTime")):
        if (moment := data.moment(told)) is not None:
            values[field] = moment
    if (seats := data.number("seatNum", _MOST_SEATS)) is not None:
        values["seat_count"] = seats
    uid, teacher, rows = _teacher(push, data.inner("teacherInfo"))
    if uid:
        values |= {"teacher_uid": uid, "teacher_name": teacher}
    return values, rows


def _teacher(push: Push, info: Fields) -> tuple[str, str, list[Touched]]:
    """A teacher's id and name; one who is named can be chosen in forms from now on."""
    uid, name = info.id("teacherUid"), info.text("teacherName", _LONGEST_NAME) or ""
    if not uid or not name:
        return uid, name, []
    return uid, name, [_learn(Teacher, push, Known(uid, {"name": name}))]


def _learn_course(
    push: Push, values: dict[str, Any], *, gone: bool, rows: list[Touched] | None = None
) -> Touched:
    """Raises NotKnownYet where the course is unknown and its name is not among the values."""
    if "name" not in values and _pk(Course, push, push.course_id) is None:
        raise NotKnownYet(COURSE_UNKNOWN, rows or ())
    return _learn(Course, push, Known(push.course_id, values, push.at if gone else None))


def _learn(model: type[MirrorRow], push: Push, known: Known) -> Touched:
    learned = mirror.rows_learned(model, push.account, [known], at=push.at, source=_PUSH)
    return touched(model, known.provider_id, learned)


def _is_gone(push: Push, status: str) -> bool:
    """ClassIn tells of a deletion by the kind of change, by the new state, or by both."""
    fields = Fields(push.body)
    return fields.number("opType", 99) == DELETES or fields.inner("opData").number(status, 99) == DELETED


def _pk(model: type[MirrorRow], push: Push, provider_id: str) -> int | None:
    rows: Any = model._default_manager.filter(account=push.account, provider_id=provider_id)
    found: int | None = rows.values_list("pk", flat=True).first()
    return found
