"""What ClassIn pushes about class videos and cloud files.

Neither the unit of `Duration` nor that of `Size` is stated, so both are kept as they came; the length is reckoned from
begin and end where ClassIn tells them. The address of the file is not kept in the mirror: it opens the video.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.utils import timezone

from intake.receiving.fields import Fields
from intake.receiving.registry import (
    FILE_UNKNOWN,
    LESSON_UNKNOWN,
    NotKnownYet,
    Push,
    Touched,
    Unusable,
    handles,
    touched,
)
from media_assets import mirror
from media_assets.models import CloudFile, VideoAsset
from media_assets.sync.world import LONGEST_TITLE
from operations.learning import Known
from operations.mirror import MirrorRow

LONGEST_VIDEO: Final = timedelta(days=2)
"""A span beyond this is a mistake and no length."""
CLASSROOM: Final = "ClassRoom"
"""`CIDExt` of the recording of the classroom itself."""
_CONVERSIONS: Final = {2: CloudFile.Conversion.DONE, 3: CloudFile.Conversion.FAILED}
_LONGEST_RAW: Final = 40
_LONGEST_NAME: Final = 200
_MADE_UP: Final = re.compile(r"[a-z]?\d+|[0-9a-f-]{16,}|[\w-]{24,}", re.IGNORECASE)
"""File names that ClassIn's storage invents: `f0`, digits, digests."""
_PUSH = MirrorRow.Source.PUSH


@handles("Record")
def recorded(push: Push) -> list[Touched]:
    """A file of a lesson's recording is there; a lesson has several when it was interrupted or has several cameras."""
    return _video(push)


@handles("Upload")
def uploaded(push: Push) -> list[Touched]:
    """Somebody uploaded a video to a lesson in the dashboard."""
    return _video(push)


@handles("FileCov")
def converted(push: Push) -> list[Touched]:
    """A cloud file was turned into courseware, or could not be. Its name is as old as the file, not as the conversion."""
    if not push.file_id:
        raise Unusable("FileID")
    files = CloudFile.objects.filter(account=push.account, provider_id=push.file_id)
    if not files.exists():
        raise NotKnownYet(FILE_UNKNOWN)
    fields = Fields(push.body)
    data = fields.inner("Data")
    values: dict[str, Any] = {}
    if (conversion := _CONVERSIONS.get(fields.number("Result", 99) or 0)) is not None:
        values["conversion"] = conversion.value
    rows = [_learn(CloudFile, push, Known(push.file_id, values), push.at)]
    if name := data.text("fileName", _LONGEST_NAME):
        added = data.moment("addTime")
        at = min(push.at, added + timedelta(microseconds=push.at.microsecond)) if added else push.at
        rows.append(_learn(CloudFile, push, Known(push.file_id, {"name": name}), at))
    return [next((row for row in rows if row.how != "unchanged"), rows[0])]


def _video(push: Push) -> list[Touched]:
    if not push.file_id:
        raise Unusable("FileId")
    if not push.class_id:
        raise Unusable("ClassID")
    lessons: Any = VideoAsset._meta.get_field("course_class").related_model
    lesson = lessons.objects.filter(account=push.account, provider_id=push.class_id)
    lesson_pk = lesson.values_list("pk", flat=True).first()
    if lesson_pk is None:
        raise NotKnownYet(LESSON_UNKNOWN)
    fields = Fields(push.body)
    began, ended = fields.moment("VST"), fields.moment("VET")
    values: dict[str, Any] = {"kind": VideoAsset.Kind.CLASS_VIDEO.value, "course_class_id": lesson_pk}
    if camera := fields.raw("CIDExt", _LONGEST_RAW):
        values["camera"] = camera
    if title := _title(fields.raw("VUrl", 2000), camera, began):
        values["title"] = title
    if began is not None:
        values["recorded_at"] = began
    if (seconds := _span(began, ended)) is not None:
        values["duration_seconds"] = seconds
    for name, told in (("duration_text", "Duration"), ("size_text", "Size")):
        if raw := fields.raw(told, _LONGEST_RAW):
            values[name] = raw
    return [_learn(VideoAsset, push, Known(push.file_id, values), push.at)]


def _title(address: str, camera: str, began: datetime | None) -> str:
    """The file's name where it is one that a person chose, else camera and time; "" when neither is known.

    It is made of this message alone: taken from the lesson it would depend on which message came first.
    """
    stem = unquote(urlsplit(address).path.rpartition("/")[2]).rpartition(".")[0].strip()
    if stem and not _MADE_UP.fullmatch(stem):
        return stem[:LONGEST_TITLE]
    if began is None:
        return camera
    return f"{camera or CLASSROOM} {timezone.localtime(began):%Y-%m-%d %H:%M}"


def _span(began: datetime | None, ended: datetime | None) -> int | None:
    if began is None or ended is None or not timedelta(0) <= ended - began <= LONGEST_VIDEO:
        return None
    return int((ended - began).total_seconds())


def _learn(model: type[MirrorRow], push: Push, known: Known, at: datetime) -> Touched:
    learned = mirror.rows_learned(model, push.account, [known], at=at, source=_PUSH)
    return touched(model, known.provider_id, learned)
