"""What every registered operation declares, and what it refuses, whichever it is."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import models
from django.utils.translation import override

import screens
from audit.registry import registry as audit_registry
from operations.models import Attempt, Hold
from operations.operation import Operation
from operations.registry import registry
from operations.states import Outcome, Resend, Risk
from providers import PROVIDERS
from providers.outcome import InvalidRequest
from tests.contracts.conftest import agreed, frozen, holder, only_item
from tests.contracts.targets import TARGETS

pytestmark = pytest.mark.django_db

ALL = list(registry)
DESTRUCTIVE = [operation for operation in ALL if operation.risk.destructive]
EDITS = [operation for operation in ALL if not operation.risk.destructive]
every = pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.key)
every_deletion = pytest.mark.parametrize("operation", DESTRUCTIVE, ids=lambda operation: operation.key)
LANGUAGES = ("en", "zh-hans")
ENDING_OF = {outcome: outcome.value for outcome in Outcome} | {Outcome.DONE: "succeeded"}
SPRITE = Path(screens.__file__).parent / "static/screens/icons.svg"
ICONS = set(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text(encoding="utf-8")))


def test_every_operation_has_a_target_to_be_tested_on():
    assert {operation.key for operation in ALL} == set(TARGETS), "add a row to tests/contracts/targets.py"


@every
def test_every_declaration_is_there(operation: Operation):
    assert operation.provider in PROVIDERS
    assert issubclass(operation.target, models.Model)
    assert isinstance(operation.risk, Risk)
    assert isinstance(operation.resend, Resend)
    assert operation.identity
    assert operation.item_label
    assert operation.icon in ICONS
    assert (operation.form is None) == operation.risk.destructive
    assert operation.__doc__, "a docstring says what it means to a person"


@pytest.mark.parametrize("language", LANGUAGES)
@every
def test_its_words_are_there_in_both_languages(operation: Operation, language: str):
    with override(language):
        words = [operation.label, operation.done_label, operation.requested, operation.succeeded]
        assert all(str(text).strip() for text in words)
        assert all(str(reason.label).strip() for reason in operation.left_out)
        filled = defaultdict(lambda: "x", {"actor": "Lin Yue", "target": "Part 1", "count": 3})
        assert "Lin Yue" in str(operation.requested) % filled
        assert "Part 1" in str(operation.succeeded) % filled
        assert set(filled) == {"actor", "target", "count"}, "a placeholder that no record fills"


@every
def test_its_permission_exists(operation: Operation):
    app, codename = operation.permission.split(".")
    assert Permission.objects.filter(content_type__app_label=app, codename=codename).count() == 1


@every
def test_every_outcome_has_its_audit_action(operation: Operation):
    for outcome, ending in ENDING_OF.items():
        action = audit_registry.find(f"{operation.key}.{ending}")
        assert action.outcome == outcome.value
        assert operation.audit[ending] is action
    others = (
        "planned",
        "discarded",
        "requested",
        "attempted",
        "deferred",
        "looked",
        "late",
        "decided",
        "denied",
    )
    for ending in others:
        assert operation.audit[ending] is audit_registry.find(f"{operation.key}.{ending}")


@every
def test_left_out_reasons_have_codes_of_their_own(operation: Operation):
    codes = [reason.code for reason in operation.left_out]
    engines = {"held", "no_permission", "in_open_run", "not_connected", "unticked"}
    assert len(codes) == len(set(codes))
    assert not engines & set(codes)
    assert all(reason.icon in ICONS for reason in operation.left_out)


@every_deletion
def test_a_hold_on_anything_above_it_leaves_it_out(operation: Operation, sandbox: Any, all_accounts: None):
    row, user = TARGETS[operation.key].make(sandbox), holder(operation)
    covered = 0
    for kind, path in operation.hold_paths.items():
        ids = operation.target._default_manager.filter(pk=row.pk).values_list(path, flat=True)
        for target_id in {found for found in ids if found is not None}:
            hold = Hold.objects.create(
                target_kind=kind, target_id=target_id, target_label="x", reason="Appeal", placed_by=user
            )
            assert only_item(frozen(operation, row, user)).left_out == "held", kind
            hold.delete()
            covered += 1
    assert covered >= 2
    assert only_item(frozen(operation, row, user)).left_out == ""


@every
def test_it_does_what_it_says(operation: Operation, sandbox: Any, all_accounts: None, work_off: Any):
    row, user = TARGETS[operation.key].make(sandbox), holder(operation)
    run = agreed(operation, row, user)
    work_off(run)
    assert only_item(run).outcome == Outcome.DONE
    assert [call["call"] for call in sandbox.calls()] == [TARGETS[operation.key].call]
    assert len(sandbox.effects(operation.provider)) == 1


@pytest.mark.parametrize("nothing", ["", " ", "0", None], ids=repr)
@every
def test_the_client_refuses_an_empty_id(operation: Operation, nothing: Any, sandbox: Any, all_accounts: None):
    from operations.accounts import client_for

    row, user = TARGETS[operation.key].make(sandbox), holder(operation)
    item = only_item(frozen(operation, row, user))
    whole = dict(item.identity)
    for name in TARGETS[operation.key].ids:
        item.identity = {**whole, name: nothing}
        with pytest.raises(InvalidRequest):
            operation.call(client_for(item.account), [item])
    assert not sandbox.calls()


@every
def test_a_row_without_an_id_is_left_out(operation: Operation, sandbox: Any, all_accounts: None):
    row, user = TARGETS[operation.key].make(sandbox), holder(operation)
    type(row)._default_manager.filter(pk=row.pk).update(**TARGETS[operation.key].nameless)
    assert only_item(frozen(operation, row, user)).left_out == "no_provider_id"


@every
def test_an_item_without_an_id_is_never_sent(
    operation: Operation, sandbox: Any, all_accounts: None, work_off: Any
):
    """Even if such an item got past the plan: nothing leaves the machine, and it says so."""
    row, user = TARGETS[operation.key].make(sandbox), holder(operation)
    run = frozen(operation, row, user)
    item = only_item(run)
    item.identity = dict.fromkeys(item.identity, "")
    item.save(update_fields=["identity"])
    from tests.factories.operations import confirmed

    work_off(confirmed(run, user))
    assert only_item(run).outcome == Outcome.NOT_SENT
    assert not sandbox.calls()
    assert Attempt.objects.filter(run=run).count() == 1
