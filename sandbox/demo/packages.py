"""Some 60 sign packages with about 400 meeting videos."""

from __future__ import annotations

import random
import time
from typing import Any

from sandbox.objects import MeetingVideo, Package
from sandbox.syngrafii_packages import ticks
from sandbox.tables import DAY
from sandbox.world import World

PACKAGES = 60
NAMES = (
    "Enrolment contract, {family}",
    "入学合同 {family}",
    "Teacher agreement, {family}",
    "兼职教师聘用协议 {family}",
    "Scholarship agreement, {family}",
    "奖学金协议 {family}",
)
FAMILIES = ("Nowak", "陈", "Johnson", "王", "García", "林", "Dubois", "赵", "Tanaka", "黄")
SPECIAL = 13
"""The newest packages, of which each shows one special state."""


def fill_packages(world: World, chance: random.Random) -> None:
    """Add packages from the oldest to the newest, then give some of them their special states."""
    tables = world.syngrafii
    packages: list[Package] = []
    for index in range(PACKAGES):
        created = int(world.now) - 715 * DAY + index * 12 * DAY + chance.randrange(8, 19) * 3600
        family = FAMILIES[index * 3 % len(FAMILIES)]
        package = tables.add_package(
            f"{NAMES[index % len(NAMES)].format(family=family)} {2_000 + index}",
            package_type="Live Session" if index % 7 == 6 else "video_closing_room",
            state=("executed", "executed", "executed", "expired", "open", "rescinded")[index % 6],
            created_at=created,
        )
        packages.append(package)
        meeting, session = tables.make_id(), tables.make_id()
        for number in range(chance.randrange(4, 11)):
            _add_video(world, package, created + number * 1_700, meeting, session, chance)
    _add_special_videos(world, packages[-SPECIAL:])


def _add_video(
    world: World, package: Package, created: int, meeting: str, session: str, chance: random.Random
) -> MeetingVideo:
    seconds = chance.choice((6, 48, chance.randrange(200, 3_900), chance.randrange(600, 5_400)))
    return world.syngrafii.add_video(
        package,
        created=_written(created + chance.random(), chance),
        seconds=seconds,
        size=max(484_524, seconds * chance.randrange(90_000, 420_000)),
        meeting_id=meeting,
        session_id=session if chance.random() < 0.6 else "",
    )


def _written(moment: float, chance: random.Random) -> str:
    """A time with 3 fractional digits or with 7, as the provider mixes them."""
    if chance.random() < 0.4:
        return ticks(moment)
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    return f"{whole}.{int(moment * 1000) % 1000:03d}Z"


def _add_special_videos(world: World, packages: list[Package]) -> None:
    videos = [world.syngrafii.videos_of[package.id] for package in packages]
    future = ticks(world.now + 365 * DAY)
    retained, gone, restricted = packages[0], packages[1], packages[2]
    retained.retained_until = world.now + 365 * DAY
    for video in videos[0]:
        video.retained_until = future
    gone.deleted_at = world.now - 6 * DAY
    restricted.restricted = True
    world.went_unnoticed("package", gone, deleted_at=None)
    world.went_unnoticed("package", restricted, restricted=False)
    videos[3][0].retained_until = future
    videos[3][1].retained_until = ticks(world.now - 30 * DAY)
    videos[4][0].state = "started"
    videos[5][0].state = "queued"
    videos[6][0].state = "failed"
    videos[7][0].state = "stopped"
    for video in videos[8][:2]:
        video.state, video.deleted = "deleted", ticks(world.now - 15 * DAY)
    videos[8][1].recorded = {"state": "archived", "timeDeleted": None}
    world.went_unnoticed("video", videos[8][1], state="archived", deleted=None)
    ticked = next(video for video in world.syngrafii.videos.values() if len(video.created) == len(ticks(0)))
    world.special |= {
        "package_retained": retained.id,
        "package_gone": gone.id,
        "package_not_permitted": restricted.id,
        "package_unknown": "00000000-0000-4000-8000-00000000dead",
        "package_with_running_recording": packages[4].id,
        "video_retained": videos[3][0].id,
        "video_retention_over": videos[3][1].id,
        "video_started": videos[4][0].id,
        "video_queued": videos[5][0].id,
        "video_failed": videos[6][0].id,
        "video_stopped": videos[7][0].id,
        "video_deleted": videos[8][0].id,
        "video_deleted_unnoticed": videos[8][1].id,
        "video_seven_digits": ticked.id,
        "video_without_retention": videos[12][0].id,
        "video_answer_lost": videos[9][0].id,
        "video_missing_from_answer": videos[10][0].id,
        "video_timeout_before": videos[11][0].id,
    }
    for number, kind in ((9, "timeout_after"), (10, "missing_item"), (11, "timeout_before")):
        world.faults.append(_fault(videos[number][0], kind))


def _fault(video: MeetingVideo, kind: str) -> dict[str, Any]:
    return {
        "provider": "syngrafii",
        "call": "videos/delete",
        "match": {"meetingVideoId": video.id},
        "kind": kind,
        "times": None,
        "only_with_effect": not kind.endswith("before"),
    }
