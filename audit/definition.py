"""Whether the table still makes what is sealed from the columns: the expressions as its definition has them, and as they must be.

Those are the canonical text, and on PostgreSQL whether the values fit their commitments.
"""

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


def expected() -> tuple[str, ...]:
    """The expressions that the table must have, in the words in which this database prints them. Never what `stored` says of none."""
    if connection.vendor == "sqlite":
        return (canonical.form_sql("sqlite"),)
    return _printed(connection.alias) or ("unknown",)


def stored() -> tuple[str, ...]:
    """The expressions that the table has, "" for an ordinary column or none."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'audit_record'")
            row = cursor.fetchone()
            found = _SQLITE.search(row[0]) if row else None
            return (found[1] if found else _NONE,)
    return tuple(_read("audit_record", column) for column in ("canonical", "fits"))


@cache
def _printed(_alias: str) -> tuple[str, ...]:
    """How PostgreSQL prints them: it rewrites what it is given, so a table of this session is asked. Nothing without leave to make one."""
    made = {"form": f"text GENERATED ALWAYS AS {canonical.form_sql('postgresql')} STORED"}
    made["as_committed"] = f"boolean GENERATED ALWAYS AS ({canonical.fits_sql()}) STORED"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE audit_form (LIKE audit_record)")
            for name, definition in made.items():
                cursor.execute(f"ALTER TABLE audit_form ADD {name} {definition}")
            printed = tuple(_read("pg_temp.audit_form", name) for name in made)
            cursor.execute("DROP TABLE pg_temp.audit_form")
    except DatabaseError:
        return ()
    return printed


def _read(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [table, column])
        row = cursor.fetchone()
    return str(row[0]) if row else _NONE
