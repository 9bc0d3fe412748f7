"""What a verification reads: leaves in the order of the tree with their records' texts, and what the database says of the values."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import psycopg
from django.db import connection, transaction
from psycopg.types.string import ByteaBinaryLoader

from audit import canonical

CHUNK = 8_192
Row = tuple[int, int, bytes, bytes | None]
"""Position, record, hash of the leaf, text."""
_DENSE = 4
"""A stretch of identities is read whole while it is no longer than so many times the records that are wanted."""


@dataclass(frozen=True, slots=True)
class Part:
    """Leaves in the order of the tree, and what the database has of their records: None for one that is gone.

    `misfits` are those whose values do not fit their commitments, as far as a column says so.
    """

    positions: list[int]
    records: list[int]
    hashes: list[bytes]
    texts: list[bytes | None]
    misfits: set[int]


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything is read as it was at one moment, while people and the sealer go on writing."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL jit = off")  # compiling these expressions costs more than it saves
            cursor.execute("SET LOCAL enable_bitmapscan = off")  # its rows would have to be sorted again
            # One core is enough, and people go on working.
            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
            cursor.execute("LOCK TABLE audit_record IN ACCESS SHARE MODE")
            yield
    else:
        # An atomic block would take SQLite's only write lock for as long as this lasts.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def misfits_from(start: int, *, columns: bool) -> set[int]:
    """Records from this position on whose values do not fit their commitments, or, with `columns`, their text."""
    vendor = connection.vendor
    fits = [f"({sql}) = 1" for sql in canonical.groups_sql(vendor, "r").values()]
    if columns:
        fits.append(f"r.canonical = {canonical.form_sql(vendor, 'r')}")
    tail = "JOIN audit_leaf l ON l.record_id = r.id AND l.position >= %s" if start else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.id FROM audit_record r {tail} WHERE ({' AND '.join(fits)}) IS NOT TRUE",  # noqa: S608 - made of constants
            [start] if start else [],
        )
        return {record for (record,) in cursor}


def parts_from(start: int, *, marked: bool) -> Generator[Part, None, None]:
    """The tree from this position on, so many leaves at a time; without `marked` the column `fits` is not asked."""
    if connection.vendor != "postgresql":
        while rows := _read_sqlite(start):
            positions, records, hashes, texts = zip(*rows, strict=True)
            yield Part([*positions], [*records], [*hashes], [*texts], set())
            start = rows[-1][0] + 1
        return
    # Past Django, whose cursors bring bytes as hexadecimal text.
    cursor = psycopg.Cursor(connection.connection)
    cursor.adapters.register_loader("text", ByteaBinaryLoader)  # what is hashed need not be decoded before
    # The server makes the next rows ready while these are hashed.
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(_read_postgresql, cursor, start, marked)
        while part := coming.result():
            coming = pool.submit(_read_postgresql, cursor, part.positions[-1] + 1, marked)
            yield part


# Arrays, and all texts in one, since rows and elements of their own cost both sides more than what is in them.
_LEAVES = (
    "SELECT array_agg(position), array_agg(record_id), array_agg(hash) FROM (SELECT position, record_id, hash"
    " FROM audit_leaf WHERE position >= %s ORDER BY position LIMIT %s) l"
)
_TEXTS = (
    "SELECT array_agg(id), array_agg(octet_length(form)), string_agg(form, ''),"
    " array_agg(id) FILTER (WHERE fits IS NOT TRUE)"
    " FROM (SELECT id, COALESCE(canonical, '') AS form, {fits} AS fits FROM audit_record WHERE {which} ORDER BY id) r"
)
_STRETCH, _NAMED = "id BETWEEN %s AND %s", "id = ANY(%s)"


def _read_postgresql(cursor: psycopg.Cursor[Any], start: int, marked: bool) -> Part | None:
    """Leaves and records by two questions: nearly always both come in the same order, and nothing has to be joined."""
    cursor.execute(_LEAVES, (start, CHUNK), prepare=True, binary=True)
    leaves: tuple[Any, ...] = cursor.fetchone() or ()
    positions, records, hashes = leaves
    if positions is None:
        return None
    first, last = min(records), max(records)
    dense = last - first < _DENSE * len(records)
    question = _TEXTS.format(fits="fits" if marked else "true", which=_STRETCH if dense else _NAMED)
    cursor.execute(question, (first, last) if dense else (records,), prepare=True, binary=True)
    rows: tuple[Any, ...] = cursor.fetchone() or ()
    found, sizes, joined, misfits = rows
    ends = [0, *accumulate(sizes or ())]
    texts: list[bytes | None] = [joined[begin:end] for begin, end in pairwise(ends)]
    if found != records:
        by_record = dict(zip(found or (), texts, strict=True))
        texts = [by_record.get(record) for record in records]
    return Part(positions, records, hashes, texts, set(misfits or ()))


def _read_sqlite(start: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.position, l.record_id, l.hash, CAST(r.canonical AS BLOB) FROM audit_leaf l"
            " LEFT JOIN audit_record r ON r.id = l.record_id WHERE l.position >= %s ORDER BY l.position LIMIT %s",
            [start, CHUNK],
        )
        return list(cursor.fetchall())


def group_states(record: int) -> dict[str, int]:
    """Computed anew: whether the columns make the stored text ("text"), and of each group whether its values fit: 1 yes, 0 no, 2 erased."""
    vendor = connection.vendor
    groups = canonical.groups_sql(vendor, "r")
    columns = [
        f"CASE WHEN r.canonical = {canonical.form_sql(vendor, 'r')} THEN 1 ELSE 0 END",
        *groups.values(),
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM audit_record r WHERE r.id = %s", [record])  # noqa: S608 - as above
        return dict(zip(("text", *groups), cursor.fetchone(), strict=True))
