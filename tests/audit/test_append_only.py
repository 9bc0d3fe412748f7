"""Nothing that was written can be changed or dropped: not by the model, not by the ORM's back doors, not by raw SQL."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError

from audit import triggers
from audit.actions import SIGNED_IN
from audit.actors import Actor, system
from audit.models import AppendOnlyError, Record
from audit.registry import AuditError
from audit.services import record
from tests.factories.people import UserFactory

REFUSED = "append-only"


@pytest.fixture
def line(db: None) -> Record:
    written = record(SIGNED_IN, actor=system("command"))
    connection.check_constraints()  # else PostgreSQL refuses TRUNCATE for a check that is pending, not for the trigger
    return written


def test_a_written_record_is_not_saved_again(line: Record) -> None:
    line.reason = "better so"
    with pytest.raises(AppendOnlyError):
        line.save()


def test_a_record_is_not_deleted(line: Record) -> None:
    with pytest.raises(AppendOnlyError):
        line.delete()


@pytest.mark.parametrize(
    "act",
    [
        lambda line: Record.objects.update(reason="x"),
        lambda line: Record.objects.all().delete(),
        lambda line: Record.objects.bulk_update([line], ["reason"]),
        lambda line: Record.objects.bulk_create([Record(action=SIGNED_IN.code)], ignore_conflicts=True),
        lambda line: Record.objects.bulk_create(
            [Record(action=SIGNED_IN.code)],
            update_conflicts=True,
            update_fields=["reason"],
            unique_fields=["id"],
        ),
        lambda line: Record.objects.bulk_create([line]),
    ],
    ids=["update", "delete", "bulk_update", "ignore_conflicts", "update_conflicts", "create_again"],
)
def test_the_queryset_refuses(line: Record, act: object) -> None:
    with pytest.raises(AppendOnlyError):
        act(line)  # type: ignore[operator]  # the parameters above


@pytest.mark.parametrize(
    "act",
    [
        lambda line: Record._base_manager.filter(pk=line.pk).update(reason="x"),
        lambda line: Record._base_manager.filter(pk=line.pk)._raw_delete("default"),
    ],
    ids=["base_manager_update", "raw_delete"],
)
def test_the_database_refuses_what_the_orm_lets_through(line: Record, act: object) -> None:
    with pytest.raises((DatabaseError, AppendOnlyError)), transaction.atomic():
        act(line)  # type: ignore[operator]  # the parameters above
    line.refresh_from_db()
    assert line.reason == ""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_record SET reason = 'x'",
        "UPDATE audit_record SET reason = 'x' WHERE id = %(id)s",
        "DELETE FROM audit_record",
        "DELETE FROM audit_record WHERE id = %(id)s",
        pytest.param("TRUNCATE audit_record", id="truncate"),
        pytest.param("TRUNCATE audit_record CASCADE", id="truncate_cascade"),
    ],
)
def test_the_database_refuses_raw_sql(line: Record, statement: str) -> None:
    knows_it = connection.vendor != "sqlite" or not statement.startswith("TRUNCATE")
    why = REFUSED if knows_it else "syntax error"
    with pytest.raises(DatabaseError, match=why), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement % {"id": line.pk})
    assert Record.objects.filter(pk=line.pk, reason="").exists()


def test_a_row_cannot_be_written_over(line: Record) -> None:
    """SQLite's REPLACE drops the old row without asking the delete trigger, so a trigger of its own watches it."""
    columns = ", ".join(field.column for field in Record._meta.concrete_fields if not field.generated)
    verb = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
    end = "" if connection.vendor == "sqlite" else "ON CONFLICT (id) DO UPDATE SET reason = 'x'"
    statement = f"{verb} INTO audit_record ({columns}) SELECT {columns} FROM audit_record WHERE id = %s {end}"
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [line.pk])


def test_a_person_who_is_in_the_ledger_cannot_be_deleted(db: None) -> None:
    user = UserFactory()
    Record(action=SIGNED_IN.code, actor=user, actor_name="x", via="admin").save()
    with pytest.raises(ProtectedError):
        user.delete()


def test_an_unknown_action_is_an_error_by_every_way_in(db: None) -> None:
    with pytest.raises(AuditError):
        Record(action="audit.no.such").save()
    with pytest.raises(AuditError):
        Record.objects.create(action="audit.no.such")
    with pytest.raises(AuditError):
        Record.objects.bulk_create([Record(action="audit.no.such")])
    assert not Record.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestTriggersAroundTheFlush:
    """Two tests that commit: between them the tables are emptied, and the triggers are in place again."""

    @pytest.mark.parametrize("turn", [1, 2])
    def test_the_ledger_starts_empty_and_guarded(self, turn: int) -> None:
        assert not Record.objects.exists()
        record(SIGNED_IN, actor=system("command"))
        with pytest.raises(DatabaseError, match=REFUSED), connection.cursor() as cursor:
            cursor.execute("DELETE FROM audit_record")
        assert Record.objects.count() == 1


def test_the_triggers_can_be_taken_away_and_put_back(line: Record) -> None:
    triggers.remove(connection)
    Record._base_manager.filter(pk=line.pk)._raw_delete("default")
    triggers.install(connection)
    record(SIGNED_IN, actor=system("command"))
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_record")


def test_a_person_whom_records_name_is_kept_even_from_raw_sql(db: None) -> None:
    """No foreign key says so: it would be asked for each record that is written."""
    named, nobody = UserFactory(), UserFactory()
    record(SIGNED_IN, actor=Actor(named.pk, "Lin Yue", "admin"))
    with (
        pytest.raises(DatabaseError, match="deactivated"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM auth_user WHERE id = %s", [named.pk])
    with pytest.raises(ProtectedError):
        named.delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM auth_user WHERE id = %s", [nobody.pk])
        assert cursor.rowcount == 1
