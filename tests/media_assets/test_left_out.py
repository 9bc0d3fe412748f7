"""What keeps a row out of a plan, asked of the database at the freeze."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from operations.models import Hold
from tests.factories.media_assets import (
    LessonFactory,
    MeetingVideoFactory,
    SignPackageFactory,
    TranscodedOutputFactory,
    VideoAssetFactory,
    VodTemplateGroupFactory,
)
from tests.media_assets.conftest import frozen

pytestmark = pytest.mark.django_db

CLASS_VIDEO = "media_assets.class_video.delete"
CLASS_VIDEOS = "media_assets.class_videos.delete_all"
OUTPUT = "media_assets.transcoded_output.delete"
GROUP = "media_assets.transcode_group.delete"
MEETING = "media_assets.meeting_video.delete"
MEETINGS = "media_assets.meeting_videos.delete_all"
LeftOut = Callable[[str, Any], str]


def test_an_ordinary_video_of_each_kind_goes(left_out: LeftOut) -> None:
    assert left_out(CLASS_VIDEO, VideoAssetFactory()) == ""
    assert left_out(OUTPUT, TranscodedOutputFactory()) == ""
    assert left_out(MEETING, MeetingVideoFactory()) == ""


@pytest.mark.parametrize("trait", ["gone", "missing"])
def test_a_video_that_is_gone_is_left_out(left_out: LeftOut, trait: str) -> None:
    assert left_out(CLASS_VIDEO, VideoAssetFactory(**{trait: True})) == "already_gone"
    assert left_out(OUTPUT, TranscodedOutputFactory(**{trait: True})) == "already_gone"
    assert left_out(MEETING, MeetingVideoFactory(**{trait: True})) == "already_gone"


def test_what_the_provider_shows_again_is_left_out_in_words_of_its_own(left_out: LeftOut) -> None:
    deleted = timezone.now() - timedelta(days=3)
    shown = {"presence": "deleted", "presence_at": deleted, "seen_at": deleted + timedelta(days=1)}
    for operation, factory in (
        (CLASS_VIDEO, VideoAssetFactory),
        (OUTPUT, TranscodedOutputFactory),
        (MEETING, MeetingVideoFactory),
    ):
        assert left_out(operation, factory(**shown)) == "shown_again"
        lagging = shown | {"seen_at": deleted + timedelta(minutes=1)}
        assert left_out(operation, factory(**lagging)) == "already_gone"


def test_a_video_of_a_lesson_that_is_not_over_is_left_out(left_out: LeftOut) -> None:
    assert left_out(CLASS_VIDEO, VideoAssetFactory(course_class__running=True)) == "class_not_over"
    assert left_out(CLASS_VIDEO, VideoAssetFactory(course_class__end_at=None)) == ""


def test_a_video_whose_recordings_are_locked_is_left_out(left_out: LeftOut) -> None:
    assert left_out(CLASS_VIDEO, VideoAssetFactory(course_class__locked=True)) == "recording_locked"


@pytest.mark.parametrize(
    "blank",
    [
        pytest.param((CLASS_VIDEO, VideoAssetFactory, {"course_class": None}), id="clip without lesson"),
        pytest.param(
            (CLASS_VIDEO, VideoAssetFactory, {"course_class__provider_id": ""}), id="lesson without id"
        ),
        pytest.param((CLASS_VIDEO, VideoAssetFactory, {"provider_id": ""}), id="clip without id"),
        pytest.param((OUTPUT, TranscodedOutputFactory, {"product_url": ""}), id="output without address"),
        pytest.param(
            (OUTPUT, TranscodedOutputFactory, {"template_group__group_id": ""}), id="output, no group id"
        ),
        pytest.param((OUTPUT, TranscodedOutputFactory, {"template_group": None}), id="output without group"),
        pytest.param((MEETING, MeetingVideoFactory, {"package": None}), id="meeting video without package"),
        pytest.param((MEETING, MeetingVideoFactory, {"provider_id": ""}), id="meeting video without id"),
    ],
)
def test_a_blank_id_is_never_frozen_to_be_sent(
    left_out: LeftOut, blank: tuple[str, Any, dict[str, Any]]
) -> None:
    key, factory, values = blank
    assert left_out(key, factory(**values)) == "no_provider_id"


@pytest.mark.parametrize("state", ["started", "stopped", "queued", "something_new", ""])
def test_a_meeting_video_that_syngrafii_still_works_on_is_left_out(left_out: LeftOut, state: str) -> None:
    assert left_out(MEETING, MeetingVideoFactory(provider_state=state)) == "still_recording"


@pytest.mark.parametrize("state", ["archived", "failed"])
def test_a_meeting_video_that_is_finished_goes(left_out: LeftOut, state: str) -> None:
    assert left_out(MEETING, MeetingVideoFactory(provider_state=state)) == ""


def test_a_meeting_video_under_retention_stays_until_somebody_ticks_it(left_out: LeftOut) -> None:
    assert left_out(MEETING, MeetingVideoFactory(retained=True)) == "unticked"
    past = timezone.now() - timedelta(days=1)
    assert left_out(MEETING, MeetingVideoFactory(retention_until=past)) == ""


def test_a_lesson_goes_only_with_a_video_in_it(left_out: LeftOut) -> None:
    lesson = LessonFactory()
    assert left_out(CLASS_VIDEOS, lesson) == "already_gone"
    VideoAssetFactory(course_class=lesson, gone=True)
    assert left_out(CLASS_VIDEOS, lesson) == "already_gone"
    VideoAssetFactory(course_class=lesson)
    assert left_out(CLASS_VIDEOS, lesson) == ""


def test_a_lesson_that_is_not_over_or_locked_is_left_out_whole(left_out: LeftOut) -> None:
    assert (
        left_out(CLASS_VIDEOS, VideoAssetFactory(course_class__running=True).course_class) == "class_not_over"
    )
    assert (
        left_out(CLASS_VIDEOS, VideoAssetFactory(course_class__locked=True).course_class)
        == "recording_locked"
    )


def test_a_group_without_group_id_is_left_out(left_out: LeftOut) -> None:
    assert left_out(GROUP, VodTemplateGroupFactory(group_id="")) == "no_provider_id"
    assert left_out(GROUP, VodTemplateGroupFactory()) == ""


def test_a_package_is_left_out_when_one_video_in_it_may_not_go(left_out: LeftOut) -> None:
    assert left_out(MEETINGS, SignPackageFactory()) == "already_gone"
    assert left_out(MEETINGS, MeetingVideoFactory().package) == ""
    assert left_out(MEETINGS, MeetingVideoFactory(retained=True).package) == "retained"
    assert left_out(MEETINGS, MeetingVideoFactory(recording=True).package) == "still_recording"


def _hold(kind: str, target_id: int, user: User) -> None:
    Hold.objects.create(
        target_kind=kind, target_id=target_id, target_label="x", reason="Appeal", placed_by=user
    )


def test_a_hold_on_a_course_covers_its_lessons_and_their_videos(left_out: LeftOut, person: User) -> None:
    video, other = VideoAssetFactory(), VideoAssetFactory()
    _hold("courses.course", video.course_class.course_id, person)
    assert left_out(CLASS_VIDEO, video) == "held"
    assert left_out(CLASS_VIDEOS, video.course_class) == "held"
    assert left_out(CLASS_VIDEO, other) == ""


@pytest.mark.parametrize(
    ("key", "factory", "container"),
    [
        (CLASS_VIDEOS, VideoAssetFactory, "course_class"),
        (GROUP, TranscodedOutputFactory, "template_group"),
        (MEETINGS, MeetingVideoFactory, "package"),
    ],
)
def test_one_held_video_keeps_its_whole_container(
    left_out: LeftOut, person: User, key: str, factory: Any, container: str
) -> None:
    video = factory()
    _hold("media_assets.videoasset", video.pk, person)
    assert left_out(key, getattr(video, container)) == "held"


def test_a_hold_on_a_container_covers_what_is_in_it(left_out: LeftOut, person: User) -> None:
    output, meeting = TranscodedOutputFactory(), MeetingVideoFactory()
    _hold("media_assets.vodasset", output.template_group.asset_id, person)
    _hold("media_assets.signpackage", meeting.package_id, person)
    assert left_out(OUTPUT, output) == "held"
    assert left_out(GROUP, output.template_group) == "held"
    assert left_out(MEETING, meeting) == "held"


def test_a_plan_freezes_ids_names_and_sizes(person: User, connected: None) -> None:
    clip, output, meeting = VideoAssetFactory(title=""), TranscodedOutputFactory(), MeetingVideoFactory()
    item = frozen(CLASS_VIDEO, clip, person)
    assert item.identity == {"classId": clip.course_class.provider_id, "fileId": clip.provider_id}
    assert (item.label, item.group_label, item.size_bytes) == (
        clip.provider_id,
        clip.course_class.course.name,
        412_000_000,
    )
    group = output.template_group
    assert frozen(OUTPUT, output, person).identity == {
        "asset_id": group.asset.provider_id,
        "group_id": group.group_id,
        "url": output.product_url,
    }
    assert frozen(MEETING, meeting, person).identity == {
        "packageId": meeting.package.provider_id,
        "meetingVideoId": meeting.provider_id,
    }


def test_a_container_is_frozen_with_what_is_still_in_it(person: User, connected: None) -> None:
    output = TranscodedOutputFactory(size_bytes=5)
    group = output.template_group
    TranscodedOutputFactory(template_group=group, size_bytes=7)
    TranscodedOutputFactory(template_group=group, size_bytes=11, gone=True)
    item = frozen(GROUP, group, person)
    assert item.identity == {"asset_id": group.asset.provider_id, "group_id": group.group_id, "outputs": 2}
    assert item.size_bytes == 12
    lesson = VideoAssetFactory(size_bytes=3).course_class
    assert frozen(CLASS_VIDEOS, lesson, person).size_bytes == 3
