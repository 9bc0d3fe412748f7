"""Database triggers that keep the ledger append-only for code that has not been written yet, raw SQL included."""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "audit_record"

# For each database: the statements that put the triggers in place. SQLite has no TRUNCATE; its DELETE without WHERE
# fires the row trigger as well. INSERT OR REPLACE would drop the old row without firing it, so that has its own.
_INSTALL: dict[str, tuple[str, ...]] = {
    "postgresql": (
        """
        CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'audit records are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
        END $$
        """,
        f"""
        CREATE TRIGGER audit_append_only_rows BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION audit_append_only()
        """,
        f"""
        CREATE TRIGGER audit_append_only_table BEFORE TRUNCATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
        """,
    ),
    "sqlite": (
        f"""
        CREATE TRIGGER audit_append_only_update BEFORE UPDATE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, 'audit records are append-only: UPDATE refused'); END
        """,
        f"""
        CREATE TRIGGER audit_append_only_delete BEFORE DELETE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, 'audit records are append-only: DELETE refused'); END
        """,
        f"""
        CREATE TRIGGER audit_append_only_replace BEFORE INSERT ON {TABLE}
        WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'audit records are append-only: REPLACE refused'); END
        """,  # noqa: S608 - the table's name is a constant
    ),
}
_REMOVE: dict[str, tuple[str, ...]] = {
    "postgresql": (
        f"DROP TRIGGER IF EXISTS audit_append_only_rows ON {TABLE}",
        f"DROP TRIGGER IF EXISTS audit_append_only_table ON {TABLE}",
    ),
    "sqlite": (
        "DROP TRIGGER IF EXISTS audit_append_only_update",
        "DROP TRIGGER IF EXISTS audit_append_only_delete",
        "DROP TRIGGER IF EXISTS audit_append_only_replace",
    ),
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place. Raises KeyError on a database that the product does not support."""
    _execute(connection, _INSTALL[connection.vendor])


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: for undoing the migration, and for tests that empty their own database."""
    _execute(connection, _REMOVE[connection.vendor])


def _execute(connection: BaseDatabaseWrapper, statements: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
