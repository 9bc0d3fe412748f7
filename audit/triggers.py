"""Database triggers that keep the ledger append-only for code that has not been written yet, raw SQL included."""

from django.apps import apps
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from audit.canonical import GROUPS, JSON_COLUMNS

TABLE = "audit_record"
APPEND_ONLY = (TABLE, "audit_leaf", "audit_subtree", "audit_checkpoint", "audit_publickey", "audit_erasure")
_ERASURES = "audit_erasure"
_PERSON_KEPT = "audit_person_kept"
_KEPT = "a person whom audit records name is deactivated, not deleted"
_STAYS = (
    "id", "at", "action", "outcome", "actor_id", "via", "target_kind", "target_id", "target_provider_id", "run_id",
    "item_id", "attempt_id", "request_id", "provider", "provider_code", "version",
)  # fmt: skip
_NAMES = (
    "append_only_rows",
    "append_only_table",
    "append_only_update",
    "append_only_delete",
    "append_only_replace",
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place. Raises KeyError on a database that the product does not support."""
    make = {"postgresql": _postgresql, "sqlite": _sqlite}[connection.vendor]
    _execute(connection, make(sealed=_knows_sealing(connection)))


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: for undoing the migration, and for tests that empty their own database."""
    drop = {"postgresql": "DROP TRIGGER IF EXISTS {0} ON {1}", "sqlite": "DROP TRIGGER IF EXISTS {0}"}
    tables = APPEND_ONLY if _knows_sealing(connection) else (TABLE,)
    pairs = [(_named(table, name), table) for table in tables for name in _NAMES]
    pairs += [("audit_unsealed_mark", TABLE), (_PERSON_KEPT, _people())]
    _execute(connection, [drop[connection.vendor].format(*pair) for pair in pairs])


def _people() -> str:
    """The table of the people; their key is `id` there."""
    return str(apps.get_model(settings.AUTH_USER_MODEL)._meta.db_table)


def _named(table: str, name: str) -> str:
    """The record's own triggers keep the names that they have had from the beginning."""
    return f"audit_{name}" if table == TABLE else f"{table}_{name}"


def _knows_sealing(connection: BaseDatabaseWrapper) -> bool:
    """Whether the tables of sealing exist: the second migration puts the first triggers in place without them."""
    with connection.cursor() as cursor:
        return _ERASURES in connection.introspection.table_names(cursor)


def _postgresql(*, sealed: bool) -> list[str]:
    statements = [
        """
        CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'audit records are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
        END $$
        """
    ]
    for table in APPEND_ONLY if sealed else (TABLE,):
        statements += _postgresql_table(table, split=sealed and table == TABLE)
    if sealed:
        statements += [
            f"""
            CREATE OR REPLACE FUNCTION audit_only_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF {_is_erasure("IS NOT DISTINCT FROM")} THEN RETURN NEW; END IF;
                RAISE EXCEPTION 'audit records are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
            END $$
            """,
            f"""
            CREATE TRIGGER audit_append_only_update BEFORE UPDATE ON {TABLE}
            FOR EACH ROW EXECUTE FUNCTION audit_only_erasure()
            """,
            """
            CREATE OR REPLACE FUNCTION audit_mark_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO audit_unsealed (record_id) SELECT id FROM written;
                RETURN NULL;
            END $$
            """,
            f"""
            CREATE TRIGGER audit_unsealed_mark AFTER INSERT ON {TABLE} REFERENCING NEW TABLE AS written
            FOR EACH STATEMENT EXECUTE FUNCTION audit_mark_unsealed()
            """,
            f"""
            CREATE OR REPLACE FUNCTION audit_keep_person() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (SELECT 1 FROM {TABLE} WHERE actor_id = OLD.id) THEN
                    RAISE EXCEPTION '{_KEPT}' USING ERRCODE = 'foreign_key_violation';
                END IF;
                RETURN OLD;
            END $$
            """,  # noqa: S608 - made of constants
            f"""
            CREATE TRIGGER {_PERSON_KEPT} BEFORE DELETE ON {_people()}
            FOR EACH ROW EXECUTE FUNCTION audit_keep_person()
            """,
        ]
    return statements


def _postgresql_table(table: str, *, split: bool) -> list[str]:
    verbs = "DELETE" if split else "UPDATE OR DELETE"
    return [
        f"""
        CREATE TRIGGER {_named(table, "append_only_rows")} BEFORE {verbs} ON {table}
        FOR EACH ROW EXECUTE FUNCTION audit_append_only()
        """,
        f"""
        CREATE TRIGGER {_named(table, "append_only_table")} BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
        """,
    ]


def _sqlite(*, sealed: bool) -> list[str]:
    """SQLite has no TRUNCATE; its DELETE without WHERE fires the row trigger as well.

    INSERT OR REPLACE would drop the old row without firing it, so that has its own.
    """
    statements = []
    for table in APPEND_ONLY if sealed else (TABLE,):
        key = "position" if table == "audit_leaf" else "id"
        when = f"WHEN NOT ({_is_erasure('IS')})" if sealed and table == TABLE else ""
        statements += [
            f"""
            CREATE TRIGGER {_named(table, "append_only_update")} BEFORE UPDATE ON {table} {when}
            BEGIN SELECT RAISE(ABORT, 'audit records are append-only: UPDATE refused'); END
            """,
            f"""
            CREATE TRIGGER {_named(table, "append_only_delete")} BEFORE DELETE ON {table}
            BEGIN SELECT RAISE(ABORT, 'audit records are append-only: DELETE refused'); END
            """,
            f"""
            CREATE TRIGGER {_named(table, "append_only_replace")} BEFORE INSERT ON {table}
            WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})
            BEGIN SELECT RAISE(ABORT, 'audit records are append-only: REPLACE refused'); END
            """,  # noqa: S608 - the tables' names are constants
        ]
    if sealed:
        statements += [
            f"""
            CREATE TRIGGER audit_unsealed_mark AFTER INSERT ON {TABLE}
            BEGIN INSERT INTO audit_unsealed (record_id) VALUES (NEW.id); END
            """,  # noqa: S608 - as above
            f"""
            CREATE TRIGGER {_PERSON_KEPT} BEFORE DELETE ON {_people()}
            WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE actor_id = OLD.id)
            BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END
            """,  # noqa: S608 - as above
        ]
    return statements


def _is_erasure(same: str) -> str:
    """The condition under which an update only empties personal values for which there is leave."""
    stays = [*_STAYS, *(f"{group}_seal" for group in GROUPS)]
    parts = [f"NEW.{name} {same} OLD.{name}" for name in stays]
    for group, names in GROUPS.items():
        unchanged = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in (*names, f"{group}_salt"))
        empty = " AND ".join(
            f"NEW.{name} = '{'{}' if name in JSON_COLUMNS else ''}'" for name in (*names, f"{group}_salt")
        )
        leave = f"SELECT 1 FROM {_ERASURES} e WHERE e.record_id = OLD.id AND e.\"group\" = '{group}'"  # noqa: S608 - constants
        parts.append(f"(({unchanged}) OR ({empty} AND EXISTS ({leave})))")
    return " AND ".join(parts)


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
