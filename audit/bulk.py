"""How records get into their table: one statement each, or one for many. Django's models would cost more than the database.

A row is a tuple in the order of `COLUMNS`: what the database does not give itself. JSON is text already, and the seals
are made (`services.Entry.values`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

Values = tuple[Any, ...]
COLUMNS = (
    "action", "outcome", "actor_id", "actor_name", "via", "approver_name", "target_kind", "target_id",
    "target_provider_id", "target_label", "changes", "details", "reason", "run_id", "item_id", "attempt_id",
    "request_id", "provider", "provider_code", "provider_message", "address", "agent", "version",
    "actor_salt", "approver_salt", "words_salt", "actor_seal", "approver_seal", "words_seal",
)  # fmt: skip
_NAMES = ", ".join(COLUMNS)
_PLACES = f"({', '.join(['%s'] * len(COLUMNS))})"
_INSERT = f"INSERT INTO audit_record ({_NAMES}) VALUES "  # noqa: S608 - made of constants
_ATTEMPT = COLUMNS.index("attempt_id")
_FEW = 20
"""Below this many a COPY costs more than it saves: it is a conversation, an insert is one question."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_NOTHING = "\\N"
_BUFFER = 200


def insert_one(row: Values) -> int:
    """Write a record; returns its identity."""
    with transaction.mark_for_rollback_on_error(connection.alias), connection.cursor() as cursor:
        cursor.execute(f"{_INSERT}{_PLACES} RETURNING id", _bound(row))
        (identity,) = cursor.fetchone()
    return int(identity)


def insert(rows: Sequence[Values]) -> None:
    """Write these records, all or none with the caller's transaction. Their identities and times are not fetched back."""
    with transaction.mark_for_rollback_on_error(connection.alias), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(f"{_INSERT}{_PLACES}", [_bound(row) for row in rows])
        elif len(rows) < _FEW:
            places = ", ".join([_PLACES] * len(rows))
            cursor.execute(f"{_INSERT}{places}", [value for row in rows for value in row])
        else:
            _copy(cursor, rows)


def _copy(cursor: Any, rows: Sequence[Values]) -> None:
    # Errors of a COPY come up when it ends, behind the back of Django's cursor.
    with (
        connection.wrap_database_errors,
        cursor.copy(f"COPY audit_record ({_NAMES}) FROM STDIN") as copy,
    ):
        for start in range(0, len(rows), _BUFFER):
            copy.write("".join([_line(row) for row in rows[start : start + _BUFFER]]))


def _line(row: Values) -> str:
    """A row in the text format of COPY. Most have nothing to escape, which is told by counting."""
    texts = [_NOTHING if value is None else str(value) for value in row]
    line = "\t".join(texts)
    if (
        line.count("\\") != row.count(None)
        or line.count("\t") != len(row) - 1
        or "\n" in line
        or "\r" in line
    ):
        line = "\t".join([_NOTHING if value is None else str(value).translate(_ESCAPES) for value in row])
    return f"{line}\n"


def _bound(row: Values) -> Values:
    """SQLite has no type for a UUID: Django keeps its 32 digits there."""
    attempt = row[_ATTEMPT]
    if connection.vendor == "sqlite" and isinstance(attempt, UUID):
        return (*row[:_ATTEMPT], attempt.hex, *row[_ATTEMPT + 1 :])
    return row
