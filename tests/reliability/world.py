"""What the machine plays with: courses, lessons and their videos, packages of meeting videos, three people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import connection, transaction
from django.db.models import QuerySet

from audit import triggers
from audit.models import Record, Unsealed
from courses.models import Course, CourseClass
from media_assets.models import VideoAsset
from operations.models import (
    Account,
    Attachment,
    Attempt,
    FreshLook,
    Hold,
    Item,
    ListPart,
    Notice,
    Policy,
    PolicyChange,
    Run,
    StopSwitch,
)
from tests.factories.courses import CourseClassFactory, CourseFactory
from tests.factories.media_assets import MeetingVideoFactory, SignPackageFactory, VideoAssetFactory
from tests.factories.operations import AccountFactory
from tests.factories.people import UserFactory
from tests.reliability.clock import START

CLASS_VIDEO = "media_assets.class_video.delete"
MEETING_VIDEO = "media_assets.meeting_video.delete"
WHOLE_LESSON = "media_assets.class_videos.delete_all"
RIGHT_TO = {
    CLASS_VIDEO: "media_assets.delete_class_video",
    MEETING_VIDEO: "media_assets.delete_meeting_video",
    WHOLE_LESSON: "media_assets.delete_all_class_videos",
}
APPROVE, HOLD, SWITCH, POLICY = (
    "operations.approve_run",
    "operations.place_hold",
    "operations.operate_stop_switch",
    "operations.change_policy",
)
RIGHTS = (*RIGHT_TO.values(), APPROVE, HOLD, SWITCH, POLICY)
PEOPLE = {
    "maker": frozenset({*RIGHT_TO.values(), APPROVE, HOLD}),
    "second": frozenset({*RIGHT_TO.values(), APPROVE, HOLD, POLICY}),
    "head": frozenset({APPROVE, HOLD, SWITCH, POLICY}),
}

Key = tuple[str, int]
"""A row: its kind and its primary key."""


@dataclass(frozen=True)
class Target:
    """Something that can be deleted: the exact call that deletes it, and every row on which a hold covers it."""

    key: Key
    operation: str
    call: tuple[str, ...]
    held_by: frozenset[Key]
    account_id: int


@dataclass
class World:
    """Rows that stay the same in every example; `reset` undoes what an example changed."""

    targets: dict[Key, Target] = field(default_factory=dict)
    things: list[Key] = field(default_factory=list)
    """Every row that a hold can lie on."""
    people: dict[str, int] = field(default_factory=dict)
    permissions: dict[str, int] = field(default_factory=dict)
    accounts: list[int] = field(default_factory=list)
    inside: dict[tuple[str, ...], list[tuple[str, ...]]] = field(default_factory=dict)
    """The call that empties a lesson -> the calls that would delete the videos in it one by one."""

    def of(self, operation: str) -> list[Target]:
        return [target for target in self.targets.values() if target.operation == operation]


def build() -> World:
    """Make the rows, by the test's own factories."""
    world = World()
    classin, syngrafii = AccountFactory(), AccountFactory(provider="syngrafii")
    world.accounts = [classin.pk, syngrafii.pk]
    over = {"begin_at": START - timedelta(days=30, hours=1), "end_at": START - timedelta(days=30)}
    for number, clips_of_lessons in enumerate([(3, 2, 4), (2, 4), (3, 2, 3)]):
        course = CourseFactory(account=classin, name=f"Course {number}")
        for clips in clips_of_lessons:
            lesson = CourseClassFactory(account=classin, course=course, **over)
            _add_lesson(
                world, lesson, [VideoAssetFactory(account=classin, course_class=lesson) for _ in range(clips)]
            )
    for videos in (3, 5, 4):
        package = SignPackageFactory(account=syngrafii)
        for _number in range(videos):
            video = MeetingVideoFactory(account=syngrafii, package=package, provider_state="archived")
            call = ("delete_video", package.provider_id, video.provider_id)
            _add(world, video, MEETING_VIDEO, call, [key_of(video), key_of(package)])
    world.things = sorted({key for target in world.targets.values() for key in target.held_by})
    for name in PEOPLE:
        world.people[name] = UserFactory(username=name).pk
    for label in RIGHTS:
        app_label, codename = label.split(".")
        world.permissions[label] = Permission.objects.get(
            content_type__app_label=app_label, codename=codename
        ).pk
    return world


def _add_lesson(world: World, lesson: CourseClass, videos: list[VideoAsset]) -> None:
    above = [key_of(lesson), (Course._meta.label_lower, lesson.course_id)]
    for video in videos:
        call = ("delete_class_video", lesson.provider_id, video.provider_id)
        _add(world, video, CLASS_VIDEO, call, [key_of(video), *above])
    everything = ("delete_all_class_videos", lesson.provider_id)
    _add(world, lesson, WHOLE_LESSON, everything, [*above, *(key_of(video) for video in videos)])
    world.inside[everything] = [world.targets[key_of(video)].call for video in videos]


def _add(world: World, row: Any, operation: str, call: tuple[str, ...], held_by: Iterable[Key]) -> None:
    target = Target(key_of(row), operation, call, frozenset(held_by), row.account_id)
    world.targets[target.key] = target


def key_of(row: Any) -> Key:
    return (row._meta.label_lower, row.pk)


def reset(world: World) -> None:
    """Everything as it was built. Rows that examples made are deleted for real: examples commit."""
    with transaction.atomic():
        empty()
        VideoAsset.objects.exclude(presence="present").update(
            presence="present", presence_at=None, presence_how=""
        )
        Account.objects.update(
            next_second_at=None, next_minute_at=None, blocked_until=None, refused_at=None, refused_code=""
        )
        User.objects.filter(pk__in=world.people.values()).update(is_active=True)
        through = User.user_permissions.through
        QuerySet(through)._raw_delete("default")
        through._base_manager.bulk_create(
            through(user_id=world.people[name], permission_id=world.permissions[right])
            for name, rights in PEOPLE.items()
            for right in sorted(rights)
        )


def empty() -> None:
    """Delete what examples made: runs and their ledger, holds, limits."""
    triggers.remove(connection)
    for model in (Unsealed, Record):
        QuerySet(model)._raw_delete("default")
    triggers.install(connection)
    for model in (Notice, FreshLook, Attempt.items.through, Attempt, Attachment, ListPart, Item):
        QuerySet(model)._raw_delete("default")
    Run.objects.update(parent=None)
    for model in (Run, Hold, StopSwitch, PolicyChange, Policy):
        QuerySet(model)._raw_delete("default")
