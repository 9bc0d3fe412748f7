"""The database's clock, the only one that decides anything."""

from __future__ import annotations

import datetime as dt
from typing import cast

from django.db import connection

_QUERIES = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')",
}


def database_now() -> dt.datetime:
    """The database's time now, aware, in UTC; of the statement, not of the transaction's start."""
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES[connection.vendor])
        (value,) = cursor.fetchone()
    if isinstance(value, str):
        return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC)
    return cast("dt.datetime", value)
