"""Emptying the test database between tests that commit: past the ledger's triggers, and no more of it than was filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from audit import triggers


@contextmanager
def lifted() -> Iterator[None]:
    """The ledger without its triggers; they are back afterwards whatever happens."""
    triggers.remove(connection)
    try:
        yield
    finally:
        triggers.install(connection)


@pytest.fixture(scope="session", autouse=True)
def ledger_can_be_flushed() -> Iterator[None]:
    """Lift the triggers while a transactional test's tables are emptied; ordinary tests roll back and never get here."""
    flush = TransactionTestCase._fixture_teardown

    def flush_without_triggers(case: TransactionTestCase) -> None:
        with lifted():
            flush(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush_without_triggers)
        if connection.vendor == "postgresql":
            patch.setattr(type(connection.ops), "sql_flush", _delete_rows)
        yield


def _delete_rows(operations: Any, style: Any, tables: Sequence[str], **_options: Any) -> list[str]:
    """Instead of TRUNCATE, which makes new files for each table and index and waits for the disk, seconds a test.

    Django's foreign keys are checked at the commit, so any order will do.
    """
    if not tables:
        return []
    quoted = [operations.quote_name(table) for table in tables]
    looks = [f"SELECT {number} WHERE EXISTS (SELECT 1 FROM {table})" for number, table in enumerate(quoted)]
    with operations.connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        return [f"DELETE FROM {quoted[number]};" for (number,) in cursor.fetchall()]
