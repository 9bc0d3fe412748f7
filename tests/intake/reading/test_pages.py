"""Readings on the screens: one click, its progress with and without script, what ended it, and who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from audit.models import Record
from intake.models import Reading
from operations.models import Account
from sandbox.demo.mirror import _add_folders
from sandbox.server import Sandbox
from tests.factories.people import SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/admin/connections/"


@pytest.fixture
def editor(db: None) -> User:
    return UserFactory(roles=["Editor"])


@pytest.fixture
def browser(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def press(browser: Client, account: Account, scope: str = "full", after: int = 0) -> Any:
    return browser.post(URL, {"do": scope, "account": account.pk, "after": after})


def ended(account: Account, **more: Any) -> Reading:
    return Reading.objects.create(
        account=account, **{"state": "finished", "complete": True, "ended_at": timezone.now(), **more}
    )


def test_one_click_reads_and_its_page_follows_it(
    sandbox: Sandbox, accounts: dict[str, Account], browser: Client, no_worker: list[int]
) -> None:
    page = browser.get(URL).content.decode()
    assert page.count("Read now") == 3
    assert "Read what is new" not in page, "nothing was read whole yet"
    answer = press(browser, accounts["huawei_vod"])
    reading = Reading.objects.get()
    assert (answer.status_code, answer.url, no_worker) == (302, reading.get_absolute_url(), [reading.pk])
    page = browser.get(answer.url).content.decode()
    assert 'data-interval="2000"' in page
    assert ">Reload</a>" in page
    assert "Cancel" in page
    fragment = browser.get(f"/admin/intake/reading/{reading.pk}/progress/").content.decode()
    assert "data-status=" in fragment
    assert "data-final" not in fragment
    assert browser.get(URL).content.decode().count('value="full"') == 2, "the open one has no button"


def test_a_double_click_starts_one(sandbox: Sandbox, accounts: dict[str, Account], browser: Client) -> None:
    first, second = press(browser, accounts["classin"]), press(browser, accounts["classin"])
    assert first.url == second.url
    Reading.objects.update(state="finished", ended_at=timezone.now())
    press(browser, accounts["classin"])
    assert Reading.objects.count() == 1, "a page from before the first press starts no second one"
    press(browser, accounts["classin"], after=Reading.objects.get().pk)
    assert Reading.objects.count() == 2


def test_what_is_new_can_be_read_after_everything_was(
    sandbox: Sandbox, accounts: dict[str, Account], browser: Client
) -> None:
    last = ended(accounts["syngrafii"])
    ended(accounts["classin"])
    assert browser.get(URL).content.decode().count("Read what is new") == 1, "the cloud disk tells no news"
    press(browser, accounts["syngrafii"], "new", after=last.pk)
    assert Reading.objects.get(state="running").scope == "new"


@pytest.mark.parametrize(
    "data",
    [
        {"do": "all"},
        {"do": "full", "after": "x"},
        {"do": "full", "account": "x"},
        {"do": "full", "account": "99999"},
    ],
)
def test_a_form_that_makes_no_sense_starts_nothing(
    sandbox: Sandbox, accounts: dict[str, Account], browser: Client, data: dict[str, str]
) -> None:
    answer = browser.post(URL, {"account": accounts["classin"].pk, "after": "0", **data})
    assert answer.status_code == 404
    assert not Reading.objects.exists()


def test_cancelling_from_its_page(sandbox: Sandbox, accounts: dict[str, Account], browser: Client) -> None:
    url = press(browser, accounts["classin"]).url
    assert browser.post(url, {"do": "cancel"}).status_code == 302
    assert Reading.objects.get().state == "cancelled"
    page = browser.post(url, {"do": "cancel"}, follow=True).content.decode()
    assert "over already" in page
    assert Record.objects.filter(action="intake.reading.cancelled").count() == 1


def test_who_only_looks_has_no_buttons_and_is_refused(
    sandbox: Sandbox, accounts: dict[str, Account], client: Client
) -> None:
    client.force_login(UserFactory(roles=["Viewer"]))
    reading = Reading.objects.create(account=accounts["classin"])
    page = client.get(URL).content.decode()
    assert "Read now" not in page
    assert reading.get_absolute_url() in page
    assert press(client, accounts["huawei_vod"]).status_code == 403
    assert client.post(reading.get_absolute_url(), {"do": "cancel"}).status_code == 403
    assert Record.objects.filter(action="intake.reading.denied").count() == 2


def test_an_account_that_is_not_connected_has_no_button(
    accounts: dict[str, Account], browser: Client, settings: Any
) -> None:
    settings.PROVIDER_ACCOUNTS = {}
    assert "Read now" not in browser.get(URL).content.decode()
    press(browser, accounts["classin"])
    assert not Reading.objects.exists()


def test_the_page_of_one_that_failed_says_why_and_what_helps(
    accounts: dict[str, Account], browser: Client
) -> None:
    reading = ended(
        accounts["huawei_vod"], state="failed", complete=False, end="credentials", end_code="VOD.10054",
        end_message="Authentication failed.",
    )  # fmt: skip
    page = browser.get(reading.get_absolute_url()).content.decode()
    for words in (
        "The provider refuses the credentials (VOD.10054)",
        "Check the key of the account",
        "nothing was called missing",
    ):
        assert words in page


def test_the_page_says_what_could_not_be_read(
    sandbox: Sandbox, browser: Client, read_through: Callable[..., Reading]
) -> None:
    _add_folders(sandbox.world, 6)
    sandbox.change("folder", "20005", school="other")
    page = browser.get(read_through("classin").get_absolute_url()).content.decode()
    assert "Finished, not complete" in page
    assert "What could not be read" in page
    assert "20005" in page
    assert "so nothing was called missing" in page


def test_the_records_are_linked_for_who_reads_the_log(
    accounts: dict[str, Account], client: Client, browser: Client
) -> None:
    reading = ended(accounts["classin"])
    assert (
        "audit/record"
        not in browser.get(reading.get_absolute_url()).content.decode().split("page-actions")[1]
    )
    client.force_login(SuperuserFactory())
    page = client.get(reading.get_absolute_url()).content.decode()
    href = page.split("/admin/audit/record/?q=")[1].split('"')[0].replace("&amp;", "&")
    found = client.get(f"/admin/audit/record/?q={href}").content.decode()
    assert "There is no" not in found


def test_the_list_asks_the_same_number_of_questions_however_many_there_are(
    accounts: dict[str, Account], browser: Client, django_assert_max_num_queries: Any
) -> None:
    for account in accounts.values():
        for _number in range(8):
            ended(account)
    browser.get("/admin/intake/reading/")
    with django_assert_max_num_queries(14):
        page = browser.get("/admin/intake/reading/").content.decode()
    assert page.count("row-link") == 24


@pytest.mark.parametrize("pk", ["99999", "x", "9" * 30])
def test_a_reading_that_does_not_exist_is_not_found(db: None, client: Client, pk: str) -> None:
    client.force_login(SuperuserFactory())
    assert client.get(f"/admin/intake/reading/{pk}/change/").status_code == 404
