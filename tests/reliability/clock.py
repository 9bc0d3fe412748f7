"""A database whose clock the test sets: it stands still until it is moved, and is years away from the machine's.

Waiting times, holds, leases and approvals are measured by the database's clock alone, so that clock itself is replaced and
no line of the engine: SQLite gets another `strftime`, PostgreSQL functions of the same names in a schema that is searched
first. `database_now()`, `Now()` in queries and conditions in SQL all see the same moment, an exact boundary can be hit, and
code that asks the machine's clock instead sees another year. Shifting the stored times back would do the first two, but
not the third, and would cost an UPDATE of every table for every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection

START = datetime(2024, 10, 26, 22, 30, tzinfo=UTC)
"""Two hours and a half before Europe puts its clocks back."""

_SCHEMA = "machine_clock"
_FORMATS = {"%Y-%m-%dT%H:%M:%f": "%Y-%m-%dT%H:%M:%S.{:03d}", "%Y-%m-%d %H:%M:%f": "%Y-%m-%d %H:%M:%S.{:03d}"}
_DEFAULTS = (("operations_run", "created_at"), ("operations_hold", "placed_at"))


class Clock:
    """The database's clock as the test set it."""

    def __init__(self) -> None:
        self.now = START

    def start(self) -> None:
        self._set(START)

    def pass_(self, span: timedelta) -> None:
        self._set(self.now + span)

    def _set(self, moment: datetime) -> None:
        self.now = moment
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('machine.now', %s, false)", [moment.isoformat()])

    def strftime(self, pattern: str, *moment: str) -> str:
        """SQLite's function, for the two patterns and the one moment that Django and the engine ask for."""
        if [word.lower() for word in moment] != ["now"]:
            raise ValueError(f"strftime{(pattern, *moment)} is not what the clock was made for")
        return self.now.strftime(_FORMATS[pattern]).format(self.now.microsecond // 1000)


@contextmanager
def set_by_hand() -> Iterator[Clock]:
    """The database's clock in the test's hand; the real one is back afterwards."""
    clock = Clock()
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        connection.connection.create_function("strftime", -1, clock.strftime)
    else:
        _shadow()
    clock.start()
    try:
        yield clock
    finally:
        if connection.vendor == "sqlite":
            connection.close()
        else:
            _uncover()


def _shadow() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
        for name in ("clock_timestamp", "statement_timestamp"):
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {_SCHEMA}.{name}() RETURNS timestamptz LANGUAGE sql VOLATILE"
                " AS $$ SELECT current_setting('machine.now')::timestamptz $$"
            )
        # A column's default was bound to the real function when the table was made.
        for table, column in _DEFAULTS:
            cursor.execute(
                f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {_SCHEMA}.statement_timestamp()"
            )
        cursor.execute(f"SET search_path = {_SCHEMA}, pg_catalog, public")


def _uncover() -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET search_path")
        for table, column in _DEFAULTS:
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT statement_timestamp()")
        cursor.execute(f"DROP SCHEMA {_SCHEMA} CASCADE")
