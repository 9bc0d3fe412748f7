"""Home, menu, search and connections: only what the person may see, by a bounded number of queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from audit.actors import Actor
from operations import engine
from operations.models import Account, Item, Run, StopSwitch
from operations.registry import registry
from operations.states import ItemState, Outcome, RunState
from tests.factories.media_assets import CloudFileFactory
from tests.factories.operations import AccountFactory
from tests.factories.people import SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db
RENAME = "media_assets.cloud_file.rename"


@pytest.fixture(autouse=True)
def _forget_storage() -> None:
    cache.clear()


@pytest.fixture
def editor(client: Client) -> Any:
    person = UserFactory(roles=["Editor"])
    client.force_login(person)
    return person


def run_of(person: Any, *, state: RunState = RunState.DRAFT, **item: Any) -> Run:
    """A plan of one rename, put into another state where a test needs one to look at."""
    file = CloudFileFactory()
    actor = Actor.person(person, via="test")
    selection = type(file).objects.filter(pk=file.pk)
    run = engine.freeze([registry[RENAME]], selection, actor=actor, user=person)
    if state != RunState.DRAFT:
        Run.objects.filter(pk=run.pk).update(
            state=state, confirmed_at=timezone.now(), started_at=timezone.now()
        )
    if item:
        Item.objects.filter(run=run).update(**item)
    return run


def menu(client: Client) -> dict[str, list[str]]:
    groups = client.get("/admin/").context["navigation"]
    return {str(group["label"]): [str(item["label"]) for item in group["items"]] for group in groups}


def test_home_of_a_person_without_a_role_says_how_to_get_one(client: Client) -> None:
    client.force_login(UserFactory())
    response = client.get("/admin/")
    assert "has no role yet" in response.content.decode()
    assert menu(client) == {"Home": [], "Settings": ["Notices"]}


def test_the_menu_holds_what_the_role_may_see(client: Client, editor: Any) -> None:
    found = menu(client)
    assert found["Courses"] == ["Courses", "Lessons", "Imports"]
    assert found["Audit"] == ["Receipts"]
    assert found["Settings"] == ["Provider connections", "Readings", "Messages from ClassIn", "Notices"]


def test_an_auditor_sees_the_log_and_how_far_it_goes(client: Client) -> None:
    client.force_login(UserFactory(roles=["Auditor"]))
    assert menu(client)["Audit"] == ["Log", "Receipts", "Erasures", "Key of the log", "Exports"]


def test_empty_cards_say_what_would_be_there(client: Client, editor: Any) -> None:
    text = client.get("/admin/").content.decode()
    for sentence in ("No run is sending anything", "No plan of yours", "The last runs left nothing open"):
        assert sentence in text


def test_my_drafts_wait_for_me_and_are_counted_in_the_menu(client: Client, editor: Any) -> None:
    mine = run_of(editor)
    run_of(UserFactory(roles=["Editor"]))
    response = client.get("/admin/")
    assert [line.run.pk for line in response.context["waiting"]] == [mine.pk]
    deletions = next(group for group in response.context["navigation"] if group["icon"] == "trash-2")
    assert deletions["items"][0]["badge"] == 1


def test_a_running_run_shows_its_progress_and_the_pill(client: Client, editor: Any) -> None:
    run_of(editor, state=RunState.RUNNING)
    response = client.get("/admin/")
    assert response.context["running"]["count"] == 1
    assert [line.percent for line in response.context["running_runs"]] == [0]


def test_lost_and_refused_items_are_to_be_looked_at_until_they_are_sent_again(
    client: Client, editor: Any
) -> None:
    settled = {"state": ItemState.SETTLED}
    lost = run_of(editor, state=RunState.FINISHED)
    Item.objects.filter(run=lost).update(**settled, outcome=Outcome.UNKNOWN)
    refused = run_of(editor, state=RunState.FINISHED)
    Item.objects.filter(run=refused).update(**settled, outcome=Outcome.REJECTED)
    shown = client.get("/admin/").context["attention"]
    assert [(row["run"].pk, row["key"]) for row in shown] == [(refused.pk, "rejected"), (lost.pk, "unknown")]
    again = run_of(editor, state=RunState.FINISHED)
    Run.objects.filter(pk=again.pk).update(parent=refused)
    assert [row["run"].pk for row in client.get("/admin/").context["attention"]] == [lost.pk]


def test_a_run_that_stopped_itself_is_to_be_looked_at(client: Client, editor: Any) -> None:
    run = run_of(editor, state=RunState.HALTED)
    Run.objects.filter(pk=run.pk).update(halt="credentials")
    (row,) = client.get("/admin/").context["attention"]
    assert "credentials" in row["words"]


def test_home_asks_the_same_number_of_questions_however_much_there_is(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    person = SuperuserFactory()
    client.force_login(person)
    for _number in range(8):
        run_of(person)
        run_of(person, state=RunState.RUNNING)
        run = run_of(person, state=RunState.FINISHED)
        Item.objects.filter(run=run).update(state=ItemState.SETTLED, outcome=Outcome.REJECTED)
    StopSwitch.objects.create(stopped_at=timezone.now(), stopped_by=person, reason="Wrong course")
    with django_assert_max_num_queries(22):
        text = client.get("/admin/").content.decode()
    assert "Wrong course" in text


def test_connections_name_exactly_the_variables_to_set(client: Client, settings: Any) -> None:
    settings.PROVIDER_ACCOUNTS = {
        "classin": {"default": {"sid": "1"}},
        "syngrafii": {"east": {"api_key": "not-shown"}},
    }
    AccountFactory()
    AccountFactory(provider="syngrafii", name="east")
    client.force_login(UserFactory(roles=["Viewer"]))
    text = client.get("/admin/connections/").content.decode()
    assert "CLASSIN_SECRET" in text
    assert "CLASSIN_SID" not in text
    assert "SYNGRAFII_EAST_BASE_URL" in text
    assert "not-shown" not in text


def test_refused_credentials_are_said(client: Client, settings: Any) -> None:
    settings.PROVIDER_ACCOUNTS = {"classin": {"default": {"sid": "1", "secret": "s"}}}
    AccountFactory()
    Account.objects.filter(provider="classin").update(refused_at=timezone.now(), refused_code="100")
    client.force_login(UserFactory(roles=["Viewer"]))
    assert "refuses our credentials since" in client.get("/admin/connections/").content.decode()


def test_connections_are_not_for_people_without_the_right(client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get("/admin/connections/").status_code == 403


def test_search_finds_by_name_and_by_provider_id(client: Client, editor: Any) -> None:
    file = CloudFileFactory(name="Physics handout.pdf", provider_id="7654321")
    for words in ("handout", "7654321", "76543"):
        text = client.get("/admin/search/", {"q": words}).content.decode()
        assert f"/admin/media_assets/cloudfile/{file.pk}/change/" in text


def test_search_finds_one_chinese_sign_and_refuses_one_letter(client: Client, editor: Any) -> None:
    CloudFileFactory(name="导数.pdf")
    assert "导数.pdf" in client.get("/admin/search/", {"q": "导"}).content.decode()
    assert client.get("/admin/search/", {"q": "a"}).context["results"] == []


def test_search_finds_a_run_by_its_number(client: Client, editor: Any) -> None:
    run = run_of(editor)
    assert run.get_absolute_url() in client.get("/admin/search/", {"q": f"P-{run.pk}"}).content.decode()


def test_search_shows_nothing_that_the_person_may_not_see(client: Client) -> None:
    CloudFileFactory(name="Physics handout.pdf")
    client.force_login(UserFactory())
    assert client.get("/admin/search/", {"q": "handout"}).context["results"] == []


def test_search_is_bounded_and_leads_to_the_list(client: Client, editor: Any) -> None:
    for number in range(10):
        CloudFileFactory(name=f"Handout {number}.pdf")
    (group,) = client.get("/admin/search/", {"q": "Handout"}).context["results"]
    assert (len(group["hits"]), group["more"]) == (8, True)
    assert client.get(group["list_url"]).status_code == 200


@pytest.mark.parametrize("words", ["\x00", "%", "' or 1=1 --", "🎻" * 300, "9" * 40])
def test_search_survives_odd_words(client: Client, editor: Any, words: str) -> None:
    assert client.get("/admin/search/", {"q": words}).status_code == 200


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_help_is_on_every_page_and_opens(client: Client, editor: Any, language: str) -> None:
    client.cookies["django_language"] = language
    assert "/admin/help/" in client.get("/admin/").content.decode()
    assert client.get("/admin/help/").status_code == 200
