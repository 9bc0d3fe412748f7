"""The page of a plan and its run, as a browser talks to it: what is asked, what is refused, what is shown."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

from audit.models import Record
from media_assets.models import VideoAsset
from operations.engine.confirm import confirmation_words
from operations.models import Item, Run
from operations.states import ItemState, Outcome, RunState
from tests.factories.operations import confirmed, plan

DELETE = "media_assets.class_video.delete"

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, deleter):
    client.force_login(deleter, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def draft(clips, deleter) -> Run:
    return plan(DELETE, VideoAsset.objects.all(), deleter)


def post(browser, run, **data):
    return browser.post(run.get_absolute_url(), {"do": "confirm", "token": str(run.token), **data})


def test_a_plan_shows_what_will_go_and_how_to_confirm(browser, draft):
    page = browser.get(draft.get_absolute_url()).content.decode()
    assert "Clip 0" in page
    assert "DELETE 5" in page


def test_the_list_of_a_plan_costs_the_same_queries_whatever_its_length(
    browser, draft, django_assert_max_num_queries
):
    with django_assert_max_num_queries(23):
        browser.get(draft.get_absolute_url())


def test_confirming_with_reason_and_typed_words_starts_the_run(browser, draft):
    answer = post(browser, draft, reason="Term is over", typed=confirmation_words(5))
    draft.refresh_from_db()
    assert answer.status_code == 302
    assert draft.state == RunState.RUNNING


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"reason": "Term is over"}, "Type DELETE 5 exactly"),
        ({"reason": "Term is over", "typed": ""}, "Type DELETE 5 exactly"),
        ({"reason": "Term is over", "typed": "DELETE 4"}, "Type DELETE 5 exactly"),
        ({"reason": " ", "typed": "DELETE 5"}, "Say why"),
        ({"reason": "x" * 301, "typed": "DELETE 5"}, "300"),
        ({"typed": "DELETE 5"}, "Say why"),
    ],
)
def test_an_incomplete_confirmation_is_answered_beside_its_field_and_changes_nothing(
    browser, draft, data, words
):
    answer = post(browser, draft, **data)
    draft.refresh_from_db()
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert draft.state == RunState.DRAFT
    assert not Item.objects.filter(run=draft).exclude(state=ItemState.PLANNED).exists()


@pytest.mark.parametrize("token", ["", "not-a-token", "00000000-0000-0000-0000-000000000000", "'; --"])
def test_a_tampered_token_changes_nothing(browser, draft, token):
    post(browser, draft, token=token, reason="Term is over", typed="DELETE 5")
    draft.refresh_from_db()
    assert draft.state == RunState.DRAFT


def test_a_doubled_click_makes_one_run(browser, draft):
    for _click in range(2):
        assert post(browser, draft, reason="Term is over", typed="DELETE 5").status_code == 302
    assert Record.objects.filter(action=f"{DELETE}.requested").count() == 1


def test_only_the_frozen_ids_go_whatever_the_list_shows_later(browser, draft, work_off, sandbox, clips):
    VideoAsset.objects.create(
        account=clips[0].account,
        provider_id="999",
        kind=VideoAsset.Kind.CLASS_VIDEO,
        title="Newcomer",
        course_class=clips[0].course_class,
    )
    post(browser, draft, reason="Term is over", typed="DELETE 5")
    draft.refresh_from_db()
    work_off(draft)
    assert {call["params"]["fileId"] for call in sandbox.calls("classin")} == {
        clip.provider_id for clip in clips
    }


def test_unticked_items_stay(browser, draft):
    ids = list(Item.objects.filter(run=draft).values_list("pk", flat=True))
    browser.post(draft.get_absolute_url(), {"do": "keep", "shown": ids, "ticked": ids[:3]})
    assert Item.objects.filter(run=draft, left_out="unticked").count() == 2
    assert "DELETE 3" in browser.get(draft.get_absolute_url()).content.decode()


def test_an_old_page_cannot_confirm_after_the_ticks_changed(browser, draft):
    ids = list(Item.objects.filter(run=draft).values_list("pk", flat=True))
    browser.post(draft.get_absolute_url(), {"do": "keep", "shown": ids, "ticked": ids[:3]})
    post(browser, draft, reason="Term is over", typed="DELETE 5")
    draft.refresh_from_db()
    assert draft.state == RunState.DRAFT


def test_somebody_else_cannot_confirm_and_leaves_a_record(client, draft):
    other = get_user_model().objects.create_user("other", is_staff=True)
    other.user_permissions.set(Permission.objects.filter(codename__in=["view_run", "delete_class_video"]))
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    assert post(client, draft, reason="Mine now", typed="DELETE 5").status_code == 403
    assert Record.objects.filter(action=f"{DELETE}.denied", actor=other).count() == 1
    draft.refresh_from_db()
    assert draft.state == RunState.DRAFT


def test_a_person_without_the_right_sees_no_run_and_leaves_a_record(client, draft):
    stranger = get_user_model().objects.create_user("stranger", is_staff=True)
    client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(draft.get_absolute_url()).status_code == 403
    assert Record.objects.filter(action="audit.access.refused", actor=stranger).count() == 1


@pytest.mark.parametrize("do", ["", "drop", "confirm ", "__class__"])
def test_an_unknown_button_is_not_found(browser, draft, do):
    assert browser.post(draft.get_absolute_url(), {"do": do}).status_code == 404


@pytest.mark.parametrize("pk", ["0", "999999", "abc", "１２", "9" * 40])
def test_a_run_that_does_not_exist_is_not_found(browser, deleter, pk):
    assert browser.get(reverse("admin:operations_run_change", args=[pk])).status_code == 404


@pytest.mark.parametrize("query", ["show=nonsense", "after=x", "after=-1", "open=%00", "after=" + "9" * 30])
def test_garbage_in_the_address_shows_the_page(browser, draft, query):
    assert browser.get(f"{draft.get_absolute_url()}?{query}").status_code == 200


def test_discarding_sends_nothing(browser, draft, sandbox):
    browser.post(draft.get_absolute_url(), {"do": "discard"})
    draft.refresh_from_db()
    assert draft.state == RunState.CANCELLED
    assert not sandbox.calls()


def test_the_result_says_each_outcome_in_words(browser, clips, deleter, work_off, sandbox):
    sandbox.fault("classin", "code", code="633", times=1)
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    work_off(run)
    page = browser.get(run.get_absolute_url()).content.decode()
    assert "Rejected" in page
    assert "ClassIn 633" in page
    assert "Review a retry" in page


def test_progress_alone_is_served_to_the_live_page(browser, clips, deleter):
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    fragment = browser.get(reverse("admin:operations_run_progress", args=[run.pk])).content.decode()
    assert "<html" not in fragment
    assert 'max="5" value="0"' in fragment


def test_the_csv_names_every_item_and_holds_no_formula(browser, draft):
    Item.objects.filter(run=draft).update(label="=HYPERLINK(1)")
    answer = browser.get(reverse("admin:operations_run_csv", args=[draft.pk]))
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 6
    assert {row[0] for row in rows[1:]} == {"'=HYPERLINK(1)"}
    assert Record.objects.filter(action="operations.list.exported", run_id=draft.pk).count() == 1


def test_a_decision_needs_a_choice_and_a_note(browser, clips, deleter):
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    item = Item.objects.filter(run=run).first()
    Item.objects.filter(pk=item.pk).update(state=ItemState.SETTLED, outcome=Outcome.UNKNOWN)
    url = reverse("admin:operations_run_item", args=[run.pk, item.pk])
    assert browser.post(url, {"note": "Looked"}).status_code == 422
    assert browser.post(url, {"finding": "happened", "note": " "}).status_code == 422
    assert browser.post(url, {"finding": "happened", "note": "Looked"}).status_code == 302
    item.refresh_from_db()
    assert item.outcome == Outcome.DONE


def test_the_list_of_runs_costs_the_same_queries_for_one_and_for_many(
    browser, clips, deleter, django_assert_max_num_queries
):
    for _number in range(6):
        plan(DELETE, VideoAsset.objects.all(), deleter)
    with django_assert_max_num_queries(22):
        page = browser.get(reverse("admin:operations_run_changelist"))
    assert page.status_code == 200
