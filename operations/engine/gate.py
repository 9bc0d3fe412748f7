"""The gate between claims and what forbids them: what has committed is obeyed by every claim that commits later.

PostgreSQL only. SQLite has one writer, so there claims and everything else follow one another anyway.
"""

from django.db import connection

_GATE = 0x53544F50
"""Key of the advisory lock: claims share it, what forbids them takes it alone."""


def pass_the_gate() -> None:
    """Asked first by every claim, inside its transaction: what is being forbidden is waited for, and waits for us."""
    _lock("SELECT pg_advisory_xact_lock_shared(%s)")


def wait_for_claims() -> None:
    """Wait until no claim is under way and keep others out until the caller's transaction is over.

    May come last, after long work, as long as no claim waits for a lock that this transaction holds.
    """
    _lock("SELECT pg_advisory_xact_lock(%s)")


def _lock(statement: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement, [_GATE])
