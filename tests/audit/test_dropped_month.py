"""How a sealed month will go (ADR 12): the tables of today become partitioned without a rewrite, and the log verifies across it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from audit import checkpoint, keys, merkle
from audit.merkle import leaf_hash
from audit.models import Checkpoint, Subtree
from tests.audit.ledger import sealed

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL has partitions"),
]

SCRATCH = "audit_scratch"
RECORDS = 1_100
CUT = 512
"""Leaves that go: two complete subtrees of 256."""


@pytest.fixture
def scratch() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {SCRATCH}")
        try:
            yield
        finally:
            cursor.execute(f"DROP SCHEMA {SCRATCH} CASCADE")


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def one(question: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return int(cursor.fetchone()[0])


def partitioned(table: str, key: str, edge: int) -> None:
    """A partitioned table from the present one's own definition; the present rows become its first partitions."""
    run(
        f"CREATE TABLE {SCRATCH}.{table}_old (LIKE public.{table} INCLUDING ALL)",
        f"CREATE TABLE {SCRATCH}.{table}_new (LIKE public.{table} INCLUDING ALL)",
    )
    names = _written_columns(table)
    for part, where in (("old", f"{key} < {edge}"), ("new", f"{key} >= {edge}")):
        run(
            f"INSERT INTO {SCRATCH}.{table}_{part} ({names}) OVERRIDING SYSTEM VALUE"
            f" SELECT {names} FROM public.{table} WHERE {where}"
        )
    unique = "INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS"
    run(
        f"CREATE TABLE {SCRATCH}.{table} (LIKE public.{table} {unique}, PRIMARY KEY ({key})) PARTITION BY RANGE ({key})",
        f"ALTER TABLE {SCRATCH}.{table} ATTACH PARTITION {SCRATCH}.{table}_old FOR VALUES FROM (MINVALUE) TO ({edge})",
        f"ALTER TABLE {SCRATCH}.{table} ATTACH PARTITION {SCRATCH}.{table}_new FOR VALUES FROM ({edge}) TO (MAXVALUE)",
    )


def _written_columns(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        return str(cursor.fetchone()[0])


def crossed(size: int) -> bytes:
    """The root of the log: from what is left of the records, and from the stored subtrees where they are gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.position, r.canonical FROM {SCRATCH}.audit_leaf l"
            f" JOIN {SCRATCH}.audit_record r ON r.id = l.record_id ORDER BY l.position"
        )
        hashes = {position: leaf_hash(text.encode()) for position, text in cursor.fetchall()}
    stubs = {row.index: bytes(row.hash) for row in Subtree.objects.filter(level=8)}

    def node(level: int, index: int) -> bytes:
        first = index << level
        if first >= CUT and level == 0:
            return hashes[first]
        if first < CUT and level == 8:
            return stubs[index]
        assert level > 8 or first >= CUT, "a proof inside what is gone needs the export"
        return merkle.node_hash(node(level - 1, index * 2), node(level - 1, index * 2 + 1))

    return merkle.root_of(size, node)


def test_a_sealed_part_is_dropped_and_the_log_verifies_across_it(ledger: Path, scratch: None):
    sealed(RECORDS)
    newest = Checkpoint.objects.order_by("-pk").first()
    assert newest is not None
    edge = one(f"SELECT record_id FROM audit_leaf WHERE position = {CUT}")
    partitioned("audit_record", "id", edge)
    partitioned("audit_leaf", "position", CUT)
    assert one(f"SELECT count(*) FROM {SCRATCH}.audit_record") == RECORDS
    run(f"DROP TABLE {SCRATCH}.audit_record_old", f"DROP TABLE {SCRATCH}.audit_leaf_old")
    assert one(f"SELECT count(*) FROM {SCRATCH}.audit_record") == RECORDS - CUT
    note = checkpoint.parse(newest.note)
    assert note.signers([key.public for key in keys.signing_keys()])
    assert crossed(newest.size) == note.checkpoint.root


def test_an_edit_of_what_is_left_is_found_across_the_gap(ledger: Path, scratch: None):
    sealed(RECORDS)
    newest = Checkpoint.objects.order_by("-pk").first()
    assert newest is not None
    edge = one(f"SELECT record_id FROM audit_leaf WHERE position = {CUT}")
    partitioned("audit_record", "id", edge)
    partitioned("audit_leaf", "position", CUT)
    run(
        f"DROP TABLE {SCRATCH}.audit_record_old",
        f"DROP TABLE {SCRATCH}.audit_leaf_old",
        f"UPDATE {SCRATCH}.audit_record SET outcome = 'done' WHERE id = {edge + 40}",
    )
    assert crossed(newest.size) != bytes(newest.root)


def test_nothing_refers_to_a_record_by_a_foreign_key():
    found = one(
        "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND confrelid = 'audit_record'::regclass"
    )
    assert found == 0


def test_the_primary_keys_are_the_partition_keys():
    """PostgreSQL asks for the partition key in every unique constraint of the whole table."""
    question = (
        "SELECT string_agg(a.attname, ',') FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
        " AND a.attnum = ANY(i.indkey) WHERE i.indisunique AND i.indrelid = %s::regclass GROUP BY i.indexrelid"
    )
    with connection.cursor() as cursor:
        cursor.execute(question, ["audit_record"])
        assert cursor.fetchall() == [("id",)]
        cursor.execute(question, ["audit_leaf"])
        assert sorted(cursor.fetchall()) == [("position",), ("record_id",)]
