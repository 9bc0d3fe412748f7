"""The parameters of editCourse, with their limits and traps."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from providers.call import Call
from providers.client import identity, text
from providers.codes import Text

LONGEST_COURSE_NAME: Final = 90
LONGEST_INTRODUCTION: Final = 400
SUBJECTS: Final = frozenset({0, *range(1, 17), 99})
"""0 is "none"; the rest is the list of the editCourse page (1 Chinese … 16 Science, 99 others)."""
LARGEST_SECONDS: Final = 9_999_999_999
"""A larger time is in milliseconds, which ClassIn would take for a year far away."""

FilePart = tuple[str, bytes, str]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send: its name, its content type and its bytes."""

    name: str
    content_type: str
    content: bytes

    def __repr__(self) -> str:
        return f"Upload({self.name!r}, {self.content_type!r}, {len(self.content)} bytes)"

    def described(self) -> dict[str, Any]:
        """What may be stored of the file."""
        return {
            "name": self.name,
            "size": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseChanges:
    """What editCourse is to change; None leaves a value as it is, and is not sent."""

    folder_id: str | None = None
    """The folder of the cloud disk; also re-binds lessons not yet begun that use the old one."""
    course_name: str | None = None
    """At most 90 characters; ClassIn's Chinese page says that names are cut after 40."""
    expiry_time: int | None = None
    """Seconds since 1970, or 0 for "never expires"."""
    main_teacher_uid: str | None = None
    """The new head teacher; a course that has one cannot be left without."""
    stamp: int | None = None
    """The former head teacher: 1 stays as a teacher of the course, 2 leaves. Goes with a new one only."""
    subject_id: int | None = None
    """One of SUBJECTS. Send the known value along: left out, ClassIn may set it to 0."""
    cover: Upload | None = None
    """The cover picture; a failure to store it comes back as code 103."""
    course_introduce: str | None = None
    """At most 400 characters, English and Chinese counted alike; "" empties it."""
    classroom_setting_id: str | None = None
    """Send the known value along: left out, ClassIn may set it to 0, the school's default."""

    def form(self, call: Call) -> dict[str, str]:
        """The form fields to send, without the cover; raises InvalidRequest for a bad value."""
        fields: dict[str, str] = {}
        if self.folder_id is not None:
            fields["folderId"] = identity(call, "folderId", self.folder_id)
        if self.course_name is not None:
            fields["courseName"] = text(call, "courseName", self.course_name, LONGEST_COURSE_NAME)
        if self.expiry_time is not None:
            fields["expiryTime"] = str(_seconds(call, self.expiry_time))
        fields.update(self._teacher(call))
        if self.subject_id is not None:
            fields["subjectId"] = str(_one_of(call, "subjectId", self.subject_id, SUBJECTS))
        if self.course_introduce is not None:
            fields["courseIntroduce"] = text(
                call, "courseIntroduce", self.course_introduce, LONGEST_INTRODUCTION, may_be_empty=True
            )
        if self.classroom_setting_id is not None:
            fields["classroomSettingId"] = _setting(call, self.classroom_setting_id)
        if not fields and self.cover is None:
            raise call.refused(
                None, Text("Nothing was changed, so nothing is sent", "没有任何更改，无需发送")
            )
        return fields

    def files(self, call: Call) -> dict[str, FilePart] | None:
        """The cover as a part of a multipart form, or None when there is none to send."""
        if self.cover is None:
            return None
        if not self.cover.content:
            raise call.refused("Filedata", Text("The cover picture is empty", "封面图片为空"))
        if not self.cover.content_type.startswith("image/") or not self.cover.name.strip():
            raise call.refused("Filedata", Text("The cover is not a picture", "封面不是图片文件"))
        return {"Filedata": (self.cover.name, self.cover.content, self.cover.content_type)}

    def _teacher(self, call: Call) -> dict[str, str]:
        if self.main_teacher_uid is None:
            if self.stamp is not None:
                why = Text(
                    "What becomes of the former head teacher is sent only together with a new one",
                    "只有更换班主任时，才需要说明原班主任的去留",
                )
                raise call.refused("stamp", why)
            return {}
        uid = identity(call, "mainTeacherUid", self.main_teacher_uid)
        if self.stamp is None:
            why = Text(
                "Say whether the former head teacher stays or leaves",
                "请说明原班主任是留任为老师，还是离开课程",
            )
            raise call.refused("stamp", why)
        return {"mainTeacherUid": uid, "stamp": str(_one_of(call, "stamp", self.stamp, frozenset({1, 2})))}


def _seconds(call: Call, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_SECONDS:
        raise call.refused(
            "expiryTime", Text("The expiry time is not a time in seconds", "有效期不是以秒为单位的时间")
        )
    return value


def _one_of(call: Call, field: str, value: Any, allowed: frozenset[int]) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        raise call.refused(
            field, Text(f"{field} is not one of the allowed values", f"{field} 不在允许的取值范围内")
        )
    return value


def _setting(call: Call, value: Any) -> str:
    return "0" if value == "0" else identity(call, "classroomSettingId", value)
