"""Working messages off: in order of arrival, in any order, whatever fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from courses.models import Course, CourseClass
from intake.models import Inbox, PushMessage
from intake.receiving import registry, work
from intake.receiving.chores import drop_old, forget_unproven, record_turned_away, wake_for_messages
from media_assets.models import VideoAsset
from tests.intake.receiving.conftest import clip, course, lesson, signed

pytestmark = pytest.mark.django_db


def states() -> list[tuple[str, str]]:
    return list(PushMessage.objects.order_by("pk").values_list("state", "reason"))


def make_due() -> None:
    PushMessage.objects.exclude(due_at=None).update(due_at=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A kind of message whose handler does what the test says."""
    does: dict[str, Any] = {"raise": ZeroDivisionError("oh")}

    def handler(push: Any) -> list[Any]:
        if does["raise"]:
            raise does["raise"]
        return []

    monkeypatch.setitem(registry._handlers, "Broken", handler)
    return does


def test_messages_go_in_order_of_arrival_and_say_what_they_changed(take: Any):
    take(course(), lesson(), clip())
    assert states() == [("applied", "")] * 3
    changed = PushMessage.objects.get(cmd="Record").changed
    video = VideoAsset.objects.get()
    assert changed == [
        {"kind": "media_assets.videoasset", "id": video.pk, "provider_id": "5285890784", "how": "created"}
    ]
    assert Inbox.objects.get().fence is None


def test_a_video_waits_for_its_lesson_and_goes_on_when_that_becomes_known(take: Any):
    take(clip())
    assert states() == [("waiting", "lesson_unknown")]
    take(lesson())
    assert states() == [("applied", "")] * 2
    assert VideoAsset.objects.get().course_class == CourseClass.objects.get()


def test_what_waited_in_vain_has_failed_with_its_reason(take: Any, school: Any):
    take(clip())
    PushMessage.objects.update(wait_until=timezone.now() - timedelta(seconds=1))
    make_due()
    work.work_off(school.pk)
    assert states() == [("failed", "lesson_unknown")]
    take(lesson())
    assert states() == [("applied", "")] * 2


def test_pauses_grow_to_an_hour_and_end_with_the_wait(take: Any, school: Any):
    take(clip())
    pauses = []
    for _ in range(7):
        before = timezone.now()
        make_due()
        work.work_off(school.pk)
        pauses.append(round((PushMessage.objects.get().due_at - before).total_seconds()))
    assert pauses == [40, 160, 640, 2560, 3600, 3600, 3600]


def test_an_unknown_kind_is_kept(take: Any):
    take(signed({"Cmd": "SomethingNew", "x": 1}), signed({"Cmd": 7}), signed({"Cmd": {"odd": 1}}), signed({}))
    assert states() == [("kept", "")] * 4


def test_the_test_of_the_address_changes_nothing(take: Any):
    take(signed({"Cmd": "Test", "Msg": "hello"}))
    assert states() == [("applied", "")]


def test_a_broken_handler_stops_nobody_and_is_tried_again(
    take: Any, school: Any, broken: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    take(signed({"Cmd": "Broken"}), course())
    assert states() == [("waiting", "fault"), ("applied", "")]
    assert "could not be worked off" in caplog.text
    broken["raise"] = None
    make_due()
    work.work_off(school.pk)
    assert states() == [("applied", "")] * 2


def test_a_handler_that_stays_broken_ends_in_the_list_of_failed_ones(take: Any, school: Any, broken: Any):
    take(signed({"Cmd": "Broken"}))
    for _ in range(work.FAULTS):
        make_due()
        work.work_off(school.pk)
    message = PushMessage.objects.get()
    assert (message.state, message.reason, message.reason_detail) == ("failed", "fault", "ZeroDivisionError")


def test_a_database_fault_in_one_message_rolls_that_one_back_alone(take: Any, broken: dict[str, Any]):
    broken["raise"] = OperationalError("deadlock detected")
    take(signed({"Cmd": "Broken"}), course())
    assert states() == [("waiting", "fault"), ("applied", "")]


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ({"ClassID": None}, "ClassID"),
        ({"FileId": ""}, "FileId"),
        ({"VST": "yesterday"}, "VST"),
        ({"VST": 1_686_729_430_000_000}, "VST"),
        ({"VET": [1]}, "VET"),
    ],
)
def test_a_message_that_makes_no_sense_fails_at_once_and_names_the_part(take: Any, wrong: Any, part: str):
    take(lesson(), clip(**wrong))
    message = PushMessage.objects.get(cmd="Record")
    assert (message.state, message.reason, message.reason_detail) == ("failed", "unusable", part)
    assert not VideoAsset.objects.exists()


def test_two_workers_do_not_work_at_one_account(push: Any, school: Any):
    push(course())
    Inbox.objects.create(
        account=school,
        fence="6b1f8a3e-5d0c-4c39-9a3e-0d9a4d1f7c11",
        lease_until=timezone.now() + timedelta(minutes=1),
    )
    assert work.work_off(school.pk) is False
    assert states() == [("waiting", "")]
    Inbox.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    work.work_off(school.pk)
    assert states() == [("applied", "")]


def test_a_worker_that_lost_its_place_writes_nothing(push: Any, school: Any):
    from uuid import uuid4

    push(course())
    Inbox.objects.create(account=school, fence=uuid4(), lease_until=timezone.now() + timedelta(minutes=1))
    assert work._batch(school.pk, uuid4()) is False
    assert not Course.objects.exists()


def test_the_account_remembers_when_it_was_last_pushed_to_with_one_write_a_batch(
    push: Any, school: Any, django_assert_max_num_queries: Any
):
    for number in range(10):
        push(signed({"Cmd": "Kept", "n": number}))
    work.work_off(school.pk)
    school.refresh_from_db()
    newest = PushMessage.objects.order_by("-pk").values_list("received_at", flat=True).first()
    assert school.pushed_at == newest


def test_the_same_message_worked_off_again_changes_nothing(take: Any, school: Any):
    take(course(), lesson(), clip())
    before = [list(model.objects.values()) for model in (Course, CourseClass, VideoAsset)]
    PushMessage.objects.update(state="waiting", due_at=timezone.now() - timedelta(seconds=1))
    while work.work_off(school.pk):
        pass
    assert [list(model.objects.values()) for model in (Course, CourseClass, VideoAsset)] == before
    assert {
        row["how"] for changed in PushMessage.objects.values_list("changed", flat=True) for row in changed
    } == {"unchanged"}


def test_the_sweeper_wakes_a_worker_for_what_is_due(push: Any, school: Any, monkeypatch: pytest.MonkeyPatch):
    from intake.receiving import chores

    woken: list[int] = []
    monkeypatch.setattr(chores, "send", woken.append)
    wake_for_messages()
    assert woken == []
    push(course())
    wake_for_messages()
    assert woken == [school.pk]


def test_an_hour_of_wrong_keys_leaves_one_record(push: Any):
    from audit.models import Record
    from intake.models import TurnedAway

    for _ in range(5):
        push({**clip(), "SafeKey": "0" * 32})
    record_turned_away()
    assert not Record.objects.filter(action="intake.push.turned_away").exists()
    TurnedAway.objects.update(
        hour=timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    )
    record_turned_away()
    record_turned_away()
    assert Record.objects.get(action="intake.push.turned_away").details["count"] == 5


def test_unproven_messages_are_forgotten_after_a_month_with_a_record(push: Any):
    from audit.models import Record

    push(b"nonsense")
    push({name: value for name, value in clip().items() if name != "SafeKey"})
    push(clip("2"))
    forget_unproven()
    assert PushMessage.objects.count() == 3
    PushMessage.objects.update(received_at=timezone.now() - timedelta(days=31))
    forget_unproven()
    assert PushMessage.objects.get().file_id == "2"
    assert Record.objects.get(action="intake.push.forgotten").details["count"] == 2


def test_what_needs_nothing_any_more_is_removed_after_its_time_with_a_record(
    take: Any, push: Any, settings: Any
):
    from audit.models import Record

    take(course(), signed({"Cmd": "ChatContent"}), clip("1"))
    push(b"nonsense")
    PushMessage.objects.update(received_at=timezone.now() - timedelta(days=181))
    take(course(24_071_594))
    settings.PUSHES = {**settings.PUSHES, "keep_days": 0}
    drop_old()
    assert PushMessage.objects.count() == 5
    settings.PUSHES = {**settings.PUSHES, "keep_days": 180}
    drop_old()
    left = PushMessage.objects.order_by("pk").values_list("state", "course_id")
    assert [*left] == [("waiting", "24071593"), ("failed", ""), ("applied", "24071594")]
    removed = Record.objects.filter(action="intake.push.dropped")
    assert [one.details for one in removed] == [{"count": 1, "days": 180}] * 2
    assert Course.objects.count() == 2


def test_what_waits_in_vain_does_not_keep_newer_messages_waiting(
    take: Any, push: Any, school: Any, monkeypatch: pytest.MonkeyPatch
):
    """Tries again come behind what arrived before they were due, or many of them would be tried for ever and nothing else."""
    take(clip("1"), clip("2"))
    push(course())
    make_due()
    soon = timezone.now()
    PushMessage.objects.filter(cmd="Record").update(due_at=soon)
    PushMessage.objects.filter(cmd="eeoCourseInfoChange").update(due_at=soon - timedelta(seconds=5))
    monkeypatch.setattr(work, "BATCH", 1)
    monkeypatch.setitem(work.SECONDS, "sqlite", 0.0)
    from uuid import uuid4

    fence = uuid4()
    Inbox.objects.update(fence=fence, lease_until=timezone.now() + timedelta(minutes=1))
    assert work._batch(school.pk, fence)
    assert Course.objects.count() == 1
