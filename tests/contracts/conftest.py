"""What the contract tests do with any operation: make its object, plan it, confirm it as its person would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from audit.actors import Actor
from operations import engine
from operations.models import Account, Item, Run
from operations.operation import Operation
from tests.audit.ledger import ledger  # noqa: F401 - a fixture of what seals
from tests.contracts.targets import TARGETS
from tests.factories.operations import confirmed, plan
from tests.factories.people import UserFactory

Frozen = Callable[[Operation, Any, User], Run]


def holder(operation: Operation, *more: str) -> User:
    """Somebody of the staff who may do this operation, see its targets and the runs, and nothing else."""
    meta = operation.target._meta
    seen = f"{meta.app_label}.view_{meta.model_name}"
    user = UserFactory(permissions=[operation.permission, seen, "operations.view_run", *more])
    return User.objects.get(pk=user.pk)


def onlooker(operation: Operation) -> User:
    """Somebody who may see the targets and the runs, and do nothing."""
    meta = operation.target._meta
    user = UserFactory(permissions=[f"{meta.app_label}.view_{meta.model_name}", "operations.view_run"])
    return User.objects.get(pk=user.pk)


def frozen(operation: Operation, row: Any, user: User) -> Run:
    """The plan of this one row: through the form for an edit, through a selection for a deletion."""
    if operation.form is None:
        return plan(operation.key, type(row)._default_manager.filter(pk=row.pk), user)
    blank = operation.form(target=row)
    form = operation.form({**blank.initial, **TARGETS[operation.key].edit}, {}, target=row)
    assert form.is_valid(), form.errors
    return engine.freeze_edit(
        operation, row, form.proposal(), actor=Actor.person(user, via="test"), user=user
    )


def agreed(operation: Operation, row: Any, user: User) -> Run:
    """The plan of this one row, confirmed."""
    run = frozen(operation, row, user)
    return confirmed(run, user)


def only_item(run: Run) -> Item:
    """The run's one item as it is now."""
    return Item.objects.get(run=run)


@pytest.fixture
def all_accounts(db: None) -> None:
    """Every provider's account has its row."""
    for provider in ("classin", "huawei_vod", "syngrafii"):
        Account.objects.get_or_create(provider=provider, name="default")


@pytest.fixture
def impatient(settings: Any) -> None:
    """Silence is taken for a lost answer after a moment. Ask for it before `sandbox`, which builds the clients."""
    settings.PROVIDER_READ_TIMEOUT = 0.4
