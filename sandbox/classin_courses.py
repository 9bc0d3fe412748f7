"""editCourse."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from PIL import Image, UnidentifiedImageError

from sandbox.classin_form import Form, Refused
from sandbox.objects import Course
from sandbox.tables import DAY
from sandbox.world import World

NAME_LENGTH = 40
INTRODUCTION_LENGTH = 400
SUBJECTS = frozenset(str(number) for number in (*range(1, 17), 99))
SWITCHES = ("allowAddFriend", "allowStudentModifyNickname", "notAllowDeleteCourseStudentReplay")
IMAGE_FORMATS = frozenset({"JPEG", "PNG", "GIF", "BMP"})
TEACHER_REFUSALS = {
    "student": 311,
    "auditor": 312,
    "outsider": 334,
    "deactivated": 389,
    "relation": 400,
    "stopped": 805,
    "account_deleted": 883,
}


def edit_course(world: World, form: Form, now: float) -> Mapping[str, Any]:
    """Change a course. What is left out stays as it is, but for `subjectId` and `classroomSettingId`: they go
    back to 0. Names and introductions that are too long are cut without a word.
    """
    course = _course(world, form, now)
    fields: dict[str, Any] = {}
    if form.text("folderId"):
        fields["folder_id"] = _folder_id(world, form)
    if form.text("expiryTime"):
        fields["expires_at"] = _expiry(world, course, form, now)
    if form.text("mainTeacherUid"):
        fields |= _teacher(world, course, form, now)
    subject = form.text("subjectId")
    fields["subject_id"] = subject if subject in SUBJECTS else "0"
    fields["classroom_setting_id"] = _classroom_setting_id(world, form)
    if form.text("courseName"):
        fields["name"] = form.text("courseName")[:NAME_LENGTH]
    if "courseIntroduce" in form:
        fields["introduction"] = form.text("courseIntroduce")[:INTRODUCTION_LENGTH]
    fields["options"] = _options(course, form)
    if "Filedata" in form or "Filedata" in form.files:
        fields["cover"] = _cover(form)
    changed = {name: value for name, value in fields.items() if getattr(course, name) != value}
    if changed:
        world.change("course", course.id, **changed)
    return {}


def _options(course: Course, form: Form) -> dict[str, str]:
    """The switches of a course, with those that were sent."""
    options = dict(course.options)
    for switch in SWITCHES:
        if switch in form:
            if form.text(switch) not in ("0", "1"):
                raise Refused(100)
            options[switch] = form.text(switch)
    return options


def _course(world: World, form: Form, now: float) -> Course:
    course = world.classin.courses.get(form.required_number("courseId"))
    if course is None or not course.known or course.school != form.school:
        raise Refused(144)
    if course.info_missing:
        raise Refused(147)
    if course.status == 4:
        raise Refused(149)
    if course.course_type == 2:
        raise Refused(369)
    if course.expires_at and course.expires_at <= now:
        raise Refused(153)
    return course


def _folder_id(world: World, form: Form) -> str:
    folder = world.classin.folders.get(form.text("folderId").strip())
    if folder is None or folder.deleted_at is not None or folder.school != form.school:
        raise Refused(160)
    return folder.id


def _expiry(world: World, course: Course, form: Form, now: float) -> int:
    expiry = int(form.number("expiryTime"))
    if expiry == 0:
        return 0
    if expiry < now + DAY:
        raise Refused(151)
    if any(lesson.ends_at > expiry for lesson in world.classin.lessons_of[course.id]):
        raise Refused(152)
    if expiry > _one_year_after(now):
        raise Refused(154)
    return expiry


def _one_year_after(now: float) -> float:
    moment = datetime.fromtimestamp(now, UTC)
    try:
        return moment.replace(year=moment.year + 1).timestamp()
    except ValueError:  # 29 February
        return moment.replace(year=moment.year + 1, day=28).timestamp() + DAY


def _teacher(world: World, course: Course, form: Form, now: float) -> dict[str, Any]:
    """The new head teacher, and the former one on the teacher list unless `stamp` is 2."""
    uid = form.text("mainTeacherUid").strip()
    stamp = form.text("stamp") or "1"
    if stamp not in ("1", "2"):
        raise Refused(100)
    if not (uid.isascii() and uid.isdigit()):
        raise Refused(331)
    person = world.classin.people.get(uid)
    if person is None:
        raise Refused(310)
    if person.role in TEACHER_REFUSALS:
        raise Refused(TEACHER_REFUSALS[person.role])
    if person.school != form.school:
        raise Refused(334)
    former = course.main_teacher_uid
    if uid == former:
        return {}
    lessons = world.classin.lessons_of[course.id]
    if former and any(lesson.teacher_uid == former and lesson.ends_at > now for lesson in lessons):
        raise Refused(314)
    joined = stamp == "1" and former and former not in course.teachers
    return {"main_teacher_uid": uid, "teachers": [*course.teachers, former] if joined else course.teachers}


def _classroom_setting_id(world: World, form: Form) -> str:
    wanted = form.text("classroomSettingId") or "0"
    if wanted == "0":
        return "0"
    setting = world.classin.settings.get(wanted)
    if setting is None:
        raise Refused(371)
    if setting.school != form.school:
        raise Refused(373)
    return setting.id


def _cover(form: Form) -> str:
    """The cover picture's SHA-256. A path sent as text, as the documented sample does, is no picture."""
    content = form.files.get("Filedata", b"")
    try:
        with Image.open(io.BytesIO(content)) as image:
            kind = image.format
            image.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise Refused(103) from None
    if kind not in IMAGE_FORMATS:
        raise Refused(103)
    return hashlib.sha256(content).hexdigest()
