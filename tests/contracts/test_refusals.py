"""Who may not does not, and every refusal is written down; a deletion needs a reason and the typed words."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from audit.models import Record
from operations import engine
from operations.models import Item, Run
from operations.operation import Operation
from operations.registry import registry
from operations.states import RunState
from tests.contracts.conftest import frozen, holder, onlooker
from tests.contracts.targets import TARGETS
from tests.factories.operations import confirmed

pytestmark = pytest.mark.django_db

DESTRUCTIVE = [operation for operation in registry if operation.risk.destructive]
EDITS = [operation for operation in registry if not operation.risk.destructive]
every = pytest.mark.parametrize("operation", list(registry), ids=lambda operation: operation.key)
every_deletion = pytest.mark.parametrize("operation", DESTRUCTIVE, ids=lambda operation: operation.key)
every_edit = pytest.mark.parametrize("operation", EDITS, ids=lambda operation: operation.key)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def denials(operation: Operation, user: User) -> int:
    return Record.objects.filter(action=f"{operation.key}.denied", outcome="denied", actor=user).count()


def address(operation: Operation, page: str, *args: Any) -> str:
    meta = operation.target._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=args)


def button_of(operation: Operation) -> str:
    """The bulk button of the target's list that carries this operation."""
    screen: Any = admin.site._registry[operation.target]
    return next(name for name, (_l, _i, carried) in screen._buttons().items() if operation in carried)


def chosen(operation: Operation, row: Any) -> dict[str, Any]:
    return {"action": button_of(operation), ACTION_CHECKBOX_NAME: [row.pk]}


def confirmation(run: Run, typed: str) -> dict[str, str]:
    return {"do": "confirm", "token": str(run.token), "reason": "Term is over", "typed": typed}


@pytest.mark.parametrize("method", ["get", "post"])
@every_edit
def test_the_form_refuses_a_person_without_the_right(
    operation: Operation, method: str, sandbox: Any, all_accounts: None
):
    row, user = TARGETS[operation.key].make(sandbox), onlooker(operation)
    url = address(operation, "do", row.pk, operation.key)
    response = getattr(signed_in(user), method)(url, TARGETS[operation.key].edit)
    assert response.status_code == 403
    assert denials(operation, user) == 1
    assert not Run.objects.exists()


@every_deletion
def test_the_list_offers_no_button_to_a_person_without_the_right(
    operation: Operation, sandbox: Any, all_accounts: None
):
    TARGETS[operation.key].make(sandbox)
    page = signed_in(onlooker(operation)).get(address(operation, "changelist")).content.decode()
    allowed = signed_in(holder(operation)).get(address(operation, "changelist")).content.decode()
    assert f'value="{button_of(operation)}"' in allowed
    assert f'value="{button_of(operation)}"' not in page


@every_deletion
def test_the_list_refuses_a_button_pressed_without_the_right(
    operation: Operation, sandbox: Any, all_accounts: None
):
    row, user = TARGETS[operation.key].make(sandbox), onlooker(operation)
    response = signed_in(user).post(address(operation, "changelist"), chosen(operation, row))
    assert not Run.objects.exists()
    assert response.status_code == 403
    assert Record.objects.filter(action__endswith=".denied", actor=user).count() == 1


@every_deletion
def test_the_list_makes_a_plan_for_a_person_with_the_right(
    operation: Operation, sandbox: Any, all_accounts: None
):
    row, user = TARGETS[operation.key].make(sandbox), holder(operation)
    response = signed_in(user).post(address(operation, "changelist"), chosen(operation, row))
    run = Run.objects.get()
    assert (response.status_code, response["Location"]) == (302, run.get_absolute_url())
    assert list(Item.objects.filter(left_out="").values_list("target_id", flat=True)) == [row.pk]
    assert not sandbox.calls()


@every
def test_nobody_confirms_the_plan_of_somebody_else(operation: Operation, sandbox: Any, all_accounts: None):
    row, owner, other = TARGETS[operation.key].make(sandbox), holder(operation), holder(operation)
    run = frozen(operation, row, owner)
    response = signed_in(other).post(run.get_absolute_url(), confirmation(run, "DELETE 1"))
    assert response.status_code == 403
    assert denials(operation, other) == 1
    assert Run.objects.get().state == RunState.DRAFT


@every
def test_a_person_who_lost_the_right_meanwhile_confirms_nothing(
    operation: Operation, sandbox: Any, all_accounts: None
):
    row, user = TARGETS[operation.key].make(sandbox), holder(operation)
    run = frozen(operation, row, user)
    user.user_permissions.remove(user.user_permissions.get(codename=operation.permission.split(".")[1]))
    response = signed_in(user).post(run.get_absolute_url(), confirmation(run, "DELETE 1"))
    assert Run.objects.get().state == RunState.DRAFT
    assert response.status_code == 403
    assert denials(operation, user) == 1


@every
def test_a_person_without_any_right_sees_nothing_of_it(
    operation: Operation, sandbox: Any, all_accounts: None
):
    row = TARGETS[operation.key].make(sandbox)
    run = frozen(operation, row, holder(operation))
    stranger = signed_in(User.objects.create_user("stranger", is_staff=True))
    for url in (
        address(operation, "changelist"),
        address(operation, "change", row.pk),
        address(operation, "history", row.pk),
        address(operation, "do", row.pk, operation.key),
        run.get_absolute_url(),
    ):
        assert stranger.get(url).status_code == 403, url


@every_deletion
def test_a_deletion_needs_a_reason(operation: Operation, sandbox: Any, all_accounts: None):
    row, user = TARGETS[operation.key].make(sandbox), holder(operation)
    run = frozen(operation, row, user)
    with pytest.raises(engine.Refused) as refused:
        confirmed(run, user, reason="  ")
    assert (refused.value.code, refused.value.field) == ("reason_missing", "reason")


@pytest.mark.parametrize("typed", [None, " ", "yes", "DELETE", "DELETE 2", "DELETE 11"], ids=repr)
@every_deletion
def test_a_deletion_needs_the_typed_words(
    operation: Operation, typed: str | None, sandbox: Any, all_accounts: None
):
    row, user = TARGETS[operation.key].make(sandbox), holder(operation)
    run = frozen(operation, row, user)
    with pytest.raises(engine.Refused) as refused:
        confirmed(run, user, typed=typed)
    assert (refused.value.code, refused.value.field) == ("typed_wrong", "typed")
    run.refresh_from_db()
    assert run.state == RunState.DRAFT


@every_edit
def test_an_edit_needs_neither(operation: Operation, sandbox: Any, all_accounts: None):
    row, user = TARGETS[operation.key].make(sandbox), holder(operation)
    run = confirmed(frozen(operation, row, user), user, reason="", typed=None)
    assert run.state == RunState.RUNNING
