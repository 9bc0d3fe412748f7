"""What can be read and deleted of sign packages."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sandbox.calls import Call
from sandbox.objects import MeetingVideo, Package
from sandbox.world import World

URL_LIFETIME = 24 * 3600


class SignRefused(Exception):
    """Syngrafii answers with this error and HTTP status, and changes nothing."""

    def __init__(self, error: str, status: int) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


def delete_videos(world: World, call: Call, now: float) -> Mapping[str, Any]:
    """Delete one video or, when `meetingVideoId` is missing, null or empty, all videos of the package.

    A video that was deleted before is answered with its old `timeDeleted`. Deleting all passes over
    a recording that still runs, which is then simply not in the answer.
    """
    if call.data.get("packageId") != call.params["packageId"]:
        raise SignRefused("package_invalid_packageId", 400)
    package = _package(world, call.params["packageId"])
    if package.retained_until is not None and package.retained_until > now:
        raise SignRefused("package_delete_retention", 400)
    video_id = call.data.get("meetingVideoId")
    if not (video_id is None or isinstance(video_id, str)):
        raise SignRefused("meeting_video_invalid_meetingVideoId", 400)
    videos = world.syngrafii.videos_of[package.id]
    if video_id:
        videos = [video for video in videos if video.id == video_id]
        if not videos:
            raise SignRefused("meeting_video_not_found", 404)
        if videos[0].state == "started":
            raise SignRefused("meeting_video_invalid_state", 400)
    gone = [video for video in videos if video.state != "started"]
    for video in gone:
        if video.state != "deleted":
            world.change("video", video.id, state="deleted", deleted=ticks(now))
    return {"packageId": package.id, "videos": [_video(video, now) for video in gone]}


def delete_package(world: World, call: Call, now: float) -> Mapping[str, Any]:
    """Delete a package, its documents and all its videos: one path segment away from deleting one video."""
    package = _package(world, str(call.data.get("packageId") or ""))
    if (
        package.retained_until is not None
        and package.retained_until > now
        and not call.data.get("overrideRetention")
    ):
        raise SignRefused("package_delete_retention", 400)
    world.change("package", package.id, deleted_at=now)
    for video in world.syngrafii.videos_of[package.id]:
        if video.state != "deleted":
            world.change("video", video.id, state="deleted", deleted=ticks(now))
    videos = world.syngrafii.videos_of[package.id]
    return {"packageId": package.id, "videos": [_video(video, now) for video in videos]}


def list_videos(world: World, call: Call, now: float) -> Mapping[str, Any]:
    """All videos of a package, deleted ones among them. Not paged."""
    package = _package(world, call.params["packageId"])
    videos = world.syngrafii.videos_of[package.id]
    return {"packageId": package.id, "videos": [_video(video, now) for video in videos]}


def get_package(world: World, call: Call, now: float) -> Mapping[str, Any]:
    """A package's own data, with its meetings."""
    package = _package(world, call.params["packageId"])
    videos = world.syngrafii.videos_of[package.id]
    meetings = list(dict.fromkeys(video.meeting_id for video in videos))
    return {
        **_package_row(package),
        "timeReminder": None,
        "timeRetention": None if package.retained_until is None else ticks(package.retained_until),
        "timeRescinded": None,
        "timeDeleted": None,
        "timeSignBy": None,
        "timeLastModified": ticks(package.created_at),
        "meetings": [
            {
                "meetingId": meeting,
                "sessions": [
                    {"videos": [_video(video, now) for video in videos if video.meeting_id == meeting]}
                ],
            }
            for meeting in meetings
        ],
    }


def list_packages(world: World, call: Call, _now: float) -> Mapping[str, Any]:
    """Packages, newest first, without their videos."""
    take, skip = call.data.get("take", 50), call.data.get("skip", 0)
    if not (isinstance(take, int) and isinstance(skip, int) and 0 < take <= 200 and skip >= 0):
        raise SignRefused("request_range_take", 400)
    types, states = call.data.get("types") or [], call.data.get("states") or []
    search = str(call.data.get("search") or "").lower()
    rows = [
        package
        for package in world.syngrafii.packages.values()
        if package.deleted_at is None
        and not package.restricted
        and (not types or package.package_type in types)
        and (not states or package.state in states)
        and search in package.name.lower()
    ]
    rows.sort(key=lambda package: (-package.created_at, package.id))
    page = rows[skip : skip + take]
    return {
        "items": [_package_row(package) for package in page],
        "total": len(rows),
        "take": take,
        "skip": skip,
    }


def ticks(moment: float) -> str:
    """A time with 7 fractional digits, as .NET writes it."""
    whole = int(moment)
    return (
        f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{int((moment - whole) * 10_000_000):07d}Z"
    )


def duration_text(seconds: int) -> str:
    """An ISO 8601 duration: PT6S, PT5M12S, PT1H2M."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{hours}H" if hours else "", f"{minutes}M" if minutes else "", f"{left}S" if left else ""]
    return "PT" + ("".join(parts) or "0S")


def video_record(video: MeetingVideo) -> dict[str, Any]:
    """The documented fields of a video, without the link to it."""
    return {
        "meetingVideoId": video.id,
        "meetingVideoSharedId": None,
        "meetingId": video.meeting_id,
        "meetingSessionId": video.session_id or None,
        "externalVideoId": None,
        "externalStorageId": None,
        "timeCreated": video.created,
        "timeRetention": video.retained_until,
        "timeDeleted": video.deleted,
        "duration": duration_text(video.seconds),
        "size": video.size,
        "source": video.source,
        "type": "video",
        "state": video.state,
    }


def _video(video: MeetingVideo, now: float) -> dict[str, Any]:
    playable = video.state == "archived"
    return {
        **video_record(video),
        "url": f"https://storage.invalid/videos/{video.id}?token=sandbox-link" if playable else None,
        "timeUrlExpires": ticks(now + URL_LIFETIME) if playable else None,
    }


def _package(world: World, package_id: str) -> Package:
    package = world.syngrafii.packages.get(package_id)
    if package is None or package.deleted_at is not None:
        raise SignRefused("package_not_found", 404)
    if package.restricted:
        raise SignRefused("package_not_authorized", 403)
    return package


def _package_row(package: Package) -> dict[str, Any]:
    return {
        "packageId": package.id,
        "name": package.name,
        "type": package.package_type,
        "state": package.state,
        "timeCreated": ticks(package.created_at),
    }
