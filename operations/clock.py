"""The database's clock: the only one that waiting times, leases and paces are measured by."""

from datetime import UTC, datetime
from typing import cast

from django.db import connection

_QUERIES = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')",
}


def database_now() -> datetime:
    """The database's time now, aware, in UTC; of the statement, not of the transaction's start."""
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES[connection.vendor])
        (value,) = cursor.fetchone()
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return cast("datetime", value)
