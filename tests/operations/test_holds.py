"""Holds from the screens: placed on one object or a selection, released, and never overtaken by a running deletion."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.denials import Denied
from audit.models import Record
from courses.models import Course, CourseClass
from media_assets.models import VideoAsset
from operations import engine
from operations.clock import database_now
from operations.engine.hold import BATCH
from operations.engine.work import work_off as work
from operations.models import Hold, Item
from operations.states import Outcome
from tests.factories.operations import confirmed, plan

DELETE = "media_assets.class_video.delete"
DELETE_ALL = "media_assets.class_videos.delete_all"
VIDEOS = "admin:media_assets_videoasset_changelist"
HOLDS = "admin:operations_hold_changelist"
VIEWS = ("view_run", "view_hold", "view_videoasset", "view_course", "view_courseclass")

pytestmark = pytest.mark.django_db


def may(user: Any, *codenames: str) -> Any:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return get_user_model().objects.get(pk=user.pk)


@pytest.fixture
def keeper(deleter: Any) -> Any:
    """Somebody who may delete, and place holds."""
    return may(deleter, "place_hold", *VIEWS)


@pytest.fixture
def browser(client: Client, keeper: Any) -> Client:
    client.force_login(keeper, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def place(keeper: Any, actor: Any) -> Any:
    def placed(*rows: Any, **more: Any) -> int:
        model = type(rows[0])
        selection = model._default_manager.filter(pk__in=[row.pk for row in rows])
        words = {"reason": "Appeal", "until": None, **more}
        return engine.place_holds(model, selection, actor=actor, user=keeper, **words)

    return placed


def tick(*rows: Any, **more: Any) -> dict[str, Any]:
    """What the list's form sends for ticked rows."""
    return {
        "action": "place_hold",
        "select_across": "0",
        "_selected_action": [row.pk for row in rows],
        **more,
    }


def left_out(user: Any) -> set[int]:
    run = plan(DELETE, VideoAsset.objects.all(), user)
    return set(Item.objects.filter(run=run, left_out="held").values_list("target_id", flat=True))


# Placing


def test_each_object_gets_a_hold_and_a_record(place, clips, keeper):
    until = timezone.now() + timedelta(days=3)
    assert place(clips[0], clips[1], reason="  Appeal ", until=until) == 2
    holds = Hold.objects.order_by("pk")
    assert [(hold.target_id, hold.target_label) for hold in holds] == [
        (clip.pk, clip.title) for clip in clips[:2]
    ]
    assert {(hold.reason, hold.until, hold.placed_by) for hold in holds} == {("Appeal", until, keeper)}
    records = Record.objects.filter(action="operations.hold.placed").order_by("pk")
    assert [(record.target_id, record.reason) for record in records] == [
        (clip.pk, "Appeal") for clip in clips[:2]
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"reason": ""}, "reason_missing"),
        ({"reason": " \n"}, "reason_missing"),
        ({"reason": "x" * 301}, "reason_long"),
        ({"until": timedelta(seconds=-1)}, "until_past"),
        ({"expected": 2}, "count_moved"),
        ({"expected": -1}, "count_moved"),
    ],
)
def test_what_is_not_right_is_refused_and_changes_nothing(place, clips, words, code):
    if "until" in words:
        words = {"until": database_now() + words["until"]}
    with pytest.raises(engine.Refused) as refused:
        place(clips[0], **words)
    assert refused.value.code == code
    assert not Hold.objects.exists()
    assert not Record.objects.exists()


def test_an_empty_selection_is_refused(keeper, actor):
    with pytest.raises(engine.Refused) as refused:
        engine.place_holds(
            VideoAsset, VideoAsset.objects.none(), reason="Appeal", until=None, actor=actor, user=keeper
        )
    assert refused.value.code == "nothing_selected"


def test_the_engine_refuses_people_without_the_right(clips, deleter, actor):
    with pytest.raises(Denied):
        engine.place_holds(
            VideoAsset, VideoAsset.objects.all(), reason="Appeal", until=None, actor=actor, user=deleter
        )
    with pytest.raises(Denied):
        engine.release(Hold.objects.all(), reason="Over", actor=actor, user=deleter)
    assert not Hold.objects.exists()


def test_the_number_of_statements_grows_with_batches_and_not_with_rows(place, clips, keeper, actor):
    lesson = clips[0].course_class
    VideoAsset.objects.bulk_create(
        VideoAsset(
            account=lesson.account,
            provider_id=f"many-{number}",
            kind="class_video",
            title=f"Part {number}",
            course_class=lesson,
        )
        for number in range(BATCH * 2)
    )

    def statements(selection: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            engine.place_holds(VideoAsset, selection, reason="Appeal", until=None, actor=actor, user=keeper)
        return len(queries)

    place(clips[0])  # the first one also asks for the person's rights
    few = statements(VideoAsset.objects.filter(pk__in=[clip.pk for clip in clips]))
    assert statements(VideoAsset.objects.all()) < few + BATCH * 2 / 20
    assert Record.objects.filter(action="operations.hold.placed").count() == Hold.objects.count()
    with CaptureQueriesContext(connection) as queries:
        engine.release(Hold.objects.all(), reason="Over", actor=actor, user=keeper)
    assert len(queries) < few + BATCH * 2 / 20
    assert Record.objects.filter(action="operations.hold.released").count() == Hold.objects.count()


# What a hold does


@pytest.mark.parametrize("model", [VideoAsset, CourseClass, Course])
def test_a_hold_is_passed_down_and_ends_with_its_release(model, place, clips, keeper, actor):
    row = {
        VideoAsset: clips[0],
        CourseClass: clips[0].course_class,
        Course: clips[0].course_class.course,
    }[model]
    place(row)
    covered = {clips[0].pk} if model is VideoAsset else {clip.pk for clip in clips}
    assert left_out(keeper) == covered
    assert engine.release(Hold.objects.all(), reason="Over", actor=actor, user=keeper) == 1
    assert left_out(keeper) == set()


def test_of_several_holds_on_one_object_each_is_released_by_itself(place, clips, keeper, actor):
    place(clips[0])
    place(clips[0], reason="Open day")
    for pk, expected in zip(Hold.objects.order_by("pk").values_list("pk", flat=True), (1, 0), strict=True):
        engine.release(Hold.objects.filter(pk=pk), reason="Over", actor=actor, user=keeper)
        assert len(left_out(keeper)) == expected


def test_a_hold_ends_by_the_clock_of_the_database(place, clips, keeper, actor):
    place(clips[0], until=database_now() + timedelta(days=1))
    assert left_out(keeper) == {clips[0].pk}
    Hold.objects.update(until=database_now() - timedelta(seconds=1))
    assert left_out(keeper) == set()
    with pytest.raises(engine.Refused):
        engine.release(Hold.objects.all(), reason="Over", actor=actor, user=keeper)


def test_a_released_hold_stays_as_a_row_and_is_not_released_twice(place, clips, keeper, actor):
    place(clips[0])
    engine.release(Hold.objects.all(), reason="Matter settled", actor=actor, user=keeper)
    hold = Hold.objects.get()
    assert hold.released_by == keeper
    assert hold.released_at is not None
    record = Record.objects.get(action="operations.hold.released")
    assert (record.target_id, record.target_label, record.reason) == (
        clips[0].pk,
        clips[0].title,
        "Matter settled",
    )
    with pytest.raises(engine.Refused):
        engine.release(Hold.objects.all(), reason="Again", actor=actor, user=keeper)
    assert Record.objects.filter(action="operations.hold.released").count() == 1


def test_a_hold_placed_from_the_list_stops_what_a_running_run_has_not_claimed(
    browser, clips, keeper, work_off, sandbox
):
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), keeper), keeper)
    answer = browser.post(
        reverse(VIDEOS), tick(clips[3], clips[4], step="confirm", count="2", reason="Appeal")
    )
    assert answer.status_code == 302
    work_off(run)
    outcomes = dict(Item.objects.filter(run=run).values_list("target_id", "outcome"))
    assert {pk for pk, outcome in outcomes.items() if outcome == Outcome.SKIPPED} == {
        clips[3].pk,
        clips[4].pk,
    }
    assert len(sandbox.effects("classin")) == 3


def test_a_hold_placed_between_two_claims_of_a_run_wins(browser, clips, keeper, sandbox, work_off):
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), keeper), keeper)
    sandbox.fault("classin", "code", code="633", times=1)
    work(run.pk, clips[0].account_id, seconds=0.0)
    gone = {call["params"]["fileId"] for call in sandbox.calls("classin")}
    browser.post(
        reverse("admin:courses_course_hold", args=[clips[0].course_class.course_id]),
        {"count": "1", "reason": "Appeal"},
    )
    before = len(sandbox.calls("classin"))
    work_off(run)
    assert len(sandbox.calls("classin")) == before
    held = Item.objects.filter(run=run, outcome=Outcome.SKIPPED)
    assert held.count() == len(clips) - len(gone)


# The pages


def test_ticked_rows_are_shown_before_anything_is_placed(browser, clips):
    page = browser.post(reverse(VIDEOS), tick(clips[0], clips[1]))
    assert page.status_code == 200
    text = page.content.decode()
    assert "Put 2 videos on hold" in text
    assert f'name="_selected_action" value="{clips[0].pk}"' in text
    assert not Hold.objects.exists()


def test_all_that_match_are_found_again_by_the_list_own_filter(browser, clips):
    address = reverse(VIDEOS) + "?q=Clip+1"
    form = {"action": "place_hold", "select_across": "1"}
    text = browser.post(address, form).content.decode()
    assert "Put 1 video on hold" in text
    done = browser.post(address, {**form, "step": "confirm", "count": "1", "reason": "Appeal"})
    assert (done.status_code, done["Location"]) == (302, address)
    assert list(Hold.objects.values_list("target_id", flat=True)) == [clips[1].pk]


def test_a_doubled_click_places_one_hold_and_a_new_form_a_further_one(browser, clips):
    page = reverse("admin:media_assets_videoasset_hold", args=[clips[0].pk])

    def token() -> str:
        return str(browser.get(page).context["form"]["token"].value())

    form = {"count": "1", "reason": "Open day", "token": token()}
    assert [browser.post(page, form).status_code for _click in range(2)] == [302, 302]
    assert Hold.objects.count() == 1
    assert Record.objects.filter(action="operations.hold.placed").count() == 1
    browser.post(page, {**form, "token": token()})
    assert Hold.objects.count() == 2


def test_a_doubled_click_on_the_bulk_button_places_each_hold_once(browser, clips):
    shown = browser.post(reverse(VIDEOS), tick(*clips[:3]))
    token = str(shown.context["form"]["token"].value())
    form = tick(*clips[:3], step="confirm", count="3", reason="Open day", token=token)
    assert [browser.post(reverse(VIDEOS), form).status_code for _click in range(2)] == [302, 302]
    assert Hold.objects.count() == 3


def test_a_selection_that_moved_is_shown_again_and_not_placed(browser, clips):
    form = {"action": "place_hold", "select_across": "1", "step": "confirm", "reason": "Appeal"}
    page = browser.post(reverse(VIDEOS), {**form, "count": "4"})
    text = page.content.decode()
    assert page.status_code == 422
    assert "they are 5 now" in text
    assert 'name="count" value="5"' in text
    assert not Hold.objects.exists()
    assert browser.post(reverse(VIDEOS), {**form, "count": "5"}).status_code == 302
    assert Hold.objects.count() == 5


@pytest.mark.parametrize("count", ["", "x", "-1", "9" * 30, "１"])
def test_a_number_that_was_not_shown_places_nothing(browser, clips, count):
    page = browser.post(reverse(VIDEOS), tick(clips[0], step="confirm", count=count, reason="Appeal"))
    assert page.status_code == 422
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": ""}, "Say why"),
        ({"reason": "x" * 301}, "301 characters"),
        ({"reason": "Appeal", "until": "2020-01-01"}, "over already"),
        ({"reason": "Appeal", "until": "soon"}, "valid date"),
    ],
)
def test_a_form_that_is_not_right_comes_back_with_its_reason(browser, clips, fields, words):
    page = browser.post(reverse(VIDEOS), tick(clips[0], step="confirm", count="1", **fields))
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not Hold.objects.exists()


def test_the_last_day_counts_whole(browser, clips):
    day = timezone.localdate() + timedelta(days=2)
    browser.post(
        reverse(VIDEOS), tick(clips[0], step="confirm", count="1", reason="Appeal", until=day.isoformat())
    )
    end = timezone.localtime(Hold.objects.get().until)
    assert (end.date(), end.hour, end.minute) == (day, 23, 59)


@pytest.mark.parametrize("kind", ["courses_course", "courses_courseclass", "media_assets_videoasset"])
def test_each_object_has_a_button_and_a_page_that_a_look_does_not_change(browser, clips, kind):
    lesson = clips[0].course_class
    pk = {"courses_course": lesson.course_id, "courses_courseclass": lesson.pk}.get(kind, clips[0].pk)
    address = reverse(f"admin:{kind}_hold", args=[pk])
    page = reverse(f"admin:{kind}_change", args=[pk])
    assert address in browser.get(page).content.decode()
    assert browser.get(address).status_code == 200
    assert not Hold.objects.exists()
    answer = browser.post(address, {"count": "1", "reason": "Appeal"})
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert Hold.objects.get().target_kind.replace(".", "_") == kind
    assert "Appeal" in browser.get(address).content.decode()


@pytest.mark.parametrize(
    ("kind", "words"),
    [("courses_course", "now 1 lesson, 5 videos"), ("courses_courseclass", "now 5 videos")],
)
def test_the_page_says_what_a_hold_covers(browser, clips, kind, words):
    lesson = clips[0].course_class
    pk = lesson.course_id if kind == "courses_course" else lesson.pk
    assert words in browser.get(reverse(f"admin:{kind}_hold", args=[pk])).content.decode()
    video = browser.get(reverse("admin:media_assets_videoasset_hold", args=[clips[0].pk]))
    assert "covers" not in video.content.decode()


def test_the_page_of_a_video_names_the_holds_on_what_it_is_part_of(browser, place, clips):
    place(clips[0].course_class.course, reason="A parent asked")
    place(clips[1], reason="Open day")
    first, second = (
        browser.get(reverse("admin:media_assets_videoasset_change", args=[clip.pk])).content.decode()
        for clip in clips[:2]
    )
    assert "A parent asked" in first
    assert "Open day" not in first
    assert "A parent asked" in second
    assert "Open day" in second


def test_a_further_hold_is_announced(browser, place, clips):
    place(clips[0])
    text = browser.post(reverse(VIDEOS), tick(clips[0], clips[1])).content.decode()
    assert "1 of these is on hold already" in text


def test_people_without_the_right_see_no_button_and_leave_a_record(client, clips, deleter, place):
    place(clips[0])
    other = may(get_user_model().objects.create_user("other", is_staff=True), *VIEWS)
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    hold = Hold.objects.get()
    video = reverse("admin:media_assets_videoasset_change", args=[clips[0].pk])
    buttons = (
        "place_hold",
        "release_holds",
        reverse("admin:media_assets_videoasset_hold", args=[clips[0].pk]),
        reverse("admin:operations_hold_release", args=[hold.pk]),
    )
    for address in (reverse(VIDEOS), video, reverse(HOLDS), hold_page(hold)):
        page = client.get(address)
        assert page.status_code == 200
        assert [button for button in buttons if button in page.content.decode()] == []
    refused = [
        client.post(reverse(VIDEOS), tick(clips[1])),
        client.get(reverse("admin:media_assets_videoasset_hold", args=[clips[1].pk])),
        client.post(
            reverse("admin:media_assets_videoasset_hold", args=[clips[1].pk]), {"count": "1", "reason": "x"}
        ),
        client.post(reverse(HOLDS), {"action": "release_holds", "_selected_action": [hold.pk]}),
        client.post(reverse("admin:operations_hold_release", args=[hold.pk]), {"count": "1", "reason": "x"}),
    ]
    assert [answer.status_code for answer in refused] == [403] * 5
    assert Record.objects.filter(action="operations.hold.denied", actor=other).count() == 5
    assert Hold.objects.filter(released_at=None).count() == 1


def hold_page(hold: Hold) -> str:
    return reverse("admin:operations_hold_change", args=[hold.pk])


def test_a_hold_is_released_from_its_page(browser, place, clips, keeper):
    place(clips[0])
    hold = Hold.objects.get()
    address = reverse("admin:operations_hold_release", args=[hold.pk])
    assert address in browser.get(hold_page(hold)).content.decode()
    assert "Release 1 hold" in browser.get(address).content.decode()
    assert browser.post(address, {"count": "1", "reason": ""}).status_code == 422
    assert browser.post(address, {"count": "1", "reason": "Settled"}).status_code == 302
    assert left_out(keeper) == set()
    text = browser.get(hold_page(hold)).content.decode()
    assert "Released" in text
    assert address not in text
    again = browser.post(address, {"count": "1", "reason": "Settled"})
    assert again.status_code == 422
    assert Record.objects.filter(action="operations.hold.released").count() == 1


def test_several_holds_are_released_from_the_list(browser, place, clips):
    place(*clips)
    form = {"action": "release_holds", "select_across": "1"}
    address = reverse(HOLDS) + "?state=in_force"
    text = browser.post(address, form).content.decode()
    assert "Release 5 holds" in text
    assert Hold.objects.in_force().count() == 5
    done = browser.post(address, {**form, "step": "confirm", "count": "5", "reason": "Settled"})
    assert done.status_code == 302
    assert not Hold.objects.in_force().exists()
    assert Hold.objects.count() == 5


def test_the_list_is_narrowed_by_state_and_person(browser, place, clips, keeper, actor):
    place(clips[0])
    place(clips[1])
    place(clips[2])
    first, second, third = Hold.objects.order_by("pk")
    engine.release(Hold.objects.filter(pk=first.pk), reason="Over", actor=actor, user=keeper)
    Hold.objects.filter(pk=second.pk).update(until=database_now() - timedelta(days=1))

    def shown(query: str) -> set[int]:
        answer = browser.get(f"{reverse(HOLDS)}?{query}")
        assert answer.status_code == 200
        return {hold.pk for hold in answer.context["cl"].result_list}

    assert shown("state=in_force") == {third.pk}
    assert shown("state=released") == {first.pk}
    assert shown("state=ended") == {second.pk}
    assert shown(f"placed_by={keeper.pk}") == {first.pk, second.pk, third.pk}


def test_rows_of_the_list_cost_no_queries(browser, place, clips):
    place(clips[0])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(reverse(HOLDS))
        return len(captured)

    queries()
    few = queries()
    place(*clips)
    assert queries() == few


@pytest.mark.parametrize("pk", ["0", "abc", "9" * 40])
def test_a_hold_that_does_not_exist_leads_back_to_the_list(browser, pk):
    for name in ("change", "release"):
        answer = browser.get(reverse(f"admin:operations_hold_{name}", args=[pk]))
        assert (answer.status_code, answer["Location"]) == (302, reverse(HOLDS))
