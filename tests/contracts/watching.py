"""What a piece of the program changed: every table's rows before and after, and every writing statement by transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.db import connection

UNWATCHED = {
    "django_session": "a session is how the browser is known, not what somebody did",
    "django_migrations": "written by migrate alone",
    "axes_accessattempt": "the log-in guard's own counters; each refusal is a record",
    "axes_accessattemptexpiration": "as above",
    "axes_accessfailurelog": "as above",
    "axes_accesslog": "as above",
    "sqlite_sequence": "SQLite's own numbers",
    "audit_unsealed": "a mark that the trigger writes with each record",
}
LEDGER = "audit_record"

# What the sealer writes (leaves, subtrees, checkpoints, public keys) is the seal on records, and not guarded by more of them.
GUARDED = re.compile(
    r"(courses|media_assets)_\w+"
    r"|operations_(account|attachment|attempt|hold|item|policy|policychange|run|stopswitch|selection)"
    r"|intake_import"
    r"|auth_(user|group|permission|user_groups|user_user_permissions|group_permissions)"
    r"|audit_(record|erasure|erasurerequest)"
)
ALLOWED_COLUMNS: dict[str, frozenset[str]] = {
    # When something is worked on next and by whom; what came of it has its record.
    # `looked` is the mark of a fresh look, whose own end is recorded with its figures.
    "operations_item": frozenset({"due_at", "fence_id", "looked"}),
    "operations_attempt": frozenset({"lease_until"}),
    "operations_account": frozenset(
        {"next_minute_at", "next_second_at", "next_read_minute_at", "factor", "blocked_until", "pushed_at"}
    ),
    # How far a worker has come; what came of it has its record.
    "intake_import": frozenset(
        {
            "due_at",
            "fence",
            "lease_until",
            "failures",
            "rows",
            "read_at",
            "rows_gone_at",
            "position",
            "passed",
            "counts",
        }
    ),
    "auth_user": frozenset({"last_login"}),
}
MIRROR = re.compile(r"(courses|media_assets)_\w+")
CARRIED_BY = ("intake_reading", "counts")
"""What a reading teaches the mirror is counted in its own row in the same transaction, and its end is recorded with the
figures: a record for each of 100,000 rows that were read for the first time would hide what people did.
"""
_WRITE = re.compile(r'\s*(INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|COPY)\s+"?(\w+)"?', re.IGNORECASE)
_SET = re.compile(r'"(\w+)" = ')
_SAVEPOINT = re.compile(r'\s*(SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT)\s+"?(\w+)"?', re.IGNORECASE)


def snapshot() -> dict[str, str]:
    """A digest of the rows of each table, but for those of `UNWATCHED`."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table not in UNWATCHED:
                cursor.execute(f'SELECT * FROM "{table}"')
                rows = sorted(repr(row) for row in cursor.fetchall())
                found[table] = sha256("\n".join(rows).encode()).hexdigest()
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """The tables whose rows are not the same."""
    return {table for table in before.keys() | after.keys() if before.get(table) != after.get(table)}


@dataclass
class Write:
    """One writing statement: which table, and for an update which columns."""

    table: str
    columns: frozenset[str] = frozenset()

    @property
    def guarded(self) -> bool:
        if not GUARDED.fullmatch(self.table) or self.table == LEDGER:
            return False
        allowed = ALLOWED_COLUMNS.get(self.table, frozenset())
        return not self.columns or not self.columns <= allowed


@dataclass
class Spy:
    """Writes by transaction. In a test a transaction is the outermost savepoint; a statement outside one stands alone."""

    units: list[list[Write]] = field(default_factory=list)
    _stack: list[tuple[str, list[Write]]] = field(default_factory=list)

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        self._note(str(sql))
        return result

    def _note(self, sql: str) -> None:
        if point := _SAVEPOINT.match(sql):
            self._step(point[1].upper(), point[2])
        elif write := _WRITE.match(sql):
            updates = write[1].upper() == "UPDATE"
            columns = frozenset(_SET.findall(sql.partition(" WHERE ")[0])) if updates else frozenset()
            one = Write(write[2], columns)
            if self._stack:
                self._stack[-1][1].append(one)
            else:
                self.units.append([one])

    def _step(self, verb: str, name: str) -> None:
        if verb == "SAVEPOINT":
            self._stack.append((name, []))
            return
        if name not in [known for known, _writes in self._stack]:
            return
        while self._stack:
            known, writes = self._stack.pop()
            if verb == "ROLLBACK TO SAVEPOINT":
                if known == name:
                    self._stack.append((known, []))
                    return
                continue
            if self._stack:
                self._stack[-1][1].extend(writes)
            elif writes:
                self.units.append(writes)
            if known == name:
                return

    def unrecorded(self) -> list[str]:
        """Tables and columns that a transaction wrote without a record in the same one."""
        return [
            f"{write.table} {sorted(write.columns)}"
            for unit in self.units
            if LEDGER not in {write.table for write in unit}
            for write in unit
            if write.guarded and not (MIRROR.fullmatch(write.table) and _is_carried(unit))
        ]


def _is_carried(unit: list[Write]) -> bool:
    table, column = CARRIED_BY
    return any(write.table == table and column in write.columns for write in unit)


@contextmanager
def watching() -> Iterator[Spy]:
    """Everything that is written while this is open."""
    spy = Spy()
    with connection.execute_wrapper(spy):
        yield spy
