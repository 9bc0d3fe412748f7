"""What Syngrafii tells about the videos of a package.

The address of a video carries an access token, so it is dropped here and never kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from providers.shapes import Misshapen, amount, needed, objects, words

_TIMESTAMP: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{0,7}))?Z", re.ASCII)
_DURATION: Final = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,10})(?:\.(\d{1,7}))?S)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class VideoRow:
    """One meeting video; all but its id may be missing."""

    meeting_video_id: str
    meeting_video_shared_id: str
    meeting_id: str
    meeting_session_id: str
    external_video_id: str
    external_storage_id: str
    time_created: datetime | None
    time_retention: datetime | None
    """A moment in the future most likely means "kept until"; the provider does not explain it."""
    time_deleted: datetime | None
    duration: timedelta | None
    size: int | None
    """Bytes."""
    source: str
    video_type: str
    state: str
    """started, stopped, queued, failed, archived or deleted; new ones may appear."""
    time_url_expires: datetime | None

    @property
    def is_deleted(self) -> bool:
        """Whether the provider calls the video deleted."""
        return self.state == "deleted"


def read_videos(body: Mapping[str, Any]) -> list[VideoRow]:
    """Read the videos of an answer; Misshapen when the list, an id or a value cannot be read.

    A date that cannot be read is an error and not "no date": a retention must not get lost.
    """
    if body.get("videos") is None:  # null is not "none left"
        raise Misshapen("videos")
    return [_video(row) for row in objects(body["videos"], "videos")]


def _video(row: Mapping[str, Any]) -> VideoRow:
    return VideoRow(
        meeting_video_id=needed(row, "meetingVideoId"),
        meeting_video_shared_id=words(row, "meetingVideoSharedId"),
        meeting_id=words(row, "meetingId"),
        meeting_session_id=words(row, "meetingSessionId"),
        external_video_id=words(row, "externalVideoId"),
        external_storage_id=words(row, "externalStorageId"),
        time_created=timestamp(row.get("timeCreated")),
        time_retention=timestamp(row.get("timeRetention")),
        time_deleted=timestamp(row.get("timeDeleted")),
        duration=duration(row.get("duration")),
        size=amount(row, "size"),
        source=words(row, "source"),
        video_type=words(row, "type"),
        state=words(row, "state"),
        time_url_expires=timestamp(row.get("timeUrlExpires")),
    )


def timestamp(value: Any) -> datetime | None:
    """A UTC time with 0 to 7 digits after the point (the seventh is dropped), or None for null."""
    if value is None or value == "":
        return None
    match = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Misshapen("timestamp")
    try:
        moment = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise Misshapen("timestamp") from error
    return moment + timedelta(microseconds=_microseconds(match[2]))


def duration(value: Any) -> timedelta | None:
    """An ISO 8601 duration in days to seconds such as "PT5M12S", or None for null."""
    if value is None or value == "":
        return None
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Misshapen("duration")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[:4])
    return timedelta(
        days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=_microseconds(match[5])
    )


def _microseconds(digits: str | None) -> int:
    return int((digits or "")[:6].ljust(6, "0"))
