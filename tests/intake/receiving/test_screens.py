"""The list of messages and the page of one, as staff see and use them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from audit.models import Record
from intake.models import PushMessage
from intake.receiving import state_of
from intake.receiving.registry import known_kinds
from intake.receiving.words import KINDS, REASONS
from intake.receiving.work import work_off
from media_assets.models import VideoAsset
from tests.factories.people import UserFactory
from tests.intake.receiving.conftest import clip, course, lesson, signed

pytestmark = pytest.mark.django_db

LIST = "/admin/intake/pushmessage/"


@pytest.fixture
def signed_in() -> Any:
    """A browser of somebody with a role."""

    def of(role: str = "Editor") -> Client:
        client = Client()
        client.force_login(UserFactory(roles=[role]), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return of


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    content: str = answer.content.decode()
    return content


def test_every_kind_that_is_worked_off_has_words():
    assert set(KINDS) == set(known_kinds())


def test_the_list_says_what_came_and_what_became_of_it(take: Any, signed_in: Any):
    take(course(), clip("77", 5), signed({"Cmd": "EdbImg"}))
    page = text(signed_in("Viewer"), LIST)
    for words in (
        "Course changed",
        "New class video",
        "EdbImg",
        "Lesson 5",
        "Worked off",
        "Kept",
        "The lesson is not known here",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=waiting", {"Record"}),
        ("state=applied", {"eeoCourseInfoChange"}),
        ("cmd=Record", {"Record"}),
        ("cmd=others", {"EdbImg"}),
        ("q=77", {"Record"}),
        ("q=24071593", {"Record", "eeoCourseInfoChange"}),
        ("q=nothing", set()),
    ],
)
def test_the_list_is_narrowed_and_searched(take: Any, signed_in: Any, query: str, shown: set[str]):
    take(course(), clip("77", 5), signed({"Cmd": "EdbImg"}))
    page = signed_in("Viewer").get(f"{LIST}?{query}")
    assert {row.cmd for row in page.context["cl"].result_list} == shown


def test_the_list_loads_no_texts_and_asks_the_same_questions_for_many(
    take: Any, signed_in: Any, django_assert_num_queries: Any
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in("Viewer")
    take(course(1))
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    take(*(course(number) for number in range(2, 30)))
    with CaptureQueriesContext(connection) as many:
        client.get(LIST)
    assert len(few) == len(many) <= 24
    assert not [query for query in many if '"intake_pushmessage"."body"' in query["sql"]]


def test_the_page_links_what_the_message_changed(take: Any, signed_in: Any):
    take(lesson(), clip())
    page = text(signed_in("Viewer"), PushMessage.objects.get(cmd="Record").get_absolute_url())
    assert reverse("admin:media_assets_videoasset_change", args=[VideoAsset.objects.get().pk]) in page
    assert "ClassRoom" in page
    assert Record.objects.filter(action="intake.read.message").count() == 1


def test_the_page_of_an_unreadable_message_says_what_is_known(push: Any, signed_in: Any):
    push(b'{"Cmd": "Record", <script>')
    page = text(signed_in(), PushMessage.objects.get().get_absolute_url())
    assert "It is no valid JSON" in page
    assert "&lt;script&gt;" in page
    assert 'value="retry"' not in page


def test_a_number_that_is_none_leads_back_to_the_list(school: Any, signed_in: Any):
    assert signed_in("Viewer").get(f"{LIST}999/change/")["Location"] == LIST


def test_a_person_has_a_failed_message_worked_off_again(push: Any, school: Any, signed_in: Any):
    push({name: value for name, value in course().items() if name != "SafeKey"})
    message = PushMessage.objects.get()
    answer = signed_in().post(message.get_absolute_url(), {"do": "retry"})
    assert answer.status_code == 302
    work_off(school.pk)
    message.refresh_from_db()
    assert (message.state, message.proof) == ("applied", "missing")
    assert Record.objects.get(action="intake.message.retried").details == {"reason": "no_key"}


def test_many_are_tried_again_at_once_and_the_others_are_left(push: Any, signed_in: Any):
    for number in range(3):
        push({name: value for name, value in course(number + 1).items() if name != "SafeKey"})
    push(b"nonsense")
    push(course(9))
    ticked = list(PushMessage.objects.values_list("pk", flat=True))
    signed_in().post(LIST, {"action": "retry", ACTION_CHECKBOX_NAME: ticked})
    assert list(PushMessage.objects.order_by("pk").values_list("state", flat=True)) == [
        *["waiting"] * 3,
        "failed",
        "waiting",
    ]
    assert Record.objects.filter(action="intake.message.retried").count() == 3


def test_the_second_click_finds_nothing_to_try(push: Any, signed_in: Any):
    push({name: value for name, value in course().items() if name != "SafeKey"})
    client, url = signed_in(), PushMessage.objects.get().get_absolute_url()
    client.post(url, {"do": "retry"})
    client.post(url, {"do": "retry"})
    assert Record.objects.filter(action="intake.message.retried").count() == 1


def test_who_may_not_is_refused_and_sees_no_button(push: Any, signed_in: Any):
    push({name: value for name, value in course().items() if name != "SafeKey"})
    viewer, url = signed_in("Viewer"), PushMessage.objects.get().get_absolute_url()
    assert 'value="retry"' not in text(viewer, url)
    assert viewer.post(url, {"do": "retry"}).status_code == 403
    assert Record.objects.filter(action="intake.message.denied").count() == 1


def test_home_says_how_many_failed_and_how_many_were_refused(push: Any, signed_in: Any):
    client = signed_in("Viewer")
    assert "messages-to-look-at" not in text(client, "/admin/")
    push(b"nonsense")
    push({**course(), "SafeKey": "0" * 32})
    page = text(client, "/admin/")
    assert "1 message from ClassIn could not be worked off" in page
    assert "1 request of the last day had a wrong key or none and was refused." in page


def test_the_state_of_an_account_for_other_pages(take: Any, push: Any, school: Any):
    assert state_of(school).last_at is None
    take(course(), clip("1", 5))
    push(b"nonsense")
    push({**course(), "SafeKey": "0" * 32})
    school.refresh_from_db()
    state = state_of(school)
    assert (state.waiting, state.failed, state.refused) == (1, 1, 1)
    assert state.last_at == PushMessage.objects.order_by("pk").values_list("received_at", flat=True)[1]


def test_every_reason_has_words():
    stored = {
        "lesson_unknown",
        "course_unknown",
        "file_unknown",
        "unusable",
        "fault",
        "no_key",
        "other_school",
        "too_long",
    }
    assert stored <= set(REASONS)


def test_the_page_leads_to_the_logs_records_of_the_message_for_who_may_read_it(
    push: Any, school: Any, signed_in: Any
):
    push(signed({"Cmd": "Record", "ClassID": 1}))
    work_off(school.pk)
    message = PushMessage.objects.get()
    log = f"/admin/audit/record/?kind=intake.pushmessage&object={message.pk}"
    auditor, viewer = signed_in("Auditor"), signed_in("Editor")
    assert auditor.get(f"{LIST}{message.pk}/history/")["Location"] == log
    assert auditor.get(log).status_code == 200
    assert log.replace("&", "&amp;") in text(auditor, message.get_absolute_url())
    assert "kind=intake.pushmessage" not in text(viewer, message.get_absolute_url())
    assert Client().get(f"{LIST}{message.pk}/history/")["Location"].startswith("/admin/login/")
