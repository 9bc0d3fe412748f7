"""Filling the mirror from the school's records of ClassIn: ClassIn itself lists neither courses nor lessons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from courses import mirror
from courses.models import ClassroomSetting, Course, CourseClass, Teacher
from operations.learning import Known, Learned
from operations.mirror import MirrorRow
from operations.models import Account

Json = dict[str, Any]

_STATUSES = {
    1: Course.Status.NOT_STARTED,
    2: Course.Status.RUNNING,
    3: Course.Status.FINISHED,
    4: Course.Status.DELETED,
}
_TYPES = {1: Course.CourseType.STANDARD, 2: Course.CourseType.PUBLIC, 3: Course.CourseType.DUAL_TEACHER}
_LONGEST_PATH = 2000


@dataclass(slots=True)
class Summary:
    """What an import brought: by kind of row how many are new, changed and unchanged; and how many had no place."""

    learned: dict[str, Learned] = field(default_factory=dict)
    skipped: int = 0

    @property
    def created(self) -> int:
        return sum(one.created for one in self.learned.values())

    @property
    def changed(self) -> int:
        return sum(one.changed for one in self.learned.values())


def import_world(account: Account, world: Json, *, at: datetime) -> Summary:
    """Take in teachers, classroom settings, courses and lessons of a world, as the school's records had them at `at`.

    Taking in the same world again changes nothing; values that we learned later stay, and so does what is deleted.
    Raises KeyError or ValueError for a malformed world, and changes nothing then. Other providers have no courses.
    """
    summary = Summary()
    if account.provider != "classin":
        return summary
    records: Json = world["classin"]
    with transaction.atomic():
        people = (Known(_id(row["uid"]), {"name": row["name"]}) for row in records["teachers"])
        _take_in(account, Teacher, people, at, summary)
        settings = {_id(row["id"]): str(row["name"]) for row in records["classroom_settings"]}
        sets = (Known(setting_id, {"name": name}) for setting_id, name in settings.items())
        _take_in(account, ClassroomSetting, sets, at, summary)
        paths = _paths(records["folders"])
        courses = (_course(row, settings, paths, at) for row in records["courses"])
        course_ids = _take_in(account, Course, courses, at, summary)
        _take_in(account, CourseClass, _lessons(records["classes"], course_ids, summary), at, summary)
        Account.objects.filter(pk=account.pk).update(synced_at=at)
    return summary


def _course(row: Json, settings: dict[str, str], paths: dict[str, str], at: datetime) -> Known:
    """Values that the record leaves out are not known, and stay as we have them."""
    status = _STATUSES.get(int(row.get("courseStatus") or 0), Course.Status.UNKNOWN)
    values: dict[str, Any] = {
        "name": row["courseName"],
        "status": status,
        "course_type": _TYPES.get(int(row.get("courseType") or 0), Course.CourseType.STANDARD),
    }
    if row.get("courseIntroduce") is not None:
        values["introduction"] = row["courseIntroduce"]
    if row.get("folderId"):
        folder_id = _id(row["folderId"])
        values |= {"folder_id": folder_id, "folder_path": paths.get(folder_id, "")}
    if row.get("expiryTime") not in (None, ""):
        values["expiry_time"] = int(row["expiryTime"])
    if row.get("mainTeacherUid"):
        values |= {
            "main_teacher_uid": _id(row["mainTeacherUid"]),
            "main_teacher_name": row.get("mainTeacherName") or "",
        }
    if row.get("subjectId") not in (None, ""):
        values["subject_id"] = int(row["subjectId"])
    if row.get("classroomSettingId") not in (None, ""):
        setting_id = _id(row["classroomSettingId"])
        values |= {"classroom_setting_id": setting_id, "classroom_setting_name": settings.get(setting_id, "")}
    return Known(_id(row["courseId"]), values, gone_at=at if status == Course.Status.DELETED else None)


def _lessons(rows: Iterable[Json], course_ids: dict[str, int], summary: Summary) -> Iterator[Known]:
    """Lessons whose course we have; the others are counted and left."""
    for row in rows:
        course_id = course_ids.get(_id(row["courseId"]))
        if course_id is None:
            summary.skipped += 1
            continue
        values = {
            "course_id": course_id,
            "name": row["className"],
            "begin_at": _moment(row.get("beginTime")),
            "end_at": _moment(row.get("endTime")),
            "teacher_uid": _id(row.get("teacherUid") or ""),
            "teacher_name": row.get("teacherName") or "",
            "seat_count": row.get("seatNum"),
            "recording_locked": row.get("isLocked"),
        }
        yield Known(_id(row["classId"]), values)


def _paths(folders: Iterable[Json]) -> dict[str, str]:
    """Full names of cloud folders by id. A folder whose parent nobody knows, or that is its own ancestor, has its name."""
    known = {_id(row["id"]): (str(row["name"]), _id(row["pid"] or "")) for row in folders}
    paths: dict[str, str] = {}
    for folder_id in known:
        names: list[str] = []
        walked: set[str] = set()
        above = folder_id
        while above in known and above not in walked:
            walked.add(above)
            name, above = known[above]
            names.append(name)
        paths[folder_id] = " / ".join(reversed(names))[:_LONGEST_PATH]
    return paths


def _take_in(
    account: Account, model: type[MirrorRow], known: Iterable[Known], at: datetime, summary: Summary
) -> dict[str, int]:
    """Primary keys by provider id of what was taken in."""
    learned = mirror.rows_learned(model, account, known, at=at, source=MirrorRow.Source.IMPORT)
    summary.learned[model._meta.model_name or ""] = learned
    return learned.ids


def _id(value: Any) -> str:
    """An id that came as a number or as text, as text."""
    return str(value).strip()


def _moment(epoch: float | None) -> datetime | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)
