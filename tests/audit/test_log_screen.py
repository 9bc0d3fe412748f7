"""The log's pages as an auditor meets them: filters in the address, pages, and nothing that could be changed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit import paging, reads
from audit.actors import Actor
from audit.models import Record
from audit.services import Target
from tests.factories.audit import write, write_run
from tests.factories.people import AuditorFactory, SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db

LOG = "/admin/audit/record/"


@pytest.fixture
def auditor(client: Client, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Looks at a log that holds what the test wrote alone, not that it was looked at."""
    monkeypatch.setattr(reads, "_watched", {})
    user = AuditorFactory()
    client.force_login(user)
    return user


def shown(response: Any) -> list[int]:
    return [row.record.pk for row in response.context["rows"]]


def page_of(record: Record) -> str:
    return reverse("admin:audit_record_change", args=[record.pk])


def test_the_log_shows_what_happened_newest_first(client: Client, auditor: Any) -> None:
    write_run(1, items=3)
    response = client.get(LOG)
    assert response.status_code == 200
    html = response.content.decode()
    assert "9 records" in html
    assert f'href="{LOG}?run=1"' in html
    assert html.index("signed in") > html.index("9 records")


def test_every_record_of_a_run_can_be_unfolded(client: Client, auditor: Any) -> None:
    write_run(1, items=3)
    write_run(2, items=3)
    assert len(shown(client.get(LOG, {"run": "1"}))) == 9
    assert len(shown(client.get(LOG, {"run": "R-1"}))) == 9
    assert len(shown(client.get(LOG, {"all": "1"}))) == 19


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"result": "denied"}, 1),
        ({"result": "done"}, 4),
        ({"provider": "classin"}, 8),
        ({"provider": "syngrafii"}, 0),
        ({"action": "courses.course.edit"}, 12),
        ({"action": "courses.course.edit.succeeded"}, 4),
        ({"action": "audit"}, 3),
        ({"kind": "courses.course"}, 10),
        ({"kind": "Courses.Course", "object": "7"}, 4),
        ({"request": "abcd-1234"}, 1),
        ({"q": "abcd-1234"}, 1),
        ({"q": "ielts"}, 4),
        ({"q": "IELTS Speaking"}, 4),
        ({"q": "900"}, 4),
        ({"q": "R-2"}, 9),
        ({"q": "nothing like it"}, 0),
        ({"person": "system", "result": "done"}, 4),
        ({"from": "2020-01-01", "to": "2020-01-02"}, 1),
        ({"to": "2020-01-02", "from": ""}, 1),
        ({"from": "2020-01-03", "to": "2020-01-01"}, 1),
    ],
)
def test_filters_find_what_they_name(client: Client, query: dict[str, str], count: int) -> None:
    client.force_login(AuditorFactory())
    write_run(1, items=1)
    write_run(2, items=3)
    write("audit.session.signed_out", at=dt.datetime(2020, 1, 2, 15, tzinfo=dt.UTC))
    stranger = Actor(None, "", "admin", request_id="abcd-1234")
    write("audit.access.refused", actor=stranger, details={"path": "/", "method": "GET"})
    assert len(shown(client.get(LOG, query))) == count


def test_a_person_filter_names_the_person(client: Client, auditor: Any) -> None:
    other = UserFactory(first_name="Zhao", last_name="Min")
    write_run(1, items=2, by=other)
    response = client.get(LOG, {"person": str(other.pk)})
    assert len(shown(response)) == 1
    assert [(chip.label, chip.value) for chip in response.context["chips"]] == [("Person", "Zhao Min")]


def test_chips_take_their_filter_away_and_keep_the_rest(client: Client, auditor: Any) -> None:
    write_run(1, items=2)
    query = {
        "provider": "classin",
        "result": "done",
        "kind": "courses.course",
        "object": "1000",
        "from": "2020-01-01",
    }
    response = client.get(LOG, query)
    chips = {chip.label: chip for chip in response.context["chips"]}
    assert set(chips) == {"Provider", "Result", "Object", "Date"}
    assert chips["Object"].value == "Course “Course 0”"
    assert "object" not in chips["Object"].url
    assert "kind" not in chips["Object"].url
    for label, chip in chips.items():
        left = {other.label for other in client.get(LOG + chip.url).context["chips"]}
        assert left == set(chips) - {label}


@pytest.mark.parametrize(
    "query",
    [
        {"person": "999999"},
        {"person": "x"},
        {"person": "9" * 30},
        {"action": "no.such"},
        {"action": "courses.course.ed"},
        {"kind": "no.such"},
        {"kind": "nodot"},
        {"kind": "courses.course", "object": "x"},
        {"kind": "courses.course", "object": "-1"},
        {"kind": "courses.course", "object": "9" * 19},
        {"object": "7"},
        {"result": "great"},
        {"provider": "zoom"},
        {"run": "x"},
        {"run": "9" * 25},
        {"run": "²"},
        {"request": "a b"},
        {"from": "yesterday"},
        {"from": "2025-02-31"},
        {"to": "9999-12-31"},
        {"from": "0001-01-01"},
        {"before": "x"},
        {"before": "t0"},
        {"after": "-1"},
        {"colour": "blue"},
        {"e": "1", "p": "x", "__proto__": "1"},
    ],
)
def test_an_address_that_makes_no_sense_is_said_and_shows_nothing(
    client: Client, auditor: Any, query: dict[str, str]
) -> None:
    response = client.get(LOG, query)
    assert response.status_code == 200
    assert response.context["criteria"].problems
    assert not shown(response)
    assert "not understood" in response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\0"},
        {"q": "%"},
        {"q": "' OR 1=1 --"},
        {"q": "x" * 5000},
        {"q": "<script>alert(1)</script>"},
        {"q": "李"},
        {"before": "1", "after": "1"},
        {"before": "9223372036854775807"},
        {"after": "9223372036854775807"},
        {"all": "x"},
    ],
)
def test_odd_values_do_not_break_the_page(client: Client, auditor: Any, query: dict[str, str]) -> None:
    response = client.get(LOG, query)
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_pages_lead_from_new_to_old_and_back(
    client: Client, auditor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(paging.PAGE_SIZE + 5):
        write("audit.session.signed_in")
    first = client.get(LOG, {"from": "2020-01-01"})
    assert len(shown(first)) == paging.PAGE_SIZE
    assert first.context["newer_url"] == ""
    second = client.get(LOG + first.context["older_url"])
    assert len(shown(second)) == 6
    assert "from=2020-01-01" in first.context["older_url"]
    assert shown(client.get(LOG + second.context["newer_url"])) == shown(first)
    assert shown(client.get(LOG + second.context["newest_url"])) == shown(first)


def test_a_bounded_search_says_how_far_it_came(
    client: Client, auditor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        write("audit.session.signed_in", at=timezone.now() + dt.timedelta(seconds=number))
    defaults = {**paging.look_through.__kwdefaults__, "limit": 5}
    monkeypatch.setattr(paging.look_through, "__kwdefaults__", defaults)
    response = client.get(LOG, {"q": "no such name"})
    html = response.content.decode()
    assert "Nothing found so far" in html
    assert "Searched" in html
    assert response.context["older_url"]


@pytest.mark.parametrize("runs", [2, 40])
def test_the_page_asks_the_database_as_often_for_many_rows_as_for_few(
    client: Client, auditor: Any, runs: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(1, runs + 1):
        write_run(number, items=2)
        write("audit.rights.changed", target=Target("auth.user", 1, "Lin"))
    with django_assert_max_num_queries(20):
        client.get(LOG)
    with django_assert_max_num_queries(20):
        client.get(LOG, {"all": "1"})


def test_a_record_page_tells_everything(client: Client, auditor: Any) -> None:
    record = write(
        "courses.course.edit.rejected",
        target=Target("courses.course", 7, "IELTS Speaking", "900"),
        run_id=3,
        item_id=4,
        provider="classin",
        provider_code="384",
        provider_message="class is running",
        reason="Wrong name",
        approver_name="Chen Yu",
        changes={"name": {"before": "Autumn term", "after": "Winter term"}},
        details={
            "sent": {"courseName": "Winter term"},
            "elapsed_ms": 412,
            "http_status": 200,
            "why": "running",
        },
    )
    response = client.get(page_of(record))
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    text = re.sub(r"\s+", " ", text)
    for words in (
        "384",
        "class is running",
        "412 ms",
        "courseName",
        "Winter term",
        "Chen Yu",
        "Wrong name",
        "900",
    ):
        assert words in text
    for words in ("R-3", "courses.course.edit.rejected", "Autumn", "Rejected", "The back office"):
        assert words in text
    assert "Sealed" not in text


@pytest.mark.parametrize(
    ("language", "provider", "code", "message", "words"),
    [
        ("en", "classin", "384", "class is running", "The class is not over yet (ClassIn 384)"),
        ("en", "classin", "1", "程序正常执行", "Done (ClassIn 1)"),
        ("en", "classin", "99999", "odd", "odd (ClassIn 99999)"),
        ("en", "", "lost", "the worker stopped", "the worker stopped (lost)"),
        ("zh-hans", "huawei_vod", "VOD.10053", "no such asset", "请求参数不合法（华为云 VOD VOD.10053）"),
    ],
)
def test_a_providers_code_is_shown_in_words_with_the_code_in_brackets(
    client: Client, auditor: Any, language: str, provider: str, code: str, message: str, words: str
) -> None:
    write(
        "courses.course.edit.rejected",
        target=Target("courses.course", 7, "IELTS"),
        provider=provider,
        provider_code=code,
        provider_message=message,
    )
    client.cookies.load({"django_language": language})
    assert words in client.get(LOG, {"all": "1"}).content.decode()


@pytest.mark.parametrize("key", ["0", "999999999", "x", "-1", "9" * 40, "1_2f", "²"])
def test_a_record_that_does_not_exist_is_not_found(client: Client, auditor: Any, key: str) -> None:
    assert client.get(f"{LOG}{key}/change/").status_code == 404


@pytest.mark.parametrize("person", [AuditorFactory, SuperuserFactory])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_changes_or_deletes_a_record_by_any_address(client: Client, person: Any, method: str) -> None:
    record = write("audit.rights.changed", target=Target("auth.user", 1, "Lin"))
    client.force_login(person())
    for address in ("add/", f"{record.pk}/change/", f"{record.pk}/delete/", f"{record.pk}/history/", ""):
        response = getattr(client, method)(
            LOG + address,
            {"action": "delete_selected", "_selected_action": record.pk, "post": "yes", "_save": "1"},
        )
        assert response.status_code in (403, 405), address
    for address in ("add/", f"{record.pk}/delete/"):
        assert client.get(LOG + address).status_code == 403
    assert Record.objects.filter(pk=record.pk, reason="").exists()


def test_an_attempt_to_delete_is_itself_recorded(client: Client) -> None:
    record = write("audit.rights.changed")
    client.force_login(SuperuserFactory())
    client.post(f"{LOG}{record.pk}/delete/", {"post": "yes"})
    newest = Record.objects.latest("id")
    assert newest.action == "audit.access.refused"
    assert newest.details == {"path": f"{LOG}{record.pk}/delete/", "method": "POST"}


def test_no_page_of_the_log_offers_to_change_anything(client: Client) -> None:
    record = write("audit.rights.changed", target=Target("auth.user", 1, "Lin"))
    client.force_login(SuperuserFactory())
    for address in (LOG, page_of(record)):
        html = client.get(address).content.decode()
        main = html[html.index('id="content-start"') :]
        assert 'method="post"' not in main
        assert "/delete/" not in main
        assert "/add/" not in main


def test_the_right_to_read_is_asked_on_every_page(client: Client) -> None:
    record = write("audit.rights.changed")
    client.force_login(UserFactory(permissions=["auth.view_user"]))
    for address in (LOG, page_of(record), f"{LOG}{record.pk}/history/"):
        assert client.get(address).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_are_drawn_in_both_languages_without_inline_code(
    client: Client, auditor: Any, language: str
) -> None:
    write_run(1, items=1)
    write_run(2, items=3)
    write("operations.hold.placed", target=Target("media_assets.videoasset", 3, "Mock <interview>"))
    record = Record.objects.filter(action__endswith=".succeeded").first()
    assert record is not None
    client.cookies.load({"django_language": language})
    for address in (LOG, f"{LOG}?all=1", f"{LOG}?q=x&provider=classin", page_of(record)):
        html = client.get(address).content.decode()
        assert f'lang="{language}"' in html
        assert " style=" not in html
        assert "<style" not in html
        assert not re.search(r"\son\w+=", html)
        assert "<script>" not in html
        assert "Mock <interview>" not in html
