"""Runs folded into one row, the history of an object, days, and pages by key."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone

from audit import paging, timeline
from audit.actors import Actor
from audit.filters import parse
from audit.models import Record
from audit.paging import Cursor
from audit.services import Entry, Target, record_many
from tests.factories.audit import COURSE, SYSTEM, action, write, write_run
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def folded(query: str = "") -> list[timeline.Row]:
    criteria = parse(QueryDict(query))
    assert criteria.folds
    page = paging.page(criteria.folded(), before=None, after=None)
    return timeline.folded_rows(page.records, one_person=criteria.one_person)


def test_a_run_is_one_row_with_the_number_of_its_records() -> None:
    write_run(1, items=5)
    write("audit.session.signed_in")
    write_run(2, items=3)
    second, signed_in, first = folded()
    assert (first.record_count, second.record_count) == ("13 records", "9 records")
    assert first.spoken.action == "courses.course.edit.requested"
    assert first.run_name == "R-1"
    assert not first.opens
    assert "5 Done" in first.quiet
    assert "Reason: Term is over" in first.quiet
    assert signed_in.record_count == ""
    assert signed_in.opens


def test_a_run_of_one_item_speaks_by_its_outcome_and_opens_in_place() -> None:
    write_run(1, items=1)
    (row,) = folded()
    assert row.spoken.action == "courses.course.edit.succeeded"
    assert row.opens
    assert [(change.before, change.after) for change in row.changes] == [("Autumn", "Winter")]


def test_a_plan_and_a_run_under_way_say_so() -> None:
    write("courses.course.edit.planned", run_id=1, details={"count": 3})
    (row,) = folded()
    assert row.run_name == "P-1"
    assert "nothing sent yet" in row.badge
    write("courses.course.edit.requested", run_id=1, details={"count": 3})
    (row,) = folded()
    assert row.run_name == "R-1"
    assert "Under way" in row.badge
    write("operations.run.halted", run_id=1, details={"why": "unknowns", "note": ""})
    (row,) = folded()
    assert row.spoken.action == "courses.course.edit.requested"
    assert "Run halted" in row.quiet


def test_what_is_left_is_counted_on_the_badge() -> None:
    write("courses.course.edit.requested", run_id=1, details={"count": 250})
    write(
        "operations.run.finished", run_id=1, details={"outcomes": {"done": 240, "already": 3, "rejected": 7}}
    )
    (row,) = folded()
    assert "7 left" in row.badge
    assert "240 Done, 3 Already so, 7 Rejected" in row.quiet


def test_a_click_that_mixes_operations_shows_each_request() -> None:
    for key in ("courses.course.edit", "media_assets.cloud_file.rename"):
        write(f"{key}.requested", run_id=1, details={"count": 2})
    (row,) = folded()
    assert len([row.sentence, *row.more_sentences]) == 2


def test_an_export_of_a_run_and_a_refusal_keep_their_rows() -> None:
    write_run(1, items=2)
    write("operations.list.exported", run_id=1, details={"format": "csv"})
    write("courses.course.edit.denied", run_id=1)
    write("operations.run.resumed", run_id=1)
    codes = [row.record.action for row in folded()]
    assert codes == ["operations.run.resumed", "courses.course.edit.denied", "operations.list.exported"]


def write_changes(count: int, *, via: str = "reading", code: str = "mirror.changed.by_reading") -> None:
    hand = Actor(user_id=None, name="system", via=via)
    with transaction.atomic():
        record_many(
            [
                Entry(
                    action=action(code),
                    actor=hand,
                    target=Target("courses.course", number, f"Course {number}"),
                    changes={"name": {"before": "x", "after": f"Course {number}"}},
                )
                for number in range(count)
            ]
        )


def test_what_a_reading_changed_one_by_one_is_one_row_that_lists_them() -> None:
    write_changes(12)
    (row,) = folded()
    assert len(row.members) == 12
    assert "Course 11" in row.sentence
    assert row.others_text == "and 11 more objects in the same way"
    assert not row.is_run
    assert row.opens
    assert [one.record.target_id for one in row.members] == list(range(11, -1, -1))


def test_rows_are_not_put_together_across_what_stands_between_them_nor_by_different_hands() -> None:
    write_changes(3)
    write("audit.session.signed_in")
    write_changes(3)
    write_changes(4, via="webhook", code="mirror.changed.by_push")
    write_changes(2)
    assert [len(row.members) for row in folded()] == [0, 0, 4, 3, 0, 3]
    assert all(len(row.members) == 0 for row in timeline.rows_of(Record.objects.order_by("-id")))


def test_only_what_says_so_is_put_together() -> None:
    for _number in range(5):
        write("audit.session.signed_in")
    assert [len(row.members) for row in folded()] == [0] * 5


def test_the_page_lists_what_one_row_stands_for(admin_client: Any) -> None:
    write_changes(12)
    page = admin_client.get("/admin/audit/record/").content.decode()
    assert "and 11 more objects in the same way" in page
    assert page.count("A reading showed that somebody changed") == 13, (
        "each, and the first on the row as well"
    )
    assert "a reading of the provider" not in page
    every = admin_client.get("/admin/audit/record/?all=1").content.decode()
    assert "more objects in the same way" not in every


def test_the_fold_keeps_to_what_one_person_did() -> None:
    asked, stopped = UserFactory(), UserFactory()
    write_run(1, items=2, by=asked)
    write(
        "operations.run.cancelled", actor=Actor.person(stopped, via="admin"), run_id=1, details={"count": 1}
    )
    (row,) = folded(f"person={stopped.pk}")
    assert row.spoken.action == "operations.run.cancelled"
    (row,) = folded(f"person={asked.pk}")
    assert row.spoken.action == "courses.course.edit.requested"
    assert "Under way" not in row.badge


def test_a_long_run_is_not_counted_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "COUNT_LIMIT", 10)
    write_run(1, items=20)
    (row,) = folded()
    assert row.record_count == "10+ records"


@pytest.mark.parametrize("runs", [1, 30])
def test_queries_do_not_grow_with_the_rows(runs: int, django_assert_max_num_queries: Any) -> None:
    for number in range(1, runs + 1):
        write_run(number, items=1 + number % 3)
    with django_assert_max_num_queries(4):
        rows = folded()
        assert len(rows) == runs
        for row in rows:
            assert (row.sentence, row.quiet, row.badge, row.url) != ("", "", "", "")


def test_pages_by_key_show_every_record_once_even_at_one_moment() -> None:
    with transaction.atomic():
        record_many([Entry(action=action("audit.session.signed_in"), actor=SYSTEM) for _ in range(27)])
    write("audit.session.signed_out")
    seen: list[int] = []
    before: Cursor | None = None
    while True:
        page = paging.page(Record.objects.all(), before=before, after=None, size=5)
        seen += [record.pk for record in page.records]
        if not page.older:
            break
        before = Cursor.parse(page.older)
    assert seen == sorted(Record.objects.values_list("pk", flat=True), reverse=True)


def test_the_way_back_leads_over_the_same_pages() -> None:
    for _ in range(13):
        write("audit.session.signed_in")
    first = paging.page(Record.objects.all(), before=None, after=None, size=5)
    second = paging.page(Record.objects.all(), before=Cursor.parse(first.older), after=None, size=5)
    third = paging.page(Record.objects.all(), before=Cursor.parse(second.older), after=None, size=5)
    back = paging.page(Record.objects.all(), before=None, after=Cursor.parse(third.newer), size=5)
    assert back.records == second.records
    top = paging.page(Record.objects.all(), before=None, after=Cursor.parse(back.newer), size=5)
    assert top.records == first.records
    assert top.newer == ""


def test_new_records_do_not_move_the_older_page() -> None:
    for _ in range(8):
        write("audit.session.signed_in")
    first = paging.page(Record.objects.all(), before=None, after=None, size=4)
    write("audit.session.signed_out")
    second = paging.page(Record.objects.all(), before=Cursor.parse(first.older), after=None, size=4)
    assert not {record.pk for record in first.records} & {record.pk for record in second.records}
    assert len(second.records) == 4


def test_pages_use_neither_offset_nor_an_unbounded_count(django_assert_num_queries: Any) -> None:
    write_run(1, items=3)
    cursor = Cursor(Record.objects.latest("id").pk)
    with django_assert_num_queries(1) as captured:
        paging.page(parse(QueryDict()).folded(), before=cursor, after=None)
    sql = captured.captured_queries[0]["sql"].upper()
    assert "OFFSET" not in sql
    assert "COUNT(" not in sql
    assert "LIMIT 51" in sql


def test_the_folded_page_walks_an_index() -> None:
    write_run(1, items=3)
    explained = parse(QueryDict()).folded().order_by("-at", "-id")[:51].explain()
    if connection.vendor == "sqlite":  # PostgreSQL reads three rows without any index
        assert "audit_heads" in explained
        assert "TEMP B-TREE" not in explained


def test_a_search_without_an_index_looks_only_so_far_and_goes_on_from_there() -> None:
    found = write("audit.rights.changed", target=Target("auth.user", 1, "Needle"))
    base = timezone.now()
    for number in range(25):
        write("audit.session.signed_in", at=base + dt.timedelta(seconds=number))
    criteria = parse(QueryDict("q=needle"))
    assert criteria.needs_scan
    seen: list[Record] = []
    before: Cursor | None = None
    for _step in range(5):
        page = paging.look_through(criteria.search(), before=before, limit=10)
        seen += page.records
        if not page.older:
            break
        assert page.searched_back_to is not None
        before = Cursor.parse(page.older)
    assert seen == [found]
    assert page.searched_back_to is None


def test_a_full_page_of_finds_goes_on_after_its_last() -> None:
    for _ in range(9):
        write("audit.rights.changed", target=Target("auth.user", 1, "Needle"))
    criteria = parse(QueryDict("q=needle"))
    first = paging.look_through(criteria.search(), before=None, size=6, limit=100)
    rest = paging.look_through(criteria.search(), before=Cursor.parse(first.older), size=6, limit=100)
    assert (len(first.records), len(rest.records)) == (6, 3)
    assert rest.older == ""


def test_the_history_of_an_object_tells_each_outcome_once(django_assert_num_queries: Any) -> None:
    write_run(1, items=1)
    write_run(2, items=1)
    write("courses.course.edit.planned", run_id=3, target=COURSE, details={"count": 1})
    write("operations.hold.placed", target=COURSE)
    write_run(4, items=3)
    with django_assert_num_queries(1):
        rows = timeline.history("courses.course", 7)
    assert [row.record.action.rpartition(".")[2] for row in rows] == [
        "placed",
        "planned",
        "succeeded",
        "succeeded",
    ]
    assert len(timeline.history("courses.course", 7, limit=2)) == 2


def test_a_late_word_about_an_item_does_not_hide_its_outcome() -> None:
    write_run(1, items=1)
    write("courses.course.edit.late", run_id=1, item_id=1000, target=COURSE)
    (row,) = timeline.history("courses.course", 7)
    assert row.record.action == "courses.course.edit.succeeded"


def test_rows_stand_under_the_day_of_the_schools_clock(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    for at in (midnight - dt.timedelta(days=400), midnight - dt.timedelta(minutes=1), midnight):
        write("audit.session.signed_in", at=at)
    days = timeline.by_day(folded())
    headings = [day.heading for day in days]
    assert headings[0].startswith("Today, ")
    assert headings[1].startswith("Yesterday, ")
    assert str((midnight - dt.timedelta(days=400)).year) in headings[2]
