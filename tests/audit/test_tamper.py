"""What somebody does who owns the database: triggers dropped, rows edited. Everything is found, and named.

Each attack that only a checkpoint outside the database can tell runs without it as well: there it must NOT be found, or the
test would prove nothing. RELIABILITY=full runs every edit over 200 records, and 10,000 random ones.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audit import keys, outside, triggers, verify
from audit.canonical import GROUPS, JSON_COLUMNS
from audit.checkpoint import SigningKey, parse
from audit.merkle import Frontier, leaf_hash
from audit.models import Checkpoint, Leaf, PublicKey, Record, Sealing, Subtree, Unsealed
from audit.sealer import seal
from audit.verify import Report
from tests.audit.ledger import sealed, verified, write

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600)]
FULL = os.environ.get("RELIABILITY") == "full"
EDITED_ROWS, LOT = (200, 50) if FULL else (2, 2)
RANDOM_EDITS, LONG = (10_000, 100_000) if FULL else (150, 300)
SEED = 4


@contextmanager
def attack() -> Iterator[None]:
    """No triggers inside, and everything undone afterwards. Deferred checks run first: PostgreSQL alters nothing before."""
    with transaction.atomic():
        connection.check_constraints()
        triggers.remove(connection)
        yield
        transaction.set_rollback(True)


@contextmanager
def quick_attack() -> Iterator[None]:
    """As `attack`, around many edits: PostgreSQL drops triggers slowly and ignores them fast."""
    if connection.vendor != "postgresql":
        with attack():
            yield
        return
    with transaction.atomic():
        connection.check_constraints()
        execute("SET LOCAL session_replication_role = replica")
        yield
        transaction.set_rollback(True)


@contextmanager
def undone() -> Iterator[None]:
    """One edit of many inside an attack."""
    mark = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(mark)


def execute(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def ids() -> list[int]:
    return list(Record.objects.order_by("pk").values_list("pk", flat=True))


def columns() -> list[str]:
    return [field.column for field in Record._meta.concrete_fields if not field.generated]


def stored(pk: int, column: str) -> Any:
    """The raw value as text, past every conversion."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT CAST({column} AS text) FROM audit_record WHERE id = %s", [pk])
        return cursor.fetchone()[0]


def edits(value: Any) -> Iterator[str]:
    """Every text that differs from the value in one byte: one changed at each place, one more, and one less."""
    text = "" if value is None else str(value)
    for place, character in enumerate(text):
        other = "1" if character == "0" else "0" if character.isdigit() else "y" if character == "x" else "x"
        yield text[:place] + other + text[place + 1 :]
    yield f"{text}1"
    if text:
        yield text[:-1]


def edit(pk: int, column: str, value: str) -> bool:
    """Whether the database took the edit and the value is another one: it refuses dates and numbers that are none."""
    before = stored(pk, column)
    try:
        with transaction.atomic():
            execute(f"UPDATE audit_record SET {column} = %s WHERE id = %s", value, pk)
            after = stored(int(value) if column == "id" else pk, column)
    except DatabaseError:
        return False
    return bool(after != before)


@pytest.mark.walk
@pytest.mark.parametrize("first", range(0, EDITED_ROWS, LOT))
def test_every_one_byte_edit_of_every_column_is_found_at_its_record(ledger: Path, first: int) -> None:
    """One edit of each record at a time: exactly the edited ones are named, so each is named for its own edit."""
    write(LOT + 4, first=first)
    seal(sign=True)
    edited_ids = ids()[:LOT]
    with quick_attack():
        of_each = [
            [
                (pk, column, value)
                for column in columns()
                if column != "id"
                for value in edits(stored(pk, column))
            ]
            for pk in edited_ids
        ]
        numbers = [[(pk, "id", value)] for pk in edited_ids for value in edits(pk)]
        made = 0
        for chosen in [*zip_longest(*of_each), *numbers]:
            with undone():
                edited = {one[0] for one in chosen if one is not None and edit(*one)}
                made += len(edited)
                report = verified(None)
                hit = {found.record for found in report.findings if found.position is not None}
                assert hit == edited, chosen
    assert made > 300 * LOT
    assert verified(ledger).sound


def test_random_edits_of_a_longer_log_are_found_at_their_records(ledger: Path, monkeypatch: Any) -> None:
    """All at once, each at a record of its own: exactly those are named, and no neighbour."""
    monkeypatch.setattr(verify, "FINDINGS_LIMIT", LONG)
    for first in range(0, LONG, 5_000):
        write(min(5_000, LONG - first), first=first)
    seal(sign=True)
    chance = random.Random(SEED)
    all_ids = ids()
    chance.shuffle(all_ids)
    names = [name for name in columns() if name not in ("id", "at")]
    edited = set()
    with quick_attack():
        while len(edited) < RANDOM_EDITS:
            pk, column = all_ids.pop(), chance.choice(names)
            before = stored(pk, column)
            value = chance.choice(list(edits(before)))
            with transaction.atomic():
                if edit(pk, column, value):
                    edited.add(pk)
        report = verified(None)
    assert {found.record for found in report.findings} == edited
    assert {found.kind for found in report.findings} == {"edited"}


def test_the_canonical_text_cannot_be_edited_by_itself(ledger: Path) -> None:
    sealed(2)
    with attack(), pytest.raises(DatabaseError, match="canonical"), transaction.atomic():
        execute("UPDATE audit_record SET canonical = 'x'")


def test_columns_are_held_against_the_text_even_when_it_is_generated_no_more(ledger: Path) -> None:
    """The owner of the table frees the text from its columns, and then edits a column alone."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite cannot take the expression off a generated column")
    sealed(3)
    pk = ids()[1]
    with attack():
        execute("ALTER TABLE audit_record ALTER COLUMN canonical DROP EXPRESSION")
        execute("UPDATE audit_record SET action = 'audit.session.signed_in' WHERE id = %s", pk)
        report = verified(None)
        assert_found(report, "edited", pk)
        assert any("no longer makes" in found.text for found in report.findings)


@pytest.mark.parametrize("away", ["DROP COLUMN fits", "ALTER COLUMN fits DROP EXPRESSION"])
def test_values_are_held_against_their_commitments_even_when_no_column_says_whether_they_fit(
    ledger: Path, away: str
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite computes every commitment")
    sealed(3)
    pk = ids()[1]
    with attack():
        execute(f"ALTER TABLE audit_record {away}")
        execute("UPDATE audit_record SET reason = 'another' WHERE id = %s", pk)
        report = verified(None)
        assert_found(report, "edited", pk)
        assert any("no longer makes" in found.text for found in report.findings)


def test_records_whose_numbers_lie_far_apart_are_read_as_well(ledger: Path) -> None:
    sealed(2)
    if connection.vendor == "postgresql":
        execute("SELECT setval(pg_get_serial_sequence('audit_record', 'id'), 900000000)")
    else:
        execute("UPDATE sqlite_sequence SET seq = 900000000 WHERE name = 'audit_record'")
    write(2, first=2)
    seal(sign=True)
    report = verified(ledger)
    assert (report.sound, report.checked, ids()[-1] > 900_000_000) == (True, 4, True)


def test_a_forged_catalogue_is_seen_through_only_by_comparing_the_columns(ledger: Path) -> None:
    """The superuser writes the expression back into the catalogue by hand: the table looks lawful again."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite computes the text anew with every edit")
    sealed(3)
    pk = ids()[1]
    table = "'audit_record'::regclass AND attname = 'canonical'"
    with attack():
        execute(
            f"CREATE TEMPORARY TABLE kept AS SELECT d.* FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid"
            f" AND a.attnum = d.adnum WHERE a.attrelid = {table}"
        )
        execute("ALTER TABLE audit_record ALTER COLUMN canonical DROP EXPRESSION")
        execute("UPDATE audit_record SET action = 'audit.session.signed_in' WHERE id = %s", pk)
        execute("INSERT INTO pg_attrdef SELECT * FROM kept")
        execute(f"UPDATE pg_attribute SET attgenerated = 's', atthasdef = true WHERE attrelid = {table}")
        assert verified(None).sound
        assert_found(verify.verify(keys=keys.trusted_keys(), columns=True), "edited", pk)


@pytest.mark.parametrize("place", [0, 4, 9], ids=["first", "middle", "last"])
@pytest.mark.parametrize("whole", [False, True], ids=["record", "record_and_leaf"])
def test_a_removed_record_is_found(ledger: Path, place: int, whole: bool) -> None:
    sealed(10)
    pk = ids()[place]
    with attack():
        execute("DELETE FROM audit_record WHERE id = %s", pk)
        if whole:
            execute("DELETE FROM audit_leaf WHERE position = %s", place)
        report = verified(None)
    if whole and place == 9:
        assert {found.kind for found in report.findings} == {"truncated"}
    elif whole:
        assert ("removed", place) in {(found.kind, found.position) for found in report.findings}
    else:
        assert_found(report, "removed", pk)


def test_two_records_that_changed_places_are_found(ledger: Path) -> None:
    sealed(6)
    one, two = ids()[2:4]
    with attack():
        for old, new in ((one, 10**9), (two, one), (10**9, two)):
            execute("UPDATE audit_record SET id = %s WHERE id = %s", new, old)
        report = verified(None)
    assert {(found.kind, found.record) for found in report.findings} == {
        ("reordered", one),
        ("reordered", two),
    }


def test_two_leaves_that_changed_places_are_found(ledger: Path) -> None:
    sealed(3, 5)
    with attack():
        for old, new in ((4, 10**9), (5, 4), (10**9, 5)):
            execute("UPDATE audit_leaf SET position = %s WHERE position = %s", new, old)
        report = verified(None)
    assert report.first is not None
    assert (report.first.kind, report.first.position) == ("reordered", 3)


def test_a_record_with_another_number_is_found(ledger: Path) -> None:
    sealed(4)
    pk = ids()[1]
    with attack():
        execute("UPDATE audit_record SET id = 999 WHERE id = %s", pk)
        report = verified(None)
        assert_found(report, "removed", pk)
        assert ("inserted", 999) in {(found.kind, found.record) for found in report.findings}
        execute("UPDATE audit_leaf SET record_id = 999 WHERE record_id = %s", pk)
        assert_found(verified(None), "edited", 999)


@pytest.mark.parametrize("change", ["", "REPLACE(reason, 'Term', 'Year')"], ids=["duplicate", "forged"])
def test_a_record_that_came_in_by_the_back_door_is_found(ledger: Path, change: str) -> None:
    sealed(4)
    with attack():
        forge(ids()[1], 500, change)
        report = verified(None)
    assert [(found.kind, found.record) for found in report.findings] == [("inserted", 500)]


def test_a_forged_record_with_a_leaf_of_its_own_is_found(ledger: Path) -> None:
    sealed(4)
    with attack():
        forge(ids()[1], 500, "")
        text = Record.objects.get(pk=500).canonical
        Leaf.objects.create(position=4, record_id=500, hash=leaf_hash(text.encode()))
        assert_found(verified(None), "inserted", 500)


def test_a_record_that_was_hidden_from_the_sealer_is_found(ledger: Path) -> None:
    sealed(2)
    write(1, first=2)
    with attack():
        execute("DELETE FROM audit_unsealed")
        assert_found(verified(None), "inserted", ids()[2])


def test_a_record_that_vanished_before_it_was_sealed_is_found(ledger: Path) -> None:
    sealed(2)
    write(1, first=2)
    pk = ids()[2]
    with attack():
        execute("DELETE FROM audit_record WHERE id = %s", pk)
        assert_found(verified(None), "removed", pk)


def test_values_that_were_erased_without_a_record_of_it_are_found(ledger: Path) -> None:
    sealed(3)
    pk = ids()[1]
    for group, names in GROUPS.items():
        empty = ", ".join(f"{name} = '{'{}' if name in JSON_COLUMNS else ''}'" for name in names)
        with attack():
            execute(f"UPDATE audit_record SET {empty}, {group}_salt = '' WHERE id = %s", pk)
            assert_found(verified(None), "erased", pk)


class TestOnlyTheOutsideTells:
    """The attacker holds the signing key too, or cuts the log back to an honest beginning of itself."""

    def test_a_cut_tail(self, ledger: Path) -> None:
        sealed(4, 3)
        with attack():
            cut(4)
            assert verified(None).sound
            report = verified(ledger)
        assert [(found.kind, found.position) for found in report.findings] == [("truncated", 4)]

    def test_a_log_written_anew(self, ledger: Path) -> None:
        sealed(4, 3)
        kept = ledger.read_text("utf-8")
        with attack():
            cut(0)
            execute("DELETE FROM audit_record")
            execute("DELETE FROM audit_publickey")
            triggers.install(connection)
            write(9, first=50)
            seal(sign=True)
            ledger.write_text(kept, "utf-8")
            assert verified(None).sound
            report = verified(ledger)
        assert report.first is not None
        assert (report.first.kind, report.first.position) == ("rewritten", 0)

    def test_an_old_backup_that_went_on(self, ledger: Path) -> None:
        sealed(4, 3)
        kept = ledger.read_text("utf-8")
        with attack():
            cut(4)
            triggers.install(connection)
            write(3, first=90)
            seal(sign=True)
            ledger.write_text(kept, "utf-8")
            assert verified(None).sound
            report = verified(ledger)
        assert report.first is not None
        assert (report.first.kind, report.first.position) == ("rewritten", 4)


class TestCheckpoints:
    def test_an_edited_checkpoint_is_found(self, ledger: Path) -> None:
        sealed(4)
        for column, value in (
            ("note", "note || 'x'"),
            ("size", "size - 1"),
            ("note", "REPLACE(note, 'time 2', 'time 3')"),
        ):
            with attack():
                execute(f"UPDATE audit_checkpoint SET {column} = {value}")
                assert "checkpoint" in {found.kind for found in verified(None).findings}

    def test_a_log_signed_by_another_key_is_found(self, ledger: Path) -> None:
        sealed(4)
        stranger = SigningKey("stranger", b"s" * 32)
        with attack():
            execute("DELETE FROM audit_checkpoint")
            honest = parse(outside.notes(ledger)[0]).checkpoint
            Checkpoint.objects.create(size=4, root=honest.root, note=honest.signed_by([stranger]))
            PublicKey.objects.create(line=str(stranger.public))
            assert {found.kind for found in verified(None).findings} == {"checkpoint"}

    def test_a_log_without_any_signature_is_found(self, ledger: Path) -> None:
        sealed(4)
        with attack():
            execute("DELETE FROM audit_checkpoint")
            assert {found.kind for found in verified(None).findings} == {"checkpoint"}

    def test_a_clock_that_was_turned_back_is_found(self, ledger: Path) -> None:
        sealed(4)
        earlier = parse(Checkpoint.objects.get().note).checkpoint
        with attack():
            turned = type(earlier)(earlier.origin, earlier.size, earlier.root, ("time 2001-01-01T00:00:00Z",))
            Checkpoint.objects.create(size=4, root=earlier.root, note=turned.signed_by(keys.signing_keys()))
            report = verified(None)
        assert [found.kind for found in report.findings] == ["checkpoint"]
        assert "goes back" in report.findings[0].text

    def test_an_edited_file_outside_is_found(self, ledger: Path) -> None:
        sealed(4, 2)
        whole = ledger.read_text("utf-8")
        ledger.write_text(whole.replace("\n6\n", "\n7\n"), "utf-8")
        assert [found.kind for found in verified(ledger).findings] == ["checkpoint"]


def test_an_edit_that_takes_leaf_and_subtrees_along_is_found_by_the_signature(ledger: Path) -> None:
    sealed(3, 4)
    pk = ids()[4]
    with attack():
        execute("UPDATE audit_record SET action = 'audit.session.signed_in' WHERE id = %s", pk)
        text = Record.objects.get(pk=pk).canonical
        execute("UPDATE audit_leaf SET hash = %s WHERE record_id = %s", leaf_hash(text.encode()), pk)
        recompute()
        report = verified(None)
    assert report.first is not None
    assert (report.first.kind, report.first.position) == ("rewritten", 3)


def assert_found(report: Report, kind: str, pk: int) -> None:
    assert (kind, pk) in {(found.kind, found.record) for found in report.findings}, report.findings


def forge(pk: int, new: int, reason: str) -> None:
    """A copy of a record under another number, written by hand."""
    names = [name for name in columns() if name != "id"]
    values = [reason if reason and name == "reason" else name for name in names]
    execute(
        f"INSERT INTO audit_record (id, {', '.join(names)}) SELECT %s, {', '.join(values)} FROM audit_record WHERE id = %s",
        new,
        pk,
    )
    Unsealed.objects.filter(pk=new).delete()


def cut(size: int) -> None:
    """Everything behind the first so many records is gone, and the rest made to look whole."""
    left = list(Leaf.objects.filter(position__gte=size).values_list("record_id", flat=True))
    execute("DELETE FROM audit_leaf WHERE position >= %s", size)
    execute(f"DELETE FROM audit_record WHERE id IN ({', '.join(str(pk) for pk in left)})")
    execute("DELETE FROM audit_checkpoint WHERE size > %s", size)
    recompute()


def recompute() -> None:
    """Tree and sealer's row as they belong to the leaves that are there."""
    frontier, tops = Frontier(), []
    for digest in Leaf.objects.order_by("position").values_list("hash", flat=True):
        tops += [node for node in frontier.append(bytes(digest)) if node[0] % 8 == 0]
    execute("DELETE FROM audit_subtree")
    Subtree.objects.bulk_create(Subtree(level=level, index=index, hash=top) for level, index, top in tops)
    Sealing.objects.update(size=frontier.size, frontier=frontier.to_bytes())
