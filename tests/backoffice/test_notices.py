"""The bell, the page of one's own notices, and the choice of what comes by mail."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operations.models import Notice, NoticeSettings
from operations.notices import kinds, tell
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/notices/"
SETTINGS = "/admin/notices/settings/"


@pytest.fixture
def anna(client: Client) -> Any:
    person = UserFactory(email="anna@school.example", permissions=["operations.view_run"])
    client.force_login(person)
    return person


def told(person: Any, count: int = 1, *, link: str = "/admin/help/") -> list[int]:
    """Keys of new notices of this person, the newest first."""
    for number in range(count):
        details = {"name": f"Zhao {Notice.objects.count()}", "count": number}
        tell([person.pk], "operations.run.approval_wanted", details=details, link=link)
    return list(Notice.objects.filter(person=person).order_by("-pk").values_list("pk", flat=True)[:count])


def test_the_bell_counts_what_is_unread_on_every_page(client: Client, anna: Any) -> None:
    told(anna, 3)
    for page in ("/admin/", "/admin/help/", PAGE):
        assert "Notices, 3 unread" in client.get(page).content.decode()


def test_the_bell_counts_no_further_than_it_shows_by_one_query(client: Client, anna: Any) -> None:
    told(anna, 120)
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/admin/help/").content.decode()
    assert "Notices, 99+ unread" in page
    asked = [query["sql"] for query in queries if "operations_notice" in query["sql"]]
    assert len(asked) == 1
    assert "LIMIT 100" in asked[0]


def test_a_person_sees_their_own_notices_alone(client: Client, anna: Any) -> None:
    (theirs,) = told(UserFactory())
    (mine,) = told(anna)
    assert [row["pk"] for row in client.get(PAGE).context["rows"]] == [mine]
    assert client.post(PAGE, {"do": "open", "notice": theirs}).status_code == 404
    assert Notice.objects.get(pk=theirs).read_at is None


def test_looking_changes_nothing(client: Client, anna: Any) -> None:
    told(anna, 2)
    client.get(PAGE)
    client.get(PAGE, {"do": "read_all", "newest": 10**9})
    assert Notice.objects.filter(read_at=None).count() == 2


def test_opening_marks_one_as_read_and_leads_to_what_it_speaks_of(client: Client, anna: Any) -> None:
    newest, _older = told(anna, 2)
    response = client.post(PAGE, {"do": "open", "notice": newest})
    assert (response.status_code, response["Location"]) == (302, "/admin/help/")
    assert Notice.objects.filter(read_at=None).exclude(pk=newest).count() == 1


def test_all_that_the_page_showed_is_marked_and_what_came_since_is_not(client: Client, anna: Any) -> None:
    told(anna, 30)
    newest = client.get(PAGE).context["newest"]
    (since,) = told(anna)
    client.post(PAGE, {"do": "read_all", "newest": newest})
    assert Notice.objects.get(read_at=None).pk == since


@pytest.mark.parametrize("data", [{}, {"do": "delete"}, {"do": "open"}, {"do": "open", "notice": "x'"}])
def test_a_button_that_does_not_exist_is_not_found(client: Client, anna: Any, data: dict[str, str]) -> None:
    told(anna)
    assert client.post(PAGE, data).status_code == 404
    assert Notice.objects.filter(read_at=None).count() == 1


def test_pages_follow_one_another_and_cost_the_same(client: Client, anna: Any) -> None:
    told(anna, 60)
    seen: list[int] = []
    costs = set()
    url = PAGE
    for _page in range(3):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url)
        costs.add(sum("OFFSET" in query["sql"] for query in queries))
        seen += [row["pk"] for row in response.context["rows"]]
        url = PAGE + response.context["older_url"]
    assert seen == sorted(seen, reverse=True)
    assert (len(seen), response.context["older_url"], costs) == (60, "", {0})


def test_a_full_page_takes_as_many_queries_as_one_row(client: Client, anna: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(PAGE)
        return len(captured)

    told(anna)
    few = queries()
    told(anna, 40)
    assert queries() == few


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "١"])
def test_an_odd_address_shows_the_newest(client: Client, anna: Any, before: str) -> None:
    (newest,) = told(anna)
    assert [row["pk"] for row in client.get(PAGE, {"before": before}).context["rows"]] == [newest]


def test_an_empty_page_says_what_would_be_there(client: Client, anna: Any) -> None:
    assert "will be listed here" in client.get(PAGE).content.decode()


def test_a_notice_of_a_kind_that_is_gone_is_shown_by_its_code(client: Client, anna: Any) -> None:
    (pk,) = told(anna)
    Notice.objects.filter(pk=pk).update(kind="older.version.said")
    assert "older.version.said" in client.get(PAGE).content.decode()


@pytest.mark.parametrize("url", [PAGE, SETTINGS])
def test_who_is_not_signed_in_is_sent_to_the_sign_in(client: Client, url: str) -> None:
    assert client.get(url).status_code == 302


def test_the_page_says_why_no_mail_comes(client: Client, anna: Any, settings: Any) -> None:
    settings.MAIL_ON = False
    assert "This server sends no mail" in client.get(PAGE).content.decode()
    settings.MAIL_ON = True
    assert "Mails go to anna@school.example" in client.get(SETTINGS).content.decode()
    type(anna).objects.update(email="")
    assert "You have no e-mail address here" in client.get(SETTINGS).content.decode()


def test_each_person_chooses_what_comes_by_mail_and_in_which_language(client: Client, anna: Any) -> None:
    client.post(SETTINGS, {"by_mail": ["operations.run.halted"], "language": "zh-hans"})
    chosen = NoticeSettings.objects.get(person=anna)
    assert [kind.code for kind in kinds if chosen.wants_mail(kind)] == ["operations.run.halted"]
    assert chosen.language == "zh-hans"
    assert client.get(SETTINGS).context["form"].fields["by_mail"].initial == ["operations.run.halted"]


def test_a_wrong_choice_changes_nothing(client: Client, anna: Any) -> None:
    response = client.post(SETTINGS, {"by_mail": ["no.such.kind"], "language": "fr"})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"by_mail", "language"}
    assert not NoticeSettings.objects.exists()
