"""Every row is met once, in order, in both directions, whatever is NULL and whatever is equal."""

from __future__ import annotations

import base64
import datetime as dt
import json
import random

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models.functions import Now
from django.utils import timezone

from screens.keyset import BoundedCount, KeysetPage, Ordering, bounded_count

User = get_user_model()
pytestmark = pytest.mark.django_db

ORDERINGS = {
    "joined": ("-date_joined", "-pk"),
    "login": ("-last_login", "-pk"),
    "login-first": ("last_login", "pk"),
    "mixed": ("first_name", "-last_login", "pk"),
    "unique": ("username",),
}


@pytest.fixture
def people() -> list[int]:
    """23 people with ties and with logins that never happened."""
    chance = random.Random(7)
    start = dt.datetime(2025, 3, 1, 8, 0, 0, 123456, tzinfo=dt.UTC)
    return [
        User.objects.create(
            username=f"person-{number:02d}",
            first_name=chance.choice(["", "Li", "Wu"]),
            date_joined=start + dt.timedelta(days=chance.randint(0, 3)),
            last_login=chance.choice(
                [None, start, start + dt.timedelta(microseconds=1), start + dt.timedelta(hours=5)]
            ),
        ).pk
        for number in range(23)
    ]


def expected(fields: tuple[str, ...], *, turned: bool) -> list[int]:
    """The order worked out in Python: NULLs last whichever way a column runs."""
    rows = list(User.objects.all())
    for field in reversed(fields):
        name, down = field.removeprefix("-"), field.startswith("-") != turned
        valued = [row for row in rows if getattr(row, name) is not None]
        missing = [row for row in rows if getattr(row, name) is None]
        rows = [*sorted(valued, key=lambda row: getattr(row, name), reverse=down), *missing]
        if down:  # a stable sort that is reversed turns ties round as well
            rows = [*_stable_reverse(valued, name), *missing]
    return [row.pk for row in rows]


def _stable_reverse(rows: list[User], name: str) -> list[User]:
    values = sorted({getattr(row, name) for row in rows}, reverse=True)
    return [row for value in values for row in rows if getattr(row, name) == value]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("fields", ORDERINGS.values(), ids=ORDERINGS.keys())
@pytest.mark.parametrize("size", [1, 4, 23, 50])
def test_paging_meets_every_row_once_and_comes_back_the_same_way(
    people: list[int], fields: tuple[str, ...], size: int, *, turned: bool
) -> None:
    ordering = Ordering(User, "o", fields)
    ordering = ordering.reversed() if turned else ordering
    order = expected(fields, turned=turned)
    rows = User.objects.all()

    page = KeysetPage.load(rows, ordering, size)
    pages = [[row.pk for row in page.rows]]
    assert page.before is None
    while page.after:
        page = KeysetPage.load(rows, ordering, size, after=page.after)
        pages.append([row.pk for row in page.rows])
    assert [pk for one in pages for pk in one] == order

    back = [pages[-1]]
    while page.before:
        page = KeysetPage.load(rows, ordering, size, before=page.before)
        back.append([row.pk for row in page.rows])
    assert back[::-1] == pages


def test_a_time_that_the_database_wrote_itself_is_found_again(people: list[int]) -> None:
    User.objects.update(last_login=Now())
    ordering = Ordering(User, "login", ("-last_login", "-pk"))
    met: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = KeysetPage.load(User.objects.all(), ordering, 4, after=cursor)
        met += [row.pk for row in page.rows]
        cursor = page.after
    assert met == sorted(people, reverse=True)


def test_the_first_page_is_full_when_few_rows_lie_before_a_cursor(people: list[int]) -> None:
    ordering = Ordering(User, "pk", ("pk",))
    page = KeysetPage.load(
        User.objects.all(), ordering, 10, before=ordering.encode(User.objects.get(pk=people[3]))
    )
    assert [row.pk for row in page.rows] == people[:10]
    assert page.before is None
    assert page.after is not None


def test_a_page_whose_rows_went_away_leads_back(people: list[int]) -> None:
    ordering = Ordering(User, "pk", ("pk",))
    cursor = ordering.encode(User.objects.get(pk=people[9]))
    User.objects.filter(pk__gt=people[9]).delete()
    page = KeysetPage.load(User.objects.all(), ordering, 5, after=cursor)
    assert page.rows == []
    assert page.before
    assert [
        row.pk for row in KeysetPage.load(User.objects.all(), ordering, 5, before=page.before).rows
    ] == people[4:9]


def _cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "%%%",
        "AAAA",
        "=" * 9,
        _cursor("joined"),
        _cursor(["joined", ["not a time", 3]]),
        _cursor(["joined", [None, 3]]),
        _cursor(["joined", ["2025-03-01T08:00:00+00:00", "x"]]),
        _cursor(["joined", ["2025-03-01T08:00:00+00:00", 10**30]]),
        _cursor(["joined", ["2025-03-01T08:00:00+00:00", [1]]]),
        _cursor(["joined", ["2025-03-01T08:00:00+00:00"]]),
        _cursor(["login", ["2025-03-01T08:00:00+00:00", 3]]),
        _cursor({"joined": 1}),
        "W" * 5000,
    ],
)
def test_a_malformed_cursor_shows_the_first_page(people: list[int], cursor: str) -> None:
    ordering = Ordering(User, "joined", ORDERINGS["joined"])
    first = KeysetPage.load(User.objects.all(), ordering, 5)
    assert KeysetPage.load(User.objects.all(), ordering, 5, after=cursor) == first
    assert KeysetPage.load(User.objects.all(), ordering, 5, before=cursor) == first


def test_an_ordering_must_end_with_a_unique_column() -> None:
    with pytest.raises(ValueError, match="unique"):
        Ordering(User, "joined", ("-date_joined",))
    with pytest.raises(ValueError, match="unique"):
        Ordering(User, "none", ())


def test_paging_uses_neither_offset_nor_an_unbounded_count(
    people: list[int],
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ordering = Ordering(User, "joined", ORDERINGS["joined"])
    after = KeysetPage.load(User.objects.all(), ordering, 5).after
    with CaptureQueriesContext(connection) as seen:
        KeysetPage.load(User.objects.all(), ordering, 5, after=after or "")
        bounded_count(User.objects.all())
    statements = [query["sql"] for query in seen.captured_queries]
    assert not [sql for sql in statements if "OFFSET" in sql]
    assert [sql for sql in statements if "COUNT(*)" in sql] == [statements[-1]]
    assert "LIMIT 10001" in statements[-1]


def test_a_count_stops_at_its_limit() -> None:
    Group.objects.bulk_create(Group(name=f"group {number}") for number in range(12))
    groups = Group.objects.filter(name__startswith="group ").order_by("name")
    assert bounded_count(groups, 10) == BoundedCount(10, capped=True)
    assert str(bounded_count(groups, 10)) == "10+"
    assert str(bounded_count(groups, 12)) == "12"
    assert str(BoundedCount(10_000, capped=True)) == "10,000+"
    assert not bounded_count(groups.none())


def test_a_cursor_keeps_the_microseconds() -> None:
    moment = timezone.now().replace(microsecond=987_654)
    row = User.objects.create(username="exact", last_login=moment)
    ordering = Ordering(User, "login", ("-last_login", "-pk"))
    assert ordering.decode(ordering.encode(row)) == [moment, row.pk]
