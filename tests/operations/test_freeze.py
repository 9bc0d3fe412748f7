"""Freezing: the plan holds exactly what was selected at that moment, and says why something in it will not go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Record
from media_assets.models import VideoAsset
from operations import engine
from operations.models import Hold, Item, Run
from operations.registry import registry
from operations.states import ItemState, RunState
from tests.factories.media_assets import (
    LessonFactory,
    MeetingVideoFactory,
    TranscodedOutputFactory,
    VideoAssetFactory,
)
from tests.factories.operations import AccountFactory, confirmed, plan

pytestmark = pytest.mark.django_db

DELETE = "media_assets.class_video.delete"
OUTPUT = "media_assets.transcoded_output.delete"
MEETING = "media_assets.meeting_video.delete"
THREE_KINDS = (DELETE, OUTPUT, MEETING)


def planned(run: Run) -> set[int]:
    return set(Item.objects.filter(run=run).values_list("target_id", flat=True))


def left_out(run: Run) -> dict[int, str]:
    return dict(Item.objects.filter(run=run).exclude(left_out="").values_list("target_id", "left_out"))


def why(video: VideoAsset, user: Any, key: str = DELETE) -> str:
    run = plan(key, VideoAsset.objects.filter(pk=video.pk), user)
    return Item.objects.get(run=run).left_out


def hold(row: Any, user: Any, **more: Any) -> Hold:
    return Hold.objects.create(
        target_kind=row._meta.label_lower,
        target_id=row.pk,
        target_label=str(row),
        reason="Appeal",
        placed_by=user,
        **more,
    )


# What is in it


def test_the_plan_is_the_selection_of_that_moment(clips, deleter, sandbox):
    selection = VideoAsset.objects.filter(title__in=["Clip 1", "Clip 2", "Clip 3"])
    run = plan(DELETE, selection, deleter)
    assert planned(run) == {clips[1].pk, clips[2].pk, clips[3].pk}
    assert run.state == RunState.DRAFT
    assert set(Item.objects.values_list("state", flat=True)) == {ItemState.PLANNED}
    assert not sandbox.calls()


def test_what_joins_or_leaves_the_selection_later_does_not_change_the_plan(clips, deleter, work_off, sandbox):
    selection = VideoAsset.objects.filter(title__startswith="Clip", size_bytes=1000)
    run = plan(DELETE, selection, deleter)
    frozen_ids = planned(run)
    newcomer = VideoAssetFactory(title="Clip 9", size_bytes=1000, course_class=clips[0].course_class)
    VideoAsset.objects.filter(pk=clips[0].pk).update(size_bytes=5, title="Something else")
    assert selection.count() == 5
    work_off(confirmed(run, deleter))
    assert planned(run) == frozen_ids == {clip.pk for clip in clips}
    sent = {call["params"]["fileId"] for call in sandbox.calls("classin")}
    assert sent == {clip.provider_id for clip in clips}
    newcomer.refresh_from_db()
    assert newcomer.presence == "present"


def test_names_and_ids_are_copied(clips, deleter, work_off, sandbox):
    run = plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter)
    VideoAsset.objects.filter(pk=clips[0].pk).update(title="Renamed", provider_id="999", size_bytes=1)
    item = Item.objects.get(run=run)
    assert (item.label, item.group_label, item.size_bytes) == ("Clip 0", "Physics", 1000)
    assert item.identity == {"classId": "901", "fileId": "700"}
    work_off(confirmed(run, deleter))
    assert [call["params"]["fileId"] for call in sandbox.calls("classin")] == ["700"]


def test_rows_of_other_kinds_are_not_in_it(clips, deleter):
    MeetingVideoFactory()
    assert planned(plan(DELETE, VideoAsset.objects.all(), deleter)) == {clip.pk for clip in clips}


def test_three_kinds_go_into_one_plan_each_with_its_operation(clips, deleter, actor):
    output, meeting = TranscodedOutputFactory(), MeetingVideoFactory()
    run = engine.freeze(
        [registry[key] for key in THREE_KINDS], VideoAsset.objects.all(), actor=actor, user=deleter
    )
    by_operation = dict(Item.objects.filter(run=run).values_list("target_id", "operation"))
    assert by_operation == {clip.pk: DELETE for clip in clips} | {output.pk: OUTPUT, meeting.pk: MEETING}
    accounts = set(Item.objects.filter(run=run).values_list("operation", "account__provider"))
    assert accounts == {(DELETE, "classin"), (OUTPUT, "huawei_vod"), (MEETING, "syngrafii")}
    assert Item.objects.get(target_id=meeting.pk).identity == {
        "packageId": meeting.package.provider_id,
        "meetingVideoId": meeting.provider_id,
    }


def test_a_selection_that_holds_nothing_for_it_makes_no_plan(deleter, actor, sandbox):
    MeetingVideoFactory()
    with pytest.raises(engine.Refused) as refused:
        engine.freeze([registry[DELETE]], VideoAsset.objects.all(), actor=actor, user=deleter)
    assert refused.value.code == "nothing_selected"
    assert not Run.objects.exists()
    assert not Record.objects.exists()


def test_the_plan_is_recorded_with_its_filter(clips, deleter, actor):
    run = engine.freeze(
        [registry[DELETE]],
        VideoAsset.objects.all(),
        actor=actor,
        user=deleter,
        filter_words="Kind: Class video",
    )
    record = Record.objects.get(action=f"{DELETE}.planned")
    assert record.run_id == run.pk
    assert record.details == {"count": 5, "operations": [DELETE], "filter": "Kind: Class video"}


def test_an_ordered_or_sliced_looking_selection_is_frozen_whole(clips, deleter):
    selection = VideoAsset.objects.order_by("-title").select_related("course_class__course")
    assert len(planned(plan(DELETE, selection, deleter))) == 5


def test_the_number_of_statements_does_not_grow_with_the_rows(clips, deleter, actor):
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            engine.freeze([registry[DELETE]], VideoAsset.objects.all(), actor=actor, user=deleter)
        inserts = [query["sql"] for query in queries if 'INSERT INTO "operations_item"' in query["sql"]]
        assert len(inserts) == 1
        assert "SELECT" in inserts[0]
        return len(queries)

    statements()  # the first one also asks for the person's rights
    few = statements()
    lesson = clips[0].course_class
    VideoAsset.objects.bulk_create(
        VideoAsset(
            account=lesson.account,
            provider_id=f"many-{number}",
            kind=VideoAsset.Kind.CLASS_VIDEO,
            title=f"Part {number}",
            course_class=lesson,
        )
        for number in range(1_500)
    )
    assert statements() == few
    assert Item.objects.filter(run=Run.objects.latest("pk")).count() == 1_505


# What is left out


@pytest.mark.parametrize("path", ["video", "lesson", "course"])
def test_a_hold_leaves_it_out(path, clips, deleter):
    row = {"video": clips[0], "lesson": clips[0].course_class, "course": clips[0].course_class.course}[path]
    hold(row, deleter)
    expected = {clip.pk: "held" for clip in (clips[:1] if path == "video" else clips)}
    assert left_out(plan(DELETE, VideoAsset.objects.all(), deleter)) == expected


def test_a_hold_that_is_over_or_released_or_on_another_row_does_not(clips, deleter):
    now = timezone.now()
    hold(clips[0], deleter, until=now - timedelta(seconds=1))
    hold(clips[0], deleter, released_at=now, released_by=deleter)
    hold(VideoAssetFactory(), deleter)
    assert why(clips[0], deleter) == ""


def test_of_several_holds_one_is_enough(clips, deleter):
    first, second = hold(clips[0], deleter), hold(clips[0].course_class, deleter)
    for released, expected in ((first, "held"), (second, "")):
        Hold.objects.filter(pk=released.pk).update(released_at=timezone.now())
        assert why(clips[0], deleter) == expected


@pytest.mark.parametrize("presence", ["deleted", "missing"])
def test_what_is_gone_is_left_out(presence, clips, deleter):
    VideoAsset.objects.filter(pk=clips[0].pk).update(presence=presence)
    assert why(clips[0], deleter) == "already_gone"


def test_a_video_of_a_lesson_that_is_not_over_is_left_out(clips, deleter):
    assert why(VideoAssetFactory(course_class=LessonFactory(running=True)), deleter) == "class_not_over"


def test_what_the_person_may_not_do_is_left_out(clips, deleter, actor):
    output = TranscodedOutputFactory()
    right = deleter.user_permissions.get(codename="delete_transcoded_output")
    deleter.user_permissions.remove(right)
    person = type(deleter).objects.get(pk=deleter.pk)
    run = engine.freeze(
        [registry[DELETE], registry[OUTPUT]], VideoAsset.objects.all(), actor=actor, user=person
    )
    assert left_out(run) == {output.pk: "no_permission"}


def test_what_is_in_another_open_run_is_left_out_until_that_is_over(clips, deleter, work_off):
    first = confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter), deleter)
    second = plan(DELETE, VideoAsset.objects.all(), deleter)
    assert left_out(second) == {clips[0].pk: "in_open_run"}
    work_off(first)
    assert left_out(plan(DELETE, VideoAsset.objects.all(), deleter)) == {clips[0].pk: "already_gone"}


def test_another_plan_that_nobody_confirmed_does_not_count(clips, deleter):
    plan(DELETE, VideoAsset.objects.all(), deleter)
    assert left_out(plan(DELETE, VideoAsset.objects.all(), deleter)) == {}


def test_videos_of_an_account_that_is_not_connected_are_left_out(clips, deleter, settings):
    elsewhere = VideoAssetFactory(account=AccountFactory(name="east"))
    assert "east" not in settings.PROVIDER_ACCOUNTS["classin"]
    run = plan(DELETE, VideoAsset.objects.all(), deleter)
    assert left_out(run) == {elsewhere.pk: "not_connected"}


def test_a_hold_is_named_before_any_other_reason(clips, deleter):
    video = VideoAssetFactory(gone=True, course_class=LessonFactory(running=True))
    assert why(video, deleter) == "already_gone"
    hold(video, deleter)
    assert why(video, deleter) == "held"


def test_what_is_left_out_is_never_sent(clips, deleter, work_off, sandbox):
    hold(clips[0], deleter)
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    work_off(run)
    item = Item.objects.get(run=run, target_id=clips[0].pk)
    assert (item.state, item.outcome, item.left_out) == (ItemState.SETTLED, "skipped", "held")
    assert clips[0].provider_id not in {call["params"]["fileId"] for call in sandbox.calls("classin")}
    assert len(sandbox.effects("classin")) == 4
