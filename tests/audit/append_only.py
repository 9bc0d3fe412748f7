"""Emptying the test database between tests that commit: Django's flush meets the ledger's triggers, so they step aside for it alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
        yield
