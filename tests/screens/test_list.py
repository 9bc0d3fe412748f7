"""The list screen over HTTP: pages, filters in the URL, garbage, and what a press on a bulk button means."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client, override_settings

from screens.model_admin import MOST_TICKED
from tests.screens.people_screen import PeopleScreen

User = get_user_model()
URL = "/admin/auth/user/"
pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.screens.people_screen")]


@pytest.fixture
def people() -> list[User]:
    return [User.objects.create(username=f"person-{number:02d}", is_staff=number < 7) for number in range(12)]


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss"))
    PeopleScreen.seen.clear()
    return client


def texts(response: object) -> list[str]:
    return [str(message) for message in response.context["messages"]]  # type: ignore[attr-defined]


def test_a_page_shows_its_rows_its_count_and_the_way_on(boss: Client, people: list[User]) -> None:
    page = boss.get(URL, {"o": "name"}).content.decode()
    assert "person-00" in page
    assert "person-11" not in page
    assert "13 users" in page
    assert 'rel="next"' in page
    assert 'rel="prev"' not in page


def test_the_filter_and_the_order_stay_while_paging(boss: Client, people: list[User]) -> None:
    cl = boss.get(URL, {"o": "name", "is_staff": "true"}).context["cl"]
    assert "o=name" in cl.page.next_url
    assert "is_staff=true" in cl.page.next_url
    second = boss.get(URL + cl.page.next_url).context["cl"]
    assert [row.username for row in second.result_list] == ["person-04", "person-05", "person-06"]
    assert second.page.previous_url


def test_active_filters_are_chips_in_words_that_lead_to_the_list_without_them(
    boss: Client, people: list[User]
) -> None:
    role = Group.objects.create(name="Editors")
    query = {
        "is_staff": "true",
        "group": role.pk,
        "joined_before": "2025-02-28",
        "size_min": "1.5",
        "q": "per",
    }
    cl = boss.get(URL, query).context["cl"]
    assert [(chip.label, chip.value) for chip in cl.chips] == [
        ("Staff", "Yes"),
        ("Role", "Editors"),
        ("Joined", "until 28 Feb 2025"),
        ("Size", "at least 1.5 MB"),
        ("Search", "per"),
    ]
    assert "joined_before" not in cl.chips[2].url
    assert "q=per" in cl.chips[2].url
    assert cl.words == "Staff: Yes, Editors, until 28 Feb 2025, at least 1.5 MB, “per”"


def test_what_a_tab_covers_has_no_filter_button(boss: Client, people: list[User]) -> None:
    cl = boss.get(URL, {"is_staff": "true"}).context["cl"]
    assert [button.name for button in cl.buttons] == ["group", "joined", "size"]
    assert [(tab.label, str(tab.count), tab.active) for tab in cl.tabs()] == [
        ("All", "13", False),
        ("Staff", "8", True),
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"is_staff__exact": "1"},
        {"password__startswith": "pbkdf2"},
        {"joined_after": "yesterday"},
        {"group": "999999"},
        {"group": "x\x00"},
        {"size_min": "much"},
        {"q": "a\x00b"},
    ],
)
def test_garbage_in_the_address_is_said_and_shows_no_row(
    boss: Client, people: list[User], query: dict[str, str]
) -> None:
    response = boss.get(URL, query)
    assert response.status_code == 200
    assert "This address is not understood" in response.content.decode()
    assert response.context["cl"].result_list == []
    pressed = boss.post(
        f"{URL}?{response.wsgi_request.GET.urlencode()}", {"action": "greet", "select_across": "1"}
    )
    assert pressed.status_code == 302
    assert PeopleScreen.seen == []


@pytest.mark.parametrize(
    "query",
    [
        {"size_min": "1e400"},
        {"size_max": "1e400"},
        {"joined_after": "0001-01-01"},
        {"joined_before": "9999-12-31"},
        {"o": "nonsense"},
        {"p": "7"},
        {"after": "?"},
    ],
)
def test_extreme_but_lawful_addresses_answer(boss: Client, people: list[User], query: dict[str, str]) -> None:
    assert boss.get(URL, query).status_code == 200


def test_ticked_rows_are_handed_over(boss: Client, people: list[User]) -> None:
    wanted = {people[0].pk, people[11].pk}
    response = boss.post(
        URL, {"action": "greet", "select_across": "0", "_selected_action": list(wanted)}, follow=True
    )
    assert PeopleScreen.seen == [("greet", wanted)]
    assert texts(response) == ["Greeted 2: 2 ticked by hand"]


def test_all_that_match_are_handed_over_without_a_single_tick(boss: Client, people: list[User]) -> None:
    boss.post(f"{URL}?is_staff=true&q=person", {"action": "greet", "select_across": "1"})
    assert PeopleScreen.seen == [("greet", {person.pk for person in people[:7]})]


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({"action": "greet", "select_across": "0"}, "Nothing is selected"),
        ({"action": "greet"}, "Nothing is selected"),
        ({"action": "delete_selected", "_selected_action": ["1"]}, "does not know that action"),
        ({"_selected_action": ["1"]}, "does not know that action"),
        (
            {"action": "greet", "_selected_action": ["0", "x", str(10**30)]},
            "3 ticked rows are not in this list",
        ),
    ],
)
def test_a_press_that_means_nothing_changes_nothing_and_says_why(
    boss: Client, people: list[User], posted: dict[str, object], said: str
) -> None:
    response = boss.post(URL, posted, follow=True)
    assert said in texts(response)[0]
    assert PeopleScreen.seen == []


def test_one_foreign_id_refuses_the_whole_selection(boss: Client, people: list[User]) -> None:
    posted = {"action": "greet", "_selected_action": [str(people[0].pk), "987654"]}
    assert "1 ticked row is not in this list" in texts(boss.post(URL, posted, follow=True))[0]
    assert PeopleScreen.seen == []


@override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=None)
def test_more_than_a_thousand_ids_are_refused(boss: Client) -> None:
    ids = [str(number) for number in range(MOST_TICKED + 1)]
    response = boss.post(URL, {"action": "greet", "_selected_action": ids}, follow=True)
    assert "1,001 rows are ticked, 1,000 at most" in texts(response)[0]


def test_an_empty_match_is_refused(boss: Client, people: list[User]) -> None:
    response = boss.post(f"{URL}?q=nobody-like-this", {"action": "greet", "select_across": "1"}, follow=True)
    assert "No row matches" in texts(response)[0]
    assert PeopleScreen.seen == []


def test_a_get_with_the_fields_of_a_press_changes_nothing(boss: Client, people: list[User]) -> None:
    boss.get(URL, {"action": "greet", "select_across": "1"})
    assert PeopleScreen.seen == []


def test_a_press_needs_the_csrf_token(people: list[User]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("strict"))
    PeopleScreen.seen.clear()
    assert strict.post(URL, {"action": "greet", "select_across": "1"}).status_code == 403
    assert PeopleScreen.seen == []


def test_without_the_right_to_view_there_is_no_list_and_no_press(client: Client, people: list[User]) -> None:
    client.force_login(User.objects.create_user("guest", is_staff=True))
    PeopleScreen.seen.clear()
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"action": "greet", "select_across": "1"}).status_code == 403
    assert PeopleScreen.seen == []


def test_nothing_is_added_changed_or_deleted_by_the_admins_own_forms(
    boss: Client, people: list[User]
) -> None:
    assert boss.get(f"{URL}add/").status_code == 403
    assert boss.post(f"{URL}{people[0].pk}/delete/", {"post": "yes"}).status_code == 403
    boss.post(f"{URL}{people[0].pk}/change/", {"username": "changed"})
    assert User.objects.filter(pk=people[0].pk, username="person-00").exists()


def test_the_number_of_queries_does_not_grow_with_the_rows(
    boss: Client, people: list[User], django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(10):  # type: ignore[operator]  # session, person, roles, page, counts
        boss.get(URL, {"o": "name"})


def test_the_page_has_nothing_inline_and_no_action_of_djangos_own(boss: Client, people: list[User]) -> None:
    page = boss.get(URL).content.decode()
    assert " style=" not in page
    assert "<style" not in page
    assert "onclick" not in page
    assert "delete_selected" not in page
