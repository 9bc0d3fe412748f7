"""What the scripts add, in a real browser under the real policy, and that lists work without them."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.screens.people_screen import PeopleScreen

User = get_user_model()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.screens.people_screen"),
]
LIST = "/admin/auth/user/?o=name"


@pytest.fixture
def signed_in(page: Page, live_server: LiveServer, client: Client, settings: object) -> Page:
    """The page of a superuser, with eleven people to look at."""
    User.objects.bulk_create(User(username=f"person-{number:02d}") for number in range(11))
    client.force_login(User.objects.create_superuser("boss"))
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    PeopleScreen.seen.clear()
    PeopleScreen.asked = 0
    return page


def test_shift_ticks_a_range_and_the_bar_counts(signed_in: Page, live_server: LiveServer) -> None:
    signed_in.goto(live_server.url + LIST)
    bar = signed_in.locator("[data-selected-text]")
    expect(bar).to_have_text("Ticked on this page")
    ticks = signed_in.locator(".row-tick")
    ticks.nth(0).click()
    expect(bar).to_have_text("1 on this page selected")
    ticks.nth(3).click(modifiers=["Shift"])
    expect(bar).to_have_text("4 on this page selected")
    signed_in.locator("[data-tick-all]").click()
    expect(bar).to_have_text("5 on this page selected")
    signed_in.locator("[data-clear]").click()
    expect(bar).to_have_text("Ticked on this page")
    expect(signed_in.locator(".row-tick:checked")).to_have_count(0)


def test_all_that_match_are_sent_by_the_second_choice(signed_in: Page, live_server: LiveServer) -> None:
    signed_in.goto(live_server.url + LIST + "&q=person")
    signed_in.get_by_label("Select all 11 that match").check()
    signed_in.get_by_role("button", name="Greet…").click()
    expect(signed_in.get_by_role("status")).to_contain_text("Greeted 11")
    assert len(PeopleScreen.seen[0][1]) == 11


def test_all_except_the_ticked_rows_counts_along_and_sends_the_rest(
    signed_in: Page, live_server: LiveServer
) -> None:
    signed_in.goto(live_server.url + LIST + "&q=person")
    signed_in.get_by_label("Select all 11 that match").check()
    expect(signed_in.locator(".row-tick:checked")).to_have_count(5)
    choice = signed_in.locator('[name="select_across"][value="2"]')
    words = signed_in.locator("[data-except-text]")
    choice.check()
    expect(signed_in.locator(".row-tick:checked")).to_have_count(0)
    expect(words).to_contain_text("All 11 that match")
    signed_in.locator(".row-tick").nth(1).click()
    expect(words).to_contain_text("10 selected: all that match")
    signed_in.locator(".row-tick").nth(3).click()
    expect(words).to_contain_text("9 selected: all that match")
    expect(words).to_contain_text("except the 2 ticked ones")
    expect(choice).to_be_checked()
    signed_in.get_by_role("button", name="Greet…").click()
    expect(signed_in.get_by_role("status")).to_contain_text("Greeted 9: “person”, except 2 that were ticked")
    left = set(User.objects.filter(pk__in=PeopleScreen.seen[0][1]).values_list("username", flat=True))
    assert left == {f"person-{number:02d}" for number in range(11)} - {"person-01", "person-03"}


def test_a_slash_goes_to_the_search_and_a_slash_in_a_text_stays_there(
    signed_in: Page, live_server: LiveServer
) -> None:
    signed_in.goto(live_server.url + LIST)
    field = signed_in.locator('[name="q"]')
    signed_in.keyboard.press("/")
    expect(field).to_be_focused()
    signed_in.keyboard.type("a/b")
    expect(field).to_have_value("a/b")


def test_the_slash_can_be_switched_off(signed_in: Page, live_server: LiveServer) -> None:
    signed_in.goto(live_server.url + LIST)
    signed_in.locator("summary", has_text="Your account").click()
    signed_in.get_by_role("button", name="Switch the / key off").click()
    expect(signed_in.get_by_role("button", name="Switch the / key on")).to_be_visible()
    signed_in.keyboard.press("Escape")
    signed_in.keyboard.press("/")
    expect(signed_in.locator('[name="q"]')).not_to_be_focused()


def test_a_popover_closes_by_escape_and_gives_the_focus_back(
    signed_in: Page, live_server: LiveServer
) -> None:
    signed_in.goto(live_server.url + LIST)
    button = signed_in.locator("summary", has_text="Joined")
    button.click()
    expect(signed_in.get_by_label("From")).to_be_visible()
    signed_in.get_by_label("From").focus()
    signed_in.keyboard.press("Escape")
    expect(signed_in.get_by_label("From")).to_be_hidden()
    expect(button).to_be_focused()


def test_a_form_counts_marks_and_lists_what_was_changed(signed_in: Page, live_server: LiveServer) -> None:
    signed_in.goto(live_server.url + "/form/")
    name = signed_in.get_by_label("Course name")
    counter = signed_in.locator(".counter")
    expect(counter).to_have_text("6 / 10")
    name.fill("Autumn and winter")
    expect(counter).to_have_text("17 / 10")
    expect(counter).to_have_class("counter is-over")
    signed_in.get_by_label("Leaves").check()
    expect(signed_in.get_by_role("button", name="Review 2 changes")).to_be_visible()
    expect(signed_in.locator("[data-changes-list]")).to_contain_text("added: Autumn and winter")
    expect(signed_in.locator(".field.is-changed")).to_have_count(2)
    name.fill("Autumn")
    signed_in.get_by_label("Stays").check()
    expect(signed_in.locator(".field.is-changed")).to_have_count(0)
    expect(signed_in.get_by_role("button", name="Review changes")).to_be_visible()


def test_leaving_with_unsent_changes_is_asked_about(signed_in: Page, live_server: LiveServer) -> None:
    signed_in.goto(live_server.url + "/form/")
    asked: list[str] = []
    signed_in.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    signed_in.get_by_label("Course name").click()
    signed_in.keyboard.type("x")
    signed_in.goto(live_server.url + LIST)
    assert asked == ["beforeunload"]


def test_progress_goes_on_by_itself_and_stops_asking_when_it_is_over(
    signed_in: Page, live_server: LiveServer
) -> None:
    signed_in.goto(live_server.url + "/run/")
    expect(signed_in.locator("[data-progress-part] .big")).to_have_text("3")
    expect(signed_in.locator("[data-progress-status]")).to_have_text("3 of 3 done")
    assert PeopleScreen.asked == 3
    signed_in.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    signed_in.wait_for_timeout(300)
    assert PeopleScreen.asked == 3


def test_a_selection_is_sent_without_any_script(
    browser: Browser, live_server: LiveServer, signed_in: Page
) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(signed_in.context.cookies())
    plain = context.new_page()
    plain.goto(live_server.url + LIST)
    plain.locator(".row-tick").nth(1).check()
    plain.get_by_role("button", name="Greet…").click()
    expect(plain.get_by_role("status")).to_contain_text("Greeted 1:")
    plain.get_by_label("Select all").check()
    plain.get_by_role("button", name="Greet…").click()
    expect(plain.get_by_role("status")).to_contain_text("Greeted 12:")
    context.close()
