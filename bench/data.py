"""Rows to measure with: a library of videos of all kinds, and the lessons that the imitated providers have."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from courses.models import Course, CourseClass
from media_assets.models import SignPackage, VideoAsset, VodAsset, VodTemplateGroup
from operations.models import Account, Policy

FIRST_CLIP = 1_000_001
CLIPS_PER_LESSON = 1_000
_COURSES, _LESSONS, _ASSETS, _PACKAGES = 40, 2_000, 1_000, 300
_NEWEST = datetime(2026, 6, 30, 18, tzinfo=UTC)
_BATCH = 5_000
_SUBJECTS = ("Piano", "Physics", "雅思口语", "Calligraphy", "Algebra", "初中数学", "Violin", "History")


def person() -> Any:
    """Somebody who may do everything, in a school without second person and waiting time."""
    Policy.objects.update_or_create(
        pk=1, defaults={"second_person": False, "irreversible_seconds": 0, "sweeping_seconds": 0}
    )
    return get_user_model().objects.create_superuser("bench", password=None)


def clips(count: int) -> list[int]:
    """Mirror rows of the clips that the imitated ClassIn serves; returns their primary keys in order."""
    account = Account.objects.get(provider="classin", name="default")
    course = Course.objects.create(account=account, provider_id="1001", name="Bench")
    numbers = range((count + CLIPS_PER_LESSON - 1) // CLIPS_PER_LESSON)
    lessons = CourseClass.objects.bulk_create(_lesson(account, course, 2_001 + number) for number in numbers)
    rows = VideoAsset.objects.bulk_create(
        [
            VideoAsset(
                account=account,
                kind=VideoAsset.Kind.CLASS_VIDEO,
                provider_id=str(FIRST_CLIP + index),
                title=f"Part {index}",
                course_class=lessons[index // CLIPS_PER_LESSON],
                recorded_at=_NEWEST - timedelta(days=800, seconds=index),
                size_bytes=412_000_000,
            )
            for index in range(count)
        ],
        batch_size=_BATCH,
    )
    return [row.pk for row in rows]


def library(count: int) -> None:
    """`count` videos: four of five class videos, the rest transcoded outputs and meeting videos. Always the same."""
    chance = random.Random(20_240_820)  # noqa: S311 - test data
    accounts = {account.provider: account for account in Account.objects.filter(name="default")}
    lessons = _lessons(accounts["classin"], chance)
    groups = _groups(accounts["huawei_vod"])
    packages = SignPackage.objects.bulk_create(
        SignPackage(account=accounts["syngrafii"], provider_id=f"package-{n}", name=f"Contract {n}")
        for n in range(_PACKAGES)
    )
    made: list[VideoAsset] = []
    for number in range(count):
        place = chance.random()
        recorded = _NEWEST - timedelta(seconds=chance.randrange(2 * 365 * 86_400))
        common = {
            "title": f"Part {number % 50 + 1}",
            "recorded_at": recorded,
            "size_bytes": chance.randrange(10**9),
        }
        if place < 0.8:
            made.append(_class_video(accounts["classin"], number, chance.choice(lessons), common))
        elif place < 0.95:
            made.append(_output(accounts["huawei_vod"], number, chance.choice(groups), common))
        else:
            made.append(_meeting_video(accounts["syngrafii"], number, chance.choice(packages), common))
    VideoAsset.objects.bulk_create(made, batch_size=_BATCH)


def settle_down() -> None:
    """Let the database know what it has, as it would after a while of running."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _lesson(account: Account, course: Course, number: int) -> CourseClass:
    begins = _NEWEST - timedelta(days=30, hours=number % 5_000)
    return CourseClass(
        account=account,
        provider_id=str(number),
        course=course,
        name=f"Lesson {number}",
        begin_at=begins,
        end_at=begins + timedelta(hours=1),
        recording_locked=False,
    )


def _lessons(account: Account, chance: random.Random) -> list[CourseClass]:
    courses = Course.objects.bulk_create(
        Course(account=account, provider_id=str(10_000 + n), name=f"{chance.choice(_SUBJECTS)}, level {n}")
        for n in range(_COURSES)
    )
    return CourseClass.objects.bulk_create(
        _lesson(account, chance.choice(courses), 100_000 + n) for n in range(_LESSONS)
    )


def _groups(account: Account) -> list[VodTemplateGroup]:
    assets = VodAsset.objects.bulk_create(
        VodAsset(account=account, provider_id=f"{n:032x}", title=f"Recap {n}", source_present=True)
        for n in range(_ASSETS)
    )
    return VodTemplateGroup.objects.bulk_create(
        VodTemplateGroup(
            account=account,
            provider_id=f"{asset.provider_id}/g",
            asset=asset,
            group_id=f"g{asset.pk}",
            name="HD and SD",
        )
        for asset in assets
    )


def _class_video(account: Account, number: int, lesson: CourseClass, common: dict[str, Any]) -> VideoAsset:
    kind = VideoAsset.Kind.CLASS_VIDEO
    return VideoAsset(
        account=account,
        kind=kind,
        provider_id=f"clip-{number}",
        course_class=lesson,
        duration_seconds=1_800,
        **common,
    )


def _output(account: Account, number: int, group: VodTemplateGroup, common: dict[str, Any]) -> VideoAsset:
    path = f"/asset/{number:032x}.mp4"
    return VideoAsset(
        account=account,
        kind=VideoAsset.Kind.TRANSCODED_OUTPUT,
        provider_id=path,
        product_url=f"https://cdn.invalid{path}",
        template_group=group,
        quality="HD",
        play_type="MP4",
        duration_seconds=1_800,
        **common,
    )


def _meeting_video(account: Account, number: int, package: SignPackage, common: dict[str, Any]) -> VideoAsset:
    return VideoAsset(
        account=account,
        kind=VideoAsset.Kind.MEETING_VIDEO,
        provider_id=f"meeting-{number}",
        package=package,
        provider_state="archived",
        duration_seconds=312,
        **common,
    )
