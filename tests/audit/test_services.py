"""The only way in: what may be written, and when."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, models, transaction
from hypothesis import given
from hypothesis import strategies as st

from audit import bulk, canonical
from audit.actions import ACCESS_REFUSED, SIGNED_IN
from audit.actors import Actor, system
from audit.models import Record
from audit.registry import AuditAction, AuditError, Registry
from audit.services import Entry, Target, record, record_many
from tests.factories.people import UserFactory

ACTOR = system("command")


@pytest.mark.django_db
def test_details_are_an_allow_list() -> None:
    with pytest.raises(AuditError, match="password"):
        record(ACCESS_REFUSED, actor=ACTOR, details={"path": "/", "password": "secret"})
    assert not Record.objects.exists()


@pytest.mark.django_db
def test_an_action_that_nobody_registered_is_an_error() -> None:
    stranger = AuditAction(code="no.such.thing", label="x", sentence="x")
    with pytest.raises(AuditError, match=r"no\.such\.thing"):
        record(stranger, actor=ACTOR)


@pytest.mark.django_db(transaction=True)
def test_many_records_are_refused_outside_a_transaction() -> None:
    with pytest.raises(AuditError, match="transaction"):
        record_many([Entry(action=SIGNED_IN, actor=ACTOR)])
    with transaction.atomic():
        record_many([Entry(action=SIGNED_IN, actor=ACTOR), Entry(action=SIGNED_IN, actor=ACTOR)])
    assert Record.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_record_goes_with_the_transaction_it_speaks_of() -> None:
    with transaction.atomic():
        record(SIGNED_IN, actor=ACTOR)
        transaction.set_rollback(True)
    assert not Record.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("count", [5, 30])
def test_many_records_are_one_statement(django_assert_max_num_queries: Any, count: int) -> None:
    """Django does not count a COPY, which PostgreSQL gets from twenty records on."""
    with django_assert_max_num_queries(1):
        record_many([Entry(action=SIGNED_IN, actor=ACTOR) for _ in range(count)])
    assert Record.objects.count() == count


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [1, 30])
def test_a_batch_that_the_database_refuses_leaves_nothing(count: int) -> None:
    too_large = Entry(action=SIGNED_IN, actor=ACTOR, run_id=2**70)
    with pytest.raises((DatabaseError, OverflowError)), transaction.atomic():
        record_many([*(Entry(action=SIGNED_IN, actor=ACTOR) for _ in range(count)), too_large])
    assert not Record.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 5, 30])
def test_every_character_arrives_as_it_was_given(count: int) -> None:
    """A COPY separates by tabs and escapes by backslashes; what a provider answers may hold both."""
    odd = "a\tb\\N\n\r\\.\x1f雅'\"%s"
    given = Entry(
        action=ACCESS_REFUSED,
        actor=Actor(None, odd, "admin", agent="\\N"),
        target=Target("courses.course", None, odd),
        details={"path": odd},
        changes={"name": {"before": None, "after": [odd, 1.5, True]}},
        reason=odd,
        attempt_id=uuid.UUID(int=7),
    )
    with transaction.atomic():
        record_many([given] * count)
    for row in Record.objects.all():
        assert (row.actor_name, row.agent, row.target_label, row.reason) == (odd, "\\N", odd, odd)
        assert (row.details, row.target_id, row.attempt_id) == ({"path": odd}, None, uuid.UUID(int=7))
        assert row.changes == {"name": {"before": None, "after": [odd, 1.5, True]}}


def test_a_column_that_is_added_to_the_model_is_written_too() -> None:
    given = {
        field.column
        for field in Record._meta.concrete_fields
        if not (field.primary_key or field.generated or field.db_default is not models.NOT_PROVIDED)
    }
    assert set(bulk.COLUMNS) == given


@pytest.mark.django_db
def test_a_record_keeps_names_as_they_were_and_within_the_columns() -> None:
    user = UserFactory(first_name="Lin", last_name="Yue")
    target = Target.of(user)
    written = record(
        SIGNED_IN,
        actor=Actor(user.pk, "L" * 500, "admin", "1" * 100, "agent" * 100, "r" * 100),
        target=target,
        reason="why",
        run_id=1,
        item_id=2,
        attempt_id=uuid.uuid4(),
        provider="classin",
        provider_code="c" * 100,
        provider_message="m" * 900,
        approver_name="a" * 300,
    )
    user.first_name = "Somebody else"
    user.save()
    written.refresh_from_db()
    assert len(written.actor_name) == 200
    assert len(written.provider_message) == 500
    assert written.target_kind == "auth.user"
    assert written.target_label == user.username
    assert written.at is not None


def test_a_code_is_registered_once_and_well_formed() -> None:
    ours = Registry()
    ours.register(AuditAction(code="a.b", label="x", sentence="x"))
    for code in ("a.b", "A.b", "single", "a..b", "a.b-c"):
        with pytest.raises(AuditError):
            ours.register(AuditAction(code=code, label="x", sentence="x"))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


@given(_JSON)
def test_a_document_is_written_in_one_pass_as_it_is_in_two(value: Any) -> None:
    assert canonical.document(value) == json.dumps(canonical.plain(value), ensure_ascii=False)


@pytest.mark.django_db
def test_every_record_has_salts_of_its_own() -> None:
    record_many([Entry(action=SIGNED_IN, actor=ACTOR, approver_name="Wang") for _ in range(40)])
    salts = [
        salt for row in Record.objects.all() for salt in (row.actor_salt, row.approver_salt, row.words_salt)
    ]
    assert len(set(salts)) == len(salts) == 120
    assert {len(salt) for salt in salts} == {32}
