"""The language of the log's search box: what it finds, what it says of what it does not understand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from audit.actors import Actor
from audit.qualifiers import BY_NAME, MOST_WALKS, QUALIFIERS, Query, examples
from audit.services import Target
from tests.audit.test_log_screen import LOG, auditor, shown
from tests.factories.audit import write, write_run
from tests.factories.people import UserFactory

__all__ = ["auditor"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger_of_three() -> None:
    zhao = UserFactory(username="zhao", first_name="Min", last_name="Zhao")
    lin = UserFactory(username="lin", first_name="月", last_name="林")
    write_run(1, items=1, by=zhao)
    write_run(2, items=3, by=lin, key="media_assets.class_video.delete")
    write(
        "audit.rights.changed",
        actor=Actor.person(lin, via="admin"),
        target=Target("auth.user", 12, "Public speaking"),
    )
    write(
        "media_assets.class_video.delete.unknown",
        actor=Actor.person(zhao, via="admin"),
        target=Target("media_assets.videoasset", 12, "Public speaking: mock", "clip-12"),
        provider="classin",
        run_id=3,
        item_id=1,
    )  # fmt: skip
    write("audit.session.signed_out", actor=Actor(None, "", "admin", request_id="abcd-1234"), at=dt.datetime(2020, 1, 2, tzinfo=dt.UTC))  # fmt: skip


@pytest.mark.parametrize(
    ("search", "count"),
    [
        ("outcome:unknown", 1),
        ("action:delete outcome:unknown", 1),
        ("action:delete outcome:done", 3),
        ("action:edit outcome:denied", 0),
        ("ACTION:Delete Outcome:DONE", 3),
        ("action:courses.course.edit.succeeded", 1),
        ("actor:zhao outcome:done", 1),
        ("actor:ZHAO -outcome:unknown action:edit", 4),
        ('actor:"Min Zhao" outcome:unknown', 1),
        ("actor:林月 outcome:done", 3),
        ("actor:system action:run", 2),
        ('target:"Public speaking"', 2),
        ("target:“Public speaking”", 2),
        ("target:media_assets.videoasset:12", 1),
        ("target:videoasset:12", 1),
        ("target:videoasset", 1),
        ("target:clip-12", 1),
        ("target:lesson.mp4", 0),
        ("run:R-2", 9),
        ("run:2", 9),
        ("R-2", 9),
        ("request:abcd-1234", 1),
        ("provider:classin", 9),
        ("provider:classin -outcome:done", 5),
        ("created:<2020-02-01", 1),
        ("created:2020-01-02", 1),
        ("created:2020-01-01..2020-01-02", 1),
        ("created:*..2020-01-02", 1),
        ("created:>2020-01-02 provider:classin", 9),
        ("created:>=2020-01-01 created:<=2020-01-03", 1),
        ("结果 outcome：unknown", 0),
        ("outcome：unknown", 1),
        ("created：≥2020-01-03 outcome：unknown", 1),
        ("created：＞＝2020-01-03 outcome：unknown", 1),
        ("public action:delete", 1),
        ("speaking public", 2),
        ('"speaking public"', 0),
        ("-run:R-2 provider:classin outcome:done", 1),
        ("12:30", 0),
    ],
)
def test_a_search_finds_what_it_names(
    client: Client, auditor: Any, ledger_of_three: None, search: str, count: int
) -> None:
    response = client.get(LOG, {"q": search, "all": "1"})
    assert response.context["criteria"].query.problems == []
    assert len(shown(response)) == count


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ("colour:blue", "no qualifier “colour”"),
        ("https://school.example", "no qualifier “https”"),
        ("actor:", "needs a value"),
        ('target:""', "needs a value"),
        ("actor:nobody-like-this", "Nobody is called"),
        ("actor:many", "More than 30 people"),
        ("action:explode", "No action is called"),
        ("outcome:great", "There are: done, already"),
        ("provider:zoom", "There are: classin"),
        ("target:no.such:3", "no kind of object"),
        ("target:videoasset:99999999999999999999", "is not a number"),
        ("run:x", "is no run"),
        ("run:R-99999999999999999999999", "is no run"),
        ("request:short", "no request ID"),
        ("created:yesterday", "no span of days"),
        ("created:2026-02-31", "no span of days"),
        ("created:2026-11-05..2026-11-01", "no span of days"),
        ("created:*..*", "no span of days"),
        ("created:>=", "no span of days"),
        ("outcome:done outcome:unknown", "stands there twice"),
    ],
)
def test_what_is_not_understood_is_said_beside_the_box_and_nothing_is_shown(
    client: Client, auditor: Any, ledger_of_three: None, search: str, words: str
) -> None:
    for number in range(MOST_WALKS + 1):
        UserFactory(username=f"many{number}")
    response = client.get(LOG, {"q": f"IELTS {search}", "all": "1"})
    assert response.status_code == 200
    (problem,) = response.context["criteria"].query.problems
    assert words in problem
    assert shown(response) == []
    html = response.content.decode()
    assert 'aria-invalid="true" aria-describedby="search-problems"' in html
    assert "No record matches" not in html


def test_each_part_has_a_chip_that_takes_it_alone_away(
    client: Client, auditor: Any, ledger_of_three: None
) -> None:
    query = {"q": 'actor:zhao  IELTS -outcome:done target:"Public speaking"', "provider": "classin"}
    chips = client.get(LOG, query).context["chips"]
    assert [(chip.label, chip.value) for chip in chips] == [
        ("Person", "Min Zhao"),
        ("Search", "“IELTS”"),
        ("Result", "not Done"),
        ("Object", "“Public speaking”"),
        ("Provider", "ClassIn"),
    ]
    for place, chip in enumerate(chips):
        left = client.get(LOG + chip.url).context["chips"]
        assert [other.value for other in left] == [
            other.value for number, other in enumerate(chips) if number != place
        ]


def test_a_search_of_one_person_and_days_still_folds_runs(
    client: Client, auditor: Any, ledger_of_three: None
) -> None:
    response = client.get(LOG, {"q": "actor:lin created:>=2021-01-01"})
    assert response.context["criteria"].folds
    assert len(shown(response)) == 2


def test_people_of_one_name_are_looked_for_together(client: Client, auditor: Any) -> None:
    people = [UserFactory(username=f"wang{number}", first_name="Wang") for number in range(3)]
    for person in people * 20:
        write("audit.session.signed_in", actor=Actor.person(person, via="admin"))
    first = client.get(LOG, {"q": "actor:wang", "all": "1"})
    assert len(shown(first)) == 50
    second = client.get(LOG + first.context["older_url"])
    assert len(shown(second)) == 10
    assert shown(client.get(LOG + second.context["newer_url"])) == shown(first)
    assert not set(shown(first)) & set(shown(second))


def test_a_window_over_several_walks_loses_and_doubles_nothing(ledger_of_three: None) -> None:
    from django.http import QueryDict

    from audit import paging
    from audit.filters import parse
    from audit.models import Record

    for number in range(7):
        write_run(100 + number, items=4, key="media_assets.class_video.delete")
        write_run(200 + number, items=2)
    criteria = parse(QueryDict("all=1&q=action:class_video.delete provider:classin"))
    found: list[int] = []
    before = None
    for _step in range(200):
        page = paging.look_through(criteria.search(), before=before, size=3, limit=40)
        found += [record.pk for record in page.records]
        if not page.older:
            break
        before = paging.Cursor.parse(page.older)
    assert found == list(criteria.matching().order_by("-at", "-id").values_list("pk", flat=True))
    assert len(found) > 50
    assert Record.objects.count() > len(found)


def test_the_help_shows_every_qualifier_and_every_example_is_understood(client: Client, auditor: Any) -> None:
    UserFactory(username="zhao")
    html = client.get(LOG).content.decode()
    for qualifier in QUALIFIERS:
        assert (
            f'<code class="mono">{qualifier.example.replace(chr(34), "&quot;").replace(">", "&gt;")}</code>'
            in html
        )
        assert Query.parse(qualifier.example).problems == []
    for search, _words in examples():
        assert Query.parse(search).problems == []
    assert set(BY_NAME) == {"actor", "action", "outcome", "target", "run", "request", "provider", "created"}
