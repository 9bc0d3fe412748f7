"""What deserves a look before it goes, frozen with the plan; and what a plan says of requests and totals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from audit.actors import Actor
from operations import engine
from operations.explain import look_codes
from operations.models import Hold, Item, Run
from operations.plan_facts import look_items, out_items, plan_facts, requests_of
from operations.registry import registry
from tests.factories.media_assets import (
    LessonFactory,
    MeetingVideoFactory,
    TranscodedOutputFactory,
    VideoAssetFactory,
    VodAssetFactory,
    VodTemplateGroupFactory,
)
from tests.factories.operations import AccountFactory, plan
from tests.media_assets.conftest import frozen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

CLASS_VIDEO = "media_assets.class_video.delete"
CLASS_VIDEOS = "media_assets.class_videos.delete_all"
OUTPUT = "media_assets.transcoded_output.delete"
GROUP = "media_assets.transcode_group.delete"
MEETING = "media_assets.meeting_video.delete"
MEETINGS = "media_assets.meeting_videos.delete_all"
VIDEO_KINDS = (CLASS_VIDEO, OUTPUT, MEETING)


def looks(key: str, row: Any, person: User) -> list[str]:
    return look_codes(frozen(key, row, person).look_at)


def planned(rows: Any, person: User, *keys: str) -> Run:
    operations = [registry[key] for key in keys or VIDEO_KINDS]
    return engine.freeze(operations, rows, actor=Actor.person(person, via="test"), user=person)


def videos() -> Any:
    return registry[CLASS_VIDEO].target._default_manager.all()


@pytest.mark.parametrize(
    ("key", "factory"),
    [(CLASS_VIDEO, VideoAssetFactory), (OUTPUT, TranscodedOutputFactory), (MEETING, MeetingVideoFactory)],
)
@pytest.mark.parametrize(("days", "recent"), [(13, True), (15, False)])
def test_what_was_recorded_in_the_last_fortnight_is_recent(
    key: str, factory: Any, days: int, recent: bool, person: User
) -> None:
    video = factory(recorded_at=timezone.now() - timedelta(days=days))
    assert ("recent" in looks(key, video, person)) is recent


def test_nobody_knows_when_it_was_recorded_so_it_is_not_called_recent(person: User) -> None:
    assert "recent" not in looks(MEETING, MeetingVideoFactory(recorded_at=None), person)


def test_an_output_whose_source_is_deleted_cannot_be_made_again(person: User) -> None:
    for present, expected in ((False, True), (True, False), (None, False)):
        output = TranscodedOutputFactory(template_group__asset__source_present=present)
        assert ("source_gone" in looks(OUTPUT, output, person)) is expected
        assert ("source_gone" in looks(GROUP, output.template_group, person)) is expected


def test_a_meeting_video_under_retention_is_shown_and_goes_once_somebody_ticks_it(person: User) -> None:
    video = MeetingVideoFactory(retained=True)
    run = planned(videos(), person)
    item = Item.objects.get(run=run, target_id=video.pk)
    assert (look_codes(item.look_at), item.left_out) == (["retained"], "unticked")
    actor = Actor.person(person, via="test")
    assert engine.tick_reason(run, "retained", ticked=True, actor=actor, user=person) == 1
    item.refresh_from_db()
    assert item.left_out == ""


def test_a_held_video_under_retention_is_left_out_as_held(person: User) -> None:
    video = MeetingVideoFactory(retained=True)
    Hold.objects.create(
        target_kind="media_assets.videoasset",
        target_id=video.pk,
        target_label="x",
        reason="Appeal",
        placed_by=person,
    )
    assert frozen(MEETING, video, person).left_out == "held"


def test_a_lesson_is_whole_when_every_clip_that_is_there_goes(person: User) -> None:
    whole, part = LessonFactory(), LessonFactory()
    first, second = VideoAssetFactory(course_class=whole), VideoAssetFactory(course_class=whole)
    VideoAssetFactory(course_class=whole, gone=True)
    mine, _stays = VideoAssetFactory(course_class=part), VideoAssetFactory(course_class=part)
    run = planned(videos().filter(pk__in=[first.pk, second.pk, mine.pk]), person)
    marked = set(
        Item.objects.filter(run=run, look_at__contains="|whole_lesson|").values_list("target_id", flat=True)
    )
    assert marked == {first.pk, second.pk}


def test_a_lesson_of_which_a_held_clip_stays_is_not_whole(person: User) -> None:
    lesson = LessonFactory()
    held, goes = VideoAssetFactory(course_class=lesson), VideoAssetFactory(course_class=lesson)
    Hold.objects.create(
        target_kind="media_assets.videoasset",
        target_id=held.pk,
        target_label="x",
        reason="Appeal",
        placed_by=person,
    )
    run = planned(videos(), person)
    assert Item.objects.get(run=run, target_id=goes.pk).look_at == ""


def test_sweeping_deletions_always_deserve_a_look_and_say_how_many_they_take(person: User) -> None:
    lesson = VideoAssetFactory().course_class
    VideoAssetFactory(course_class=lesson)
    VideoAssetFactory(course_class=lesson, gone=True)
    package = MeetingVideoFactory().package
    group = TranscodedOutputFactory().template_group
    for key, row, code, parts in (
        (CLASS_VIDEOS, lesson, "whole_lesson", 2),
        (MEETINGS, package, "whole_package", 1),
        (GROUP, group, "whole_group", 1),
    ):
        item = frozen(key, row, person)
        assert code in look_codes(item.look_at)
        assert item.parts == parts


def test_an_item_may_have_several_reasons(person: User) -> None:
    video = VideoAssetFactory(recorded_at=timezone.now())
    assert looks(CLASS_VIDEO, video, person) == ["whole_lesson", "recent"]


def test_the_marks_stay_as_they_were_frozen(person: User) -> None:
    video = VideoAssetFactory(recorded_at=timezone.now())
    item = frozen(CLASS_VIDEO, video, person)
    type(video)._default_manager.update(recorded_at=timezone.now() - timedelta(days=400))
    item.refresh_from_db()
    assert "recent" in look_codes(item.look_at)
    assert item.happened_at == video.recorded_at


def test_unticking_a_reason_takes_all_of_it_out_and_a_second_reason_changes_nothing_twice(
    person: User,
) -> None:
    now = timezone.now()
    VideoAssetFactory(recorded_at=now)
    output = TranscodedOutputFactory(template_group__asset__source_present=False)
    run = planned(videos(), person)
    actor = Actor.person(person, via="test")
    token = run.token
    assert engine.tick_reason(run, "recent", ticked=False, actor=actor, user=person) == 1
    run.refresh_from_db()
    assert run.token != token
    assert engine.tick_reason(run, "whole_lesson", ticked=False, actor=actor, user=person) == 0
    assert list(Item.objects.filter(run=run, left_out="").values_list("target_id", flat=True)) == [output.pk]


def test_totals_are_by_kind_by_account_and_of_all(person: User) -> None:
    VideoAssetFactory(size_bytes=100, recorded_at=timezone.now() - timedelta(days=90))
    VideoAssetFactory(size_bytes=None)
    MeetingVideoFactory(size_bytes=7)
    VideoAssetFactory(gone=True)
    facts = plan_facts(planned(videos(), person))
    assert (facts.going.count, facts.going.size, facts.going.unsized, facts.out) == (3, 107, 1, 1)
    assert [(line.count, line.size) for line in facts.kinds] == [(2, 100), (1, 7)]
    assert [(one.going.count, one.going.size) for one in facts.requests] == [(2, 100), (1, 7)]
    assert facts.going.oldest is not None
    assert facts.going.newest is not None
    assert (facts.going.newest - facts.going.oldest).days == 60
    assert facts.containers == ["2 lessons", "1 package"]
    assert facts.groups == "1 course"


@pytest.mark.parametrize("sizes", [[1], [100], [101], [250, 3, 99], [1, 1, 1, 200]])
def test_the_number_of_requests_is_what_packing_makes_of_it(sizes: list[int], person: User) -> None:
    for size in sizes:
        asset = VodAssetFactory()
        groups = [VodTemplateGroupFactory(asset=asset) for _number in range(2)]
        for number in range(size):
            TranscodedOutputFactory(template_group=groups[number % 2])
    TranscodedOutputFactory(gone=True)
    run = planned(videos(), person)
    going = list(Item.objects.filter(run=run, left_out="").order_by("pk"))
    made = registry[OUTPUT].pack(going)
    account = AccountFactory(provider="huawei_vod")
    assert requests_of(run, OUTPUT, account.pk) == len(made)
    assert plan_facts(run).requests[0].count == len(made)


def test_outputs_of_one_asset_lie_side_by_side_so_that_a_claim_packs_whole_requests(person: User) -> None:
    groups = [VodTemplateGroupFactory() for _number in range(3)]
    for number in range(12):
        TranscodedOutputFactory(template_group=groups[number % 3])
    run = planned(videos(), person)
    keys = list(Item.objects.filter(run=run).order_by("pk").values_list("container_key", flat=True))
    assert keys == sorted(keys)


def test_what_stays_and_what_deserves_a_look_can_be_read_page_by_page(person: User) -> None:
    lesson = LessonFactory()
    for _number in range(60):
        VideoAssetFactory(course_class=lesson, gone=True)
        VideoAssetFactory(course_class=lesson)
    run = plan(CLASS_VIDEO, videos(), person)
    for pages, code in ((out_items, "already_gone"), (look_items, "whole_lesson")):
        first, after = pages(run, code, 0)
        assert after is not None
        second, end = pages(run, code, after)
        assert (len(first), len(second), end) == (50, 10, None)
        assert not {item.pk for item in first} & {item.pk for item in second}
