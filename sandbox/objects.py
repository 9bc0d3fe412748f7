"""What exists at the three providers, as they see it themselves. Times are Unix epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.credentials import CLASSIN_SID


@dataclass(slots=True)
class Person:
    """A ClassIn user. `role` says why they may or may not lead a course."""

    id: str
    name: str
    role: str = "teacher"
    """teacher, student, auditor, deactivated, stopped, account_deleted, outsider or relation."""
    school: str = CLASSIN_SID


@dataclass(slots=True)
class ClassroomSetting:
    id: str
    name: str
    school: str = CLASSIN_SID


@dataclass(slots=True)
class Folder:
    """A folder of the ClassIn cloud disk; the top one has no parent."""

    id: str
    name: str
    parent_id: str = ""
    is_system: bool = False
    school: str = CLASSIN_SID
    deleted_at: float | None = None


@dataclass(slots=True)
class CloudFile:
    id: str
    folder_id: str
    name: str
    size: int
    school: str = CLASSIN_SID
    deleted_at: float | None = None


@dataclass(slots=True)
class Course:
    id: str
    name: str
    folder_id: str = ""
    expires_at: int = 0
    """0 means never."""
    main_teacher_uid: str = ""
    subject_id: str = "0"
    classroom_setting_id: str = "0"
    introduction: str = ""
    cover: str = ""
    """SHA-256 of the last cover picture."""
    status: int = 2
    """1 not started, 2 running, 3 finished, 4 deleted."""
    course_type: int = 1
    """1 standard, 2 public."""
    teachers: list[str] = field(default_factory=list)
    """Former head teachers that joined the teacher list (`stamp`)."""
    options: dict[str, str] = field(default_factory=dict)
    info_missing: bool = False
    known: bool = True
    """False: only the school's records have it."""
    school: str = CLASSIN_SID
    recorded: dict[str, Any] = field(default_factory=dict)
    """Fields in which the school's own records differ from the provider."""


@dataclass(slots=True)
class Lesson:
    """What ClassIn calls a class."""

    id: str
    course_id: str
    name: str
    begins_at: int
    ends_at: int
    teacher_uid: str = ""
    seats: int = 7
    locked: bool = False
    recording: str = "recorded"
    """recorded, never (recording was off), failed."""
    refuses: int = 0
    """269 (English pages) or 369 (Chinese pages), when videos of this type of class cannot be deleted."""
    known: bool = True
    """False: only the school's records have it."""


@dataclass(slots=True)
class Clip:
    """One video file of a lesson."""

    id: str
    lesson_id: str
    name: str
    starts_at: int
    ends_at: int
    size: int
    camera: str = "ClassRoom"
    views: int = 0
    deleted_at: float | None = None
    known: bool = True


@dataclass(slots=True)
class Product:
    """One transcoded output. Its id is its URL."""

    id: str
    asset_id: str
    group_id: str | None
    play_type: str = "MP4"
    quality: str | None = "HD"
    size: int = 0
    duration: int = 0
    width: int = 0
    height: int = 0
    deleted_at: float | None = None
    refuses: str = ""
    """The fail_reason that deleting it meets, if it cannot be deleted."""


@dataclass(slots=True)
class Asset:
    id: str
    title: str
    created_at: int
    size: int = 0
    duration: int = 0
    source_deleted: bool = False
    status: str = "PUBLISHED"
    """PUBLISHED, CREATED, TRANSCODING, DELETED."""
    refuses: str = ""
    """A VOD error code that every deletion in this asset is answered with."""
    groups: dict[str, str] = field(default_factory=dict)
    """Template group id -> name ("" stands for an old group without an id)."""


@dataclass(slots=True)
class Package:
    id: str
    name: str
    package_type: str = "video_closing_room"
    state: str = "executed"
    created_at: float = 0
    retained_until: float | None = None
    deleted_at: float | None = None
    restricted: bool = False
    """Nobody with our keys may touch it."""


@dataclass(slots=True)
class MeetingVideo:
    id: str
    package_id: str
    meeting_id: str
    created: str
    """As the provider writes it: UTC with 3 or 7 fractional digits."""
    seconds: int
    size: int
    state: str = "archived"
    """started, stopped, queued, failed, archived, deleted."""
    retained_until: str | None = None
    deleted: str | None = None
    session_id: str = ""
    source: str = "meeting"
    recorded: dict[str, Any] = field(default_factory=dict)
    """Documented fields in which the school's own records differ from the provider."""
