"""The page of a plan before anything is confirmed: what it shows, what its buttons do, and that nothing leaves the house."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from audit.actors import Actor
from audit.denials import Denied
from audit.models import Record
from backoffice.embedded import EmbeddedWorker
from media_assets.models import VideoAsset
from operations import engine
from operations.holds import reasons_in
from operations.models import FreshLook, Hold, Item, Policy, Run
from operations.plan_facts import FEW, SHORT, about, plan_facts
from operations.registry import registry
from screens.selection_words import TICKED, selection_words
from tests.factories.media_assets import MeetingVideoFactory, TranscodedOutputFactory, VideoAssetFactory
from tests.factories.operations import confirmed, plan

DELETE = "media_assets.class_video.delete"
KINDS = (DELETE, "media_assets.transcoded_output.delete", "media_assets.meeting_video.delete")

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, deleter):
    deleter.user_permissions.add(Permission.objects.get(codename="view_videoasset"))
    client.force_login(deleter, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def draft(clips, deleter) -> Run:
    return plan(DELETE, VideoAsset.objects.all(), deleter)


def page_of(browser, run, query: str = "") -> str:
    answer = browser.get(run.get_absolute_url() + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_nothing_leaves_the_house_from_the_selection_to_the_confirmation(browser, clips, sandbox):
    browser.post(
        reverse("admin:media_assets_videoasset_changelist"),
        {
            "action": "review_deletion",
            "select_across": "0",
            "_selected_action": [clip.pk for clip in clips],
        },
    )
    run = Run.objects.get()
    ids = list(Item.objects.filter(run=run).values_list("pk", flat=True))
    page_of(browser, run)
    page_of(browser, run, "?look=whole_lesson")
    browser.post(run.get_absolute_url(), {"do": "keep", "shown": ids, "ticked": ids[:3]})
    browser.post(run.get_absolute_url(), {"do": "look_out", "look": "whole_lesson"})
    browser.post(run.get_absolute_url(), {"do": "look_in", "look": "whole_lesson"})
    page_of(browser, run, "?out=unticked")
    b"".join(browser.get(reverse("admin:operations_run_csv", args=[run.pk])).streaming_content)
    browser.post(run.get_absolute_url(), {"do": "confirm", "token": "", "reason": "", "typed": ""})
    assert not sandbox.calls()
    assert not sandbox.effects()


def test_what_deserves_a_look_is_shown_by_reason_and_opened_by_its_link(browser, draft):
    page = page_of(browser, draft)
    assert "A whole lesson: no clip would be left" in page
    assert "?look=whole_lesson" in page
    assert page_of(browser, draft, "?look=whole_lesson").count('name="ticked"') == 5


def test_one_button_leaves_out_everything_with_one_reason(browser, draft):
    browser.post(draft.get_absolute_url(), {"do": "look_out", "look": "whole_lesson"})
    assert Item.objects.filter(run=draft, left_out="unticked").count() == 5
    record = Record.objects.get(action="operations.plan.changed")
    assert record.details == {"out": 5, "back": 0, "why": "whole_lesson"}
    browser.post(draft.get_absolute_url(), {"do": "look_in", "look": "whole_lesson"})
    assert not Item.objects.filter(run=draft, left_out="unticked").exists()


@pytest.mark.parametrize("code", ["", "no_such_reason", "%", "|", "whole"])
def test_a_reason_that_does_not_exist_changes_nothing(browser, draft, code):
    browser.post(draft.get_absolute_url(), {"do": "look_out", "look": code})
    assert not Item.objects.filter(run=draft).exclude(left_out="").exists()
    assert page_of(browser, draft, f"?look={code}")
    assert page_of(browser, draft, f"?out={code}")


def test_somebody_else_sees_the_reasons_and_changes_nothing(client, draft):
    other = get_user_model().objects.create_user("other", is_staff=True)
    other.user_permissions.set(Permission.objects.filter(codename__in=["view_run", "delete_class_video"]))
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    page = page_of(client, draft, "?look=whole_lesson")
    assert "A whole lesson" in page
    assert "Leave these out" not in page
    for data in ({"do": "look_out", "look": "whole_lesson"}, {"do": "fresh_look"}):
        client.post(draft.get_absolute_url(), data)
    assert not Item.objects.filter(run=draft).exclude(left_out="").exists()


def test_a_confirmed_list_cannot_be_unticked_by_reason(browser, draft, deleter):
    Policy.objects.update(second_person=True, approve_from=1)
    confirmed(draft, deleter)
    browser.post(draft.get_absolute_url(), {"do": "look_out", "look": "whole_lesson"})
    assert not Item.objects.filter(run=draft).exclude(left_out="").exists()


def test_what_stays_says_why_and_which(browser, clips, deleter):
    Hold.objects.create(
        target_kind="media_assets.videoasset",
        target_id=clips[0].pk,
        target_label="x",
        reason="Appeal",
        placed_by=deleter,
    )
    run = plan(DELETE, VideoAsset.objects.all(), deleter)
    page = page_of(browser, run)
    assert "Appeal (deleter, 1)" in page
    assert "?out=held" in page
    opened = page_of(browser, run, "?out=held")
    assert "Clip 0" in opened
    assert "Clip 1" not in opened


def test_the_page_says_how_many_requests_and_how_long(browser, clips, deleter, actor, settings):
    settings.OPERATIONS = {
        **settings.OPERATIONS,
        "pace": {"classin": (20.0, 600), "huawei_vod": (5.0, 1), "syngrafii": (5.0, 120)},
    }
    group = TranscodedOutputFactory().template_group
    TranscodedOutputFactory(template_group=group)
    TranscodedOutputFactory()
    MeetingVideoFactory()
    run = engine.freeze([registry[key] for key in KINDS], VideoAsset.objects.all(), actor=actor, user=deleter)
    page = page_of(browser, run)
    assert "8 requests take about 1 minute; the accounts are asked side by side." in page
    assert [(str(one.account), one.going.count, one.count) for one in plan_facts(run).requests] == [
        ("Huawei Cloud VOD", 3, 2),
        ("ClassIn", 5, 5),
        ("Syngrafii", 1, 1),
    ]


def test_an_opened_list_shows_a_few_rows_and_says_how_many_others_there_are(browser, clips, deleter):
    lesson = clips[0].course_class
    VideoAssetFactory.create_batch(SHORT - len(clips), course_class=lesson)
    assert "Show the other" not in page_of(browser, plan(DELETE, VideoAsset.objects.all(), deleter))
    VideoAssetFactory(course_class=lesson)
    run = plan(DELETE, VideoAsset.objects.all(), deleter)
    page = page_of(browser, run)
    assert f"Show the other {SHORT + 1 - FEW} items" in page
    assert page.count('name="shown"') == FEW
    group = quote(Item.objects.filter(run=run)[0].group_label)
    assert page_of(browser, run, f"?open={group}&all=1").count('name="shown"') == SHORT + 1


def test_what_stays_names_the_holds_own_reasons_and_more_holds_cost_no_more_questions(
    browser, clips, deleter
):
    def hold(kind: str, pk: int, reason: str) -> None:
        Hold.objects.create(
            target_kind=kind, target_id=pk, target_label="x", reason=reason, placed_by=deleter
        )

    hold("courses.courseclass", clips[0].course_class_id, "Exam appeal")
    hold("media_assets.videoasset", clips[1].pk, "Data request")
    run = plan(DELETE, VideoAsset.objects.all(), deleter)
    held = Item.objects.filter(run=run, left_out="held")
    said = [(line.reason, line.count) for line in reasons_in(held)]
    assert said == [("Exam appeal", len(clips)), ("Data request", 1)]
    with CaptureQueriesContext(connection) as few:
        reasons_in(held)
    for clip in clips[2:]:
        hold("media_assets.videoasset", clip.pk, "Another")
    with CaptureQueriesContext(connection) as many:
        assert ("Another", len(clips) - 2) in [(line.reason, line.count) for line in reasons_in(held)]
    assert len(many) == len(few)


def test_one_note_says_what_nobody_can_bring_back_with_a_line_for_each_provider(
    browser, clips, deleter, actor
):
    run = plan(DELETE, VideoAsset.objects.all(), deleter)
    assert "ClassIn has no recycle bin." in page_of(browser, run)
    MeetingVideoFactory()
    run = engine.freeze([registry[key] for key in KINDS], VideoAsset.objects.all(), actor=actor, user=deleter)
    page = page_of(browser, run)
    assert page.count("recycle bin") == 1
    assert "<li>ClassIn: 5 items</li>" in page
    assert "<li>Syngrafii: 1 item</li>" in page


def test_ticked_rows_are_said_as_such_in_the_readers_language(browser, clips):
    address = reverse("admin:media_assets_videoasset_changelist") + "?kind=class_video"
    ticked = [clip.pk for clip in clips[:2]]
    browser.post(address, {"action": "review_deletion", "select_across": "0", "_selected_action": ticked})
    run = Run.objects.latest("pk")
    assert run.filter_words == "2 ticked in: Class video"
    browser.cookies["django_language"] = "zh-hans"
    with override("zh-hans"):
        words = selection_words(str(VideoAsset.Kind.CLASS_VIDEO.label), TICKED, 2)
    assert words != run.filter_words
    assert words in page_of(browser, run)


def test_how_far_a_look_is_can_be_asked_alone_and_only_by_those_who_see_the_plan(browser, draft, client):
    address = reverse("admin:operations_run_look", args=[draft.pk])
    assert browser.get(address).status_code == 404
    look = FreshLook.objects.create(run=draft, asked_by_id=draft.maker_id, asked_name="x")
    assert "data-final" not in browser.get(address).content.decode()
    assert f'data-url="{address}"' in page_of(browser, draft)
    FreshLook.objects.filter(pk=look.pk).update(ended_at=timezone.now(), gone=2)
    part = browser.get(address).content.decode()
    assert "data-final" in part
    assert "Show the plan without the 2 that are gone" in part
    client.force_login(
        get_user_model().objects.create_user("nobody", is_staff=True),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    assert client.get(address).status_code == 403


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (61, "about 1 minute"),
        (360, "about 6 minutes"),
        (7200, "about 2 hours"),
    ],
)
def test_a_duration_is_rough(seconds, words):
    assert about(seconds) == words


def test_the_page_says_until_when_it_can_be_confirmed(browser, draft, settings):
    until = timezone.localtime(
        draft.created_at + timedelta(seconds=settings.OPERATIONS["plan_fresh_seconds"])
    )
    assert f"This plan can be confirmed until {until:%H:%M}" in page_of(browser, draft)


def test_a_stale_plan_leads_back_to_the_list_with_its_filter(browser, draft, settings):
    Run.objects.filter(pk=draft.pk).update(
        filter_query="kind=class_video&q=a%26b", created_at=timezone.now() - timedelta(hours=3)
    )
    page = page_of(browser, draft)
    assert "too old to be confirmed" in page
    assert reverse("admin:media_assets_videoasset_changelist") + "?kind=class_video&amp;q=a%26b" in page
    assert 'value="confirm"' not in page


def stale(run: Run) -> Run:
    Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(hours=3))
    return Run.objects.get(pk=run.pk)


def test_a_stale_plan_that_is_checked_again_can_be_confirmed(browser, draft, deleter, clips):
    """The same list, asked anew what must stay: the page of before cannot confirm it, the new one can."""
    old = stale(draft)
    VideoAsset.objects.filter(pk=clips[0].pk).update(presence="deleted")
    assert 'value="check_again"' in page_of(browser, draft)
    browser.post(draft.get_absolute_url(), {"do": "check_again"})
    fresh = Run.objects.get(pk=draft.pk)
    page = page_of(browser, fresh)
    assert "1 more item is left out" in page
    assert 'value="check_again"' not in page
    assert Record.objects.get(action="operations.plan.checked").details == {"count": 1}
    with pytest.raises(engine.Refused):
        confirmed(old, deleter)
    assert confirmed(fresh, deleter).items.filter(confirmed=True).count() == len(clips) - 1


def test_nobody_else_checks_a_plan_again_and_a_run_is_no_plan(draft, deleter):
    other = get_user_model().objects.create_superuser("other")
    with pytest.raises(Denied):
        engine.check_again(draft, actor=Actor.person(other, via="test"), user=other)
    deleter.user_permissions.clear()
    without = get_user_model().objects.get(pk=deleter.pk)
    with pytest.raises(Denied):
        engine.check_again(draft, actor=Actor.person(without, via="test"), user=without)
    assert Run.objects.get(pk=draft.pk).checked_at is None


def test_a_confirmed_plan_is_not_checked_again(draft, deleter):
    run = confirmed(draft, deleter)
    with pytest.raises(engine.Refused):
        engine.check_again(run, actor=Actor.person(deleter, via="test"), user=deleter)
    assert Run.objects.get(pk=run.pk).token == run.token


def test_the_csv_has_reasons_to_look_dates_and_accounts_and_no_formula(browser, clips, deleter):
    VideoAssetFactory(title="=HYPERLINK(1)", recorded_at=timezone.now())
    run = plan(DELETE, VideoAsset.objects.all(), deleter)
    answer = browser.get(reverse("admin:operations_run_csv", args=[run.pk]))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    newest = next(row for row in rows if "HYPERLINK" in row["Name"])
    assert newest["Name"] == "'=HYPERLINK(1)"
    assert newest["Please look"] == "A whole lesson: no clip would be left; Recorded in the last 14 days"
    assert newest["Recorded"].startswith(f"{timezone.localtime():%Y-%m-}")
    assert newest["Account"] == "ClassIn"


def test_the_approver_sees_the_same_reasons(client, draft, deleter):
    Policy.objects.update(second_person=True, approve_from=1)
    confirmed(draft, deleter)
    approver = get_user_model().objects.create_user("approver", is_staff=True)
    approver.user_permissions.set(Permission.objects.filter(codename__in=["view_run", "approve_run"]))
    client.force_login(approver, backend="django.contrib.auth.backends.ModelBackend")
    page = page_of(client, draft, "?look=whole_lesson")
    assert "A whole lesson: no clip would be left" in page
    assert "5 requests to ClassIn" in page
    assert "Leave these out" not in page


@pytest.mark.parametrize("query", ["", "?look=whole_lesson", "?out=already_gone"])
def test_the_page_costs_the_same_queries_whatever_its_length(
    browser, clips, deleter, actor, query, django_assert_max_num_queries
):
    for _number in range(70):
        VideoAssetFactory()
        VideoAssetFactory(gone=True)
    MeetingVideoFactory()
    TranscodedOutputFactory()
    run = engine.freeze([registry[key] for key in KINDS], VideoAsset.objects.all(), actor=actor, user=deleter)
    with django_assert_max_num_queries(24):
        browser.get(run.get_absolute_url() + query)


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_real_worker_looks_at_the_providers(sandbox, db, deleter, actor):
    video = MeetingVideoFactory()
    sandbox.syngrafii.add_video(
        sandbox.syngrafii.add_package(package_id=video.package.provider_id), video_id=video.provider_id
    )
    run = plan("media_assets.meeting_video.delete", VideoAsset.objects.all(), deleter)
    with EmbeddedWorker():
        look = engine.ask_fresh_look(run, actor=actor, user=deleter)
        deadline = timezone.now() + timedelta(seconds=20)
        while look.ended_at is None and timezone.now() < deadline:
            look.refresh_from_db()
    assert (look.there, look.gone, look.unclear) == (1, 0, 0)
