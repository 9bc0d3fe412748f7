"""Writing many records by few statements: COPY on PostgreSQL, Django's own insert of many rows elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import connection, models

from audit.canonical import RecordEncoder
from audit.models import Record

_FEW = 20
"""Below this many a COPY costs more than it saves: it is a conversation, an insert is one question."""


def insert(records: Sequence[Record]) -> None:
    """Write these records, all or none with the caller's transaction. Their identities and times are not fetched back."""
    if connection.vendor != "postgresql" or len(records) < _FEW:
        Record.objects.bulk_create(records, batch_size=1000)
        return
    columns = _columns()
    names = ", ".join(name for name, _attribute, _convert in columns)
    rows = []
    for record in records:
        record.make_ready()
        values = record.__dict__
        rows.append([convert(values[attribute]) for _name, attribute, convert in columns])
    # Errors of a COPY come up when it ends, behind the back of Django's cursor.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY audit_record ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


@cache
def _columns() -> tuple[tuple[str, str, Callable[[Any], Any]], ...]:
    """Column, attribute and how its value is written; what the database gives itself is left to it."""
    given = [
        field
        for field in Record._meta.concrete_fields
        if not (field.primary_key or field.generated or field.db_default is not models.NOT_PROVIDED)
    ]
    return tuple((str(field.column), field.attname, _converter(field)) for field in given)


def _converter(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value, cls=RecordEncoder)
    return lambda value: value
