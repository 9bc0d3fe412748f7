"""Whether the table still makes the sealed text from the columns: the expression as its definition has it, and as it must be."""

from __future__ import annotations

import re
from functools import cache

from django.db import DatabaseError, connection, transaction

from audit import canonical

_NONE = ""
_STORED = """
    SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a
    JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    JOIN pg_class c ON c.oid = a.attrelid
    WHERE a.attrelid = %s::regclass AND a.attname = %s AND a.attgenerated = 's' AND c.relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhparent = c.oid)
"""
_SQLITE = re.compile(r'"canonical" text GENERATED ALWAYS AS \((\(.*?\))\) STORED', re.DOTALL | re.IGNORECASE)


def expected() -> str:
    """The expression that the table must have, in the words in which this database prints it. Never what `stored` says of no expression."""
    if connection.vendor == "sqlite":
        return canonical.form_sql("sqlite")
    return _printed(connection.alias) or "unknown"


def stored() -> str:
    """The expression that the table has, "" when the text is an ordinary column."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'audit_record'")
            row = cursor.fetchone()
            found = _SQLITE.search(row[0]) if row else None
            return found[1] if found else _NONE
        return _read("audit_record", "canonical")


@cache
def _printed(_alias: str) -> str:
    """How PostgreSQL prints form 1: it rewrites what it is given, so a table of this session is asked. "" without leave to make one."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE audit_form (LIKE audit_record)")
            form = canonical.form_sql("postgresql")
            cursor.execute(f"ALTER TABLE audit_form ADD form text GENERATED ALWAYS AS {form} STORED")
            printed = _read("pg_temp.audit_form", "form")
            cursor.execute("DROP TABLE pg_temp.audit_form")
    except DatabaseError:
        return _NONE
    return printed


def _read(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [table, column])
        row = cursor.fetchone()
    return str(row[0]) if row else _NONE
