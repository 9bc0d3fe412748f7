"""Every filter of the log, and every two of them, is answered from an index: asked of the database's own plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode

from audit import menus, paging
from audit.filters import NAMES, page_of, parse
from audit.models import Record
from audit.qualifiers import QUALIFIERS
from tests.audit.large_log import RECORDS, large_log

pytestmark = pytest.mark.django_db

# One value for everything that the buttons and the search box offer; a new one without a value here fails below.
BUTTONS: dict[str, dict[str, str]] = {
    "date": {"from": "2025-03-01", "to": "2025-03-02"},
    "person": {"person": ""},
    "action": {"action": "media_assets.class_video.delete"},
    "object": {"kind": "courses.course"},
    "result": {"result": "unknown"},
    "provider": {"provider": "classin"},
    "run": {"run": "R-12"},
}
LINKED: dict[str, dict[str, str]] = {
    "one object": {"kind": "media_assets.videoasset", "object": "12"},
    "request": {"request": "0123456789abcdef0123456789abcdef"},
    "system": {"person": "system"},
    "every record": {"all": "1"},
    "one action": {"action": "courses.course.edit.succeeded"},
    "common result": {"result": "done"},
}
SEARCHES = {
    "actor": "actor:person7",
    "action": "action:class_video",
    "outcome": "outcome:rejected",
    "target": "target:media_assets.videoasset:12",
    "run": "run:R-12",
    "request": "request:0123456789abcdef0123456789abcdef",
    "provider": "provider:huawei_vod",
    "created": "created:>=2025-03-01",
}
MORE_SEARCHES = {
    "not": "-outcome:done",
    "words": "nothing-like-it",
    "name": 'target:"nothing like it"',
    "kind": "target:courses.course",
    "several people": "actor:person1",
}


@pytest.fixture(scope="module")
def log(django_db_setup: Any, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), large_log():
        yield


def filters() -> dict[str, dict[str, str]]:
    """Each filter alone, by a name for the message of a failing test."""
    person = get_user_model()._default_manager.get(username="person7")
    found = {f"button {name}": dict(values) for name, values in BUTTONS.items()}
    found["button person"] = {"person": str(person.pk)}
    found |= {f"link {name}": values for name, values in LINKED.items()}
    return found | {f"search {name}": {"q": text} for name, text in {**SEARCHES, **MORE_SEARCHES}.items()}


def two(one: dict[str, str], other: dict[str, str]) -> dict[str, str] | None:
    """Both filters in one address; None where one address cannot hold both."""
    if one.keys() & other.keys() - {"q"}:
        return None
    searches = [part["q"] for part in (one, other) if "q" in part]
    search = " ".join(searches)
    if len({text.partition(":")[0] for text in searches if ":" in text}) < sum(
        ":" in text for text in searches
    ):
        return None
    return {**one, **other, **({"q": search} if search else {})}


def addresses() -> dict[str, str]:
    singles = filters()
    found = {"nothing": "", **{name: urlencode(values) for name, values in singles.items()}}
    for (name, one), (other_name, other) in combinations(singles.items(), 2):
        if both := two(one, other):
            found[f"{name} + {other_name}"] = urlencode(both)
    return found


def asked(address: str, **place: str) -> list[str]:
    """The statements that a page of the log costs for its records."""
    criteria = parse(QueryDict(f"{address}&{urlencode(place)}"))
    assert not criteria.unreadable, (address, criteria.problems, criteria.query.problems)
    with CaptureQueriesContext(connection) as captured:
        page_of(criteria)
    return [query["sql"] for query in captured.captured_queries]


def complaint(sql: str) -> str:
    """What is wrong with the plan of this statement; "" for a plan that holds for a log of any size."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            return plan if re.search(r"Seq Scan on audit_record", plan) else ""
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        steps = [row[3] for row in cursor.fetchall()]
    bad = [step for step in steps if re.match(r"SCAN (audit_record|U\d)", step) and "USING" not in step]
    return "\n".join(steps) if bad else ""


def test_the_walk_knows_every_filter_that_the_screen_offers() -> None:
    criteria = parse(QueryDict())
    offered = {button.name for button in menus.buttons(criteria, menus.Address(QueryDict()), [])}
    assert offered == set(BUTTONS)
    assert {qualifier.name for qualifier in QUALIFIERS} == set(SEARCHES)
    tried = {name for values in (*BUTTONS.values(), *LINKED.values()) for name in values}
    assert tried | {"q"} == NAMES


def test_every_filter_and_every_two_of_them_walk_an_index(log: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # The window is to the test's log what the real one is to a log of ten million.
    small = {**paging.look_through.__kwdefaults__, "limit": RECORDS // 60}
    monkeypatch.setattr(paging.look_through, "__kwdefaults__", small)
    place = str(Record.objects.order_by("-at", "-id").values_list("pk", flat=True)[RECORDS // 2])
    tried = 0
    for name, address in addresses().items():
        places: list[dict[str, str]] = [{}, {"before": place}, {"after": place}]
        for where in places[:1] if " + " in name else places:
            statements = asked(address, **where)
            assert len(statements) <= 2, (name, statements)
            for sql in statements:
                assert not (found := complaint(sql)), f"{name} {where}\n{sql}\n{found}"
                tried += 1
    assert tried > 500


def test_a_scan_would_be_noticed(log: None) -> None:
    """The negative control: a filter that no index serves, without a window."""
    rows = Record.objects.filter(target_label__icontains="x")
    sql, values = rows.query.sql_with_params()
    with CaptureQueriesContext(connection) as captured, connection.cursor() as cursor:
        cursor.execute(sql, values)
    assert complaint(captured.captured_queries[0]["sql"])
