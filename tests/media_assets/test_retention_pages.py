"""The screens of retention rules: what they show, what their buttons do, and that looking changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from audit.models import Record
from media_assets.models import RetentionProposal, RetentionRule
from media_assets.retention.nightly import pass_nights
from media_assets.retention.words import in_words
from operations.models import Hold, Run
from tests.factories.media_assets import VideoAssetFactory
from tests.factories.people import SuperuserFactory, UserFactory
from tests.factories.retention import owner, rule, rule_maker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

LIST = "admin:media_assets_retentionrule_changelist"
NEW = "admin:media_assets_retentionrule_new"


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def old_video(**values: Any) -> Any:
    return VideoAssetFactory(recorded_at=timezone.now() - timedelta(days=400), watch_count=0, **values)


def posted(**values: Any) -> dict[str, Any]:
    return {
        "name": "Old clips",
        "kind": "class_video",
        "older_than_days": "180",
        "not_watched": "on",
        "notice_days": "0",
        **values,
    }


def proposal_of(owners: Any, **values: Any) -> RetentionProposal:
    rule(owners=owners, notice_days=7, **values)
    pass_nights()
    return RetentionProposal.objects.get()


def test_the_list_says_each_rule_in_words_and_what_it_would_touch():
    old_video(size_bytes=2_000_000)
    rule(kind="class_video")
    page = signed_in(SuperuserFactory()).get(reverse(LIST)).content.decode()
    assert "Class videos, older than 180 days, not watched, not on hold" in page
    assert "1 video" in page


def test_more_rules_cost_the_list_no_more_questions():
    client = signed_in(SuperuserFactory())

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(LIST)).status_code == 200
        return len(queries)

    rule(name="First")
    asked()
    few = asked()
    for number in range(5):
        rule(name=f"Rule {number}")
    assert asked() == few


def test_showing_what_a_rule_would_touch_saves_nothing():
    old_video(title="Never seen")
    response = signed_in(rule_maker()).post(reverse(NEW), posted(do="show", notice_days="7"))
    assert response.status_code == 200
    assert response.context["preview"].count == 1
    assert not RetentionRule.objects.exists()
    assert not Record.objects.filter(action__startswith="media_assets.retention").exists()


def test_saving_makes_the_rule_and_leads_to_its_page():
    response = signed_in(rule_maker()).post(reverse(NEW), posted(do="save", min_megabytes="1.5"))
    made = RetentionRule.objects.get()
    assert response.url == made.get_absolute_url()
    assert (made.older_than_days, made.min_bytes, made.is_on) == (180, 1_500_000, True)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("older_than_days", {"older_than_days": "0"}),
        ("older_than_days", {"older_than_days": ""}),
        ("notice_days", {"notice_days": ""}),
        ("owners", {"notice_days": "7"}),
        ("course_text", {"course_text": "No such course"}),
        ("name", {"name": ""}),
        ("unknown_is_unwatched", {"not_watched": "", "unknown_is_unwatched": "on"}),
    ],
)
def test_bad_input_is_said_beside_its_field_and_saves_nothing(field: str, values: dict[str, str]):
    response = signed_in(rule_maker()).post(reverse(NEW), posted(do="save", **values))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not RetentionRule.objects.exists()


def test_a_course_is_found_by_its_name_or_id_and_a_doubled_name_is_refused():
    first = old_video().course_class.course
    second = old_video().course_class.course
    client = signed_in(rule_maker())
    by_name = client.post(reverse(NEW), posted(do="show", course_text=first.name))
    assert by_name.context["form"].errors["course_text"]
    by_id = client.post(reverse(NEW), posted(do="show", course_text=second.provider_id))
    assert by_id.context["preview"].count == 1


def test_only_people_who_may_place_holds_can_be_told():
    stranger, person = UserFactory(), owner()
    client = signed_in(rule_maker())
    refused = client.post(reverse(NEW), posted(do="save", notice_days="7", owners=[stranger.pk]))
    assert refused.status_code == 422
    client.post(reverse(NEW), posted(do="save", notice_days="7", owners=[person.pk]))
    assert list(RetentionRule.objects.get().owners.all()) == [person]


def test_changing_shows_the_rule_as_it_is_and_records_the_change():
    made = rule(min_bytes=2_500_000)
    client = signed_in(rule_maker())
    url = reverse("admin:media_assets_retentionrule_edit", args=[made.pk])
    assert client.get(url).context["form"]["min_megabytes"].value() == 2.5
    client.post(url, posted(do="save", kind="", older_than_days="200", min_megabytes="2.5"))
    record = Record.objects.get(action="media_assets.retention_rule.changed")
    assert list(record.changes) == ["older_than_days"]


def test_a_rule_is_switched_off_by_its_button_and_by_no_get():
    made = rule()
    client = signed_in(rule_maker())
    client.get(f"{made.get_absolute_url()}?do=off")
    made.refresh_from_db()
    assert made.is_on
    client.post(made.get_absolute_url(), {"do": "off"})
    made.refresh_from_db()
    assert not made.is_on


@pytest.mark.parametrize("name", ["new", "edit", "switch"])
def test_without_the_right_the_refusal_is_recorded(name: str):
    made = rule()
    client = signed_in(UserFactory(permissions=["media_assets.view_retentionrule"]))
    urls = {
        "new": reverse(NEW),
        "edit": reverse("admin:media_assets_retentionrule_edit", args=[made.pk]),
        "switch": made.get_absolute_url(),
    }
    assert client.post(urls[name], posted(do="off", older_than_days="1")).status_code == 403
    made.refresh_from_db()
    assert (made.is_on, made.older_than_days) == (True, 180)
    assert Record.objects.filter(action="media_assets.retention_rule.denied").exists()


def test_the_page_of_a_notice_lists_exactly_what_was_announced():
    announced = old_video(title="Lesson on waves")
    proposal = proposal_of([person := owner()])
    old_video(title="Came later")
    page = signed_in(person).get(proposal.get_absolute_url()).content.decode()
    assert announced.title in page
    assert "Came later" not in page


def test_one_click_keeps_a_video_and_a_get_keeps_none():
    video = old_video()
    proposal = proposal_of([person := owner()])
    client = signed_in(person)
    client.get(f"{proposal.get_absolute_url()}?keep=video:{video.pk}")
    assert not Hold.objects.exists()
    assert client.post(proposal.get_absolute_url(), {"keep": f"video:{video.pk}"}).status_code == 302
    hold = Hold.objects.get()
    assert (hold.target_id, hold.until, hold.placed_by) == (video.pk, None, person)


@pytest.mark.parametrize("keep", ["", "video:", "video:abc", "lesson:0", "rubbish:1"])
def test_an_answer_that_names_nothing_keeps_nothing(keep: str):
    old_video()
    proposal = proposal_of([person := owner()])
    response = signed_in(person).post(proposal.get_absolute_url(), {"keep": keep})
    assert response.status_code == 422
    assert not Hold.objects.exists()


def test_an_end_in_the_past_is_said_beside_its_field():
    old_video()
    proposal = proposal_of([person := owner()])
    response = signed_in(person).post(proposal.get_absolute_url(), {"keep": "all", "until": "2020-01-01"})
    assert response.status_code == 422
    assert "until" in response.context["form"].errors
    assert not Hold.objects.exists()


def test_more_announced_videos_cost_the_page_no_more_questions():
    for _number in range(3):
        old_video()
    proposal = proposal_of([person := owner()])
    client = signed_in(person)

    def asked(url: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    asked(proposal.get_absolute_url())
    few = asked(proposal.get_absolute_url())
    for _number in range(20):
        old_video()
    rule(name="Another", owners=[person], notice_days=7)
    pass_nights()
    assert asked(RetentionProposal.objects.latest("pk").get_absolute_url()) == few


def test_a_proposed_plan_waits_for_those_with_the_right_and_one_button_takes_it_over():
    old_video()
    rule()
    pass_nights()
    run = Run.objects.get()
    rights = ["operations.view_run", "media_assets.delete_class_video"]
    person, reader = UserFactory(permissions=rights), UserFactory(permissions=["operations.view_run"])
    home = reverse("admin:index")
    assert "has to take it over" in signed_in(person).get(home).content.decode()
    assert "has to take it over" not in signed_in(reader).get(home).content.decode()
    assert 'value="sign"' not in signed_in(reader).get(run.get_absolute_url()).content.decode()
    assert signed_in(reader).post(run.get_absolute_url(), {"do": "sign"}).status_code == 403
    assert Record.objects.filter(action="media_assets.class_video.delete.denied").exists()
    client = signed_in(person)
    assert 'value="sign"' in client.get(run.get_absolute_url()).content.decode()
    client.post(run.get_absolute_url(), {"do": "sign"})
    page = client.get(run.get_absolute_url()).content.decode()
    assert 'value="confirm"' in page
    assert "Proposed by the rule “Old clips”" in page


def test_a_proposal_names_its_rule_and_its_words_in_the_readers_language_while_the_rule_says_the_same():
    old_video()
    made = rule(kind="class_video", owners=[])
    pass_nights()
    run = Run.objects.get()
    assert run.filter_words == in_words(made)
    client = signed_in(SuperuserFactory())
    client.cookies["django_language"] = "zh-hans"
    with override("zh-hans"):
        words = in_words(made)
    page = client.get(run.get_absolute_url()).content.decode()
    assert words in page
    assert run.requested_name not in page
    RetentionRule.objects.update(older_than_days=17)
    assert run.filter_words in client.get(run.get_absolute_url()).content.decode()


def test_home_shows_what_is_announced():
    old_video()
    proposal_of([owner()])
    page = signed_in(SuperuserFactory()).get(reverse("admin:index")).content.decode()
    assert "1 video announced" in page
