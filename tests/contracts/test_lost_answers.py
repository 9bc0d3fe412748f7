"""An answer that got lost: it may have happened, so it is never called a failure and never sent twice blindly."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import Record
from operations.models import Item
from operations.operation import Operation
from operations.registry import registry
from operations.states import Outcome, Resend
from tests.contracts.conftest import agreed, holder, only_item
from tests.contracts.targets import TARGETS

pytestmark = pytest.mark.django_db

AFTER = ("timeout_after", "reset_after", "garbage", "truncated", "http_500_after")
BEFORE = ("timeout_before", "reset_before", "http_500_before")
FAILURES = {Outcome.REJECTED, Outcome.NOT_SENT}
every = pytest.mark.parametrize("operation", list(registry), ids=lambda operation: operation.key)

by_listing = pytest.mark.parametrize(
    "operation",
    [
        operation
        for operation in registry
        if (operation.provider, operation.resend) == ("syngrafii", Resend.AFTER_LOOKING)
    ],
    ids=lambda operation: operation.key,
)


@pytest.fixture
def lost(impatient: None, sandbox: Any, all_accounts: None, work_off: Any) -> Any:
    """Run an operation to its end while answers to it get lost."""

    def run(operation: Operation, kind: str, *, call: str | None = None, times: int | None = 1) -> Item:
        target = TARGETS[operation.key]
        row = target.make(sandbox)
        sandbox.fault(operation.provider, kind, call=target.call if call is None else call, times=times)
        run = agreed(operation, row, holder(operation))
        work_off(run)
        return only_item(run)

    return run


@pytest.fixture
def patient(settings: Any) -> None:
    """Failed looks in a row halt no run here."""
    settings.OPERATIONS = {**settings.OPERATIONS, "unknowns_before_halt": 99}


def sendings(sandbox: Any, operation: Operation) -> int:
    return len(sandbox.calls(operation.provider, TARGETS[operation.key].call))


def recorded(operation: Operation, ending: str) -> int:
    return Record.objects.filter(action=f"{operation.key}.{ending}").count()


@pytest.mark.parametrize("kind", AFTER)
@every
def test_an_answer_lost_after_the_effect_is_never_called_a_failure(
    operation: Operation, kind: str, lost: Any, sandbox: Any
):
    item = lost(operation, kind)
    assert len(sandbox.effects(operation.provider)) == 1
    assert recorded(operation, "unknown") >= 1
    assert not recorded(operation, "rejected")
    assert not recorded(operation, "not_sent")
    expected = Outcome.UNKNOWN if operation.resend is Resend.BY_PERSON else Outcome.DONE
    assert item.outcome == expected
    assert sendings(sandbox, operation) == (2 if operation.resend is Resend.ANSWER_PROVES else 1)


@pytest.mark.parametrize("kind", BEFORE)
@every
def test_an_answer_lost_before_the_effect_is_unknown_until_something_proves_otherwise(
    operation: Operation, kind: str, lost: Any, sandbox: Any
):
    item = lost(operation, kind)
    assert recorded(operation, "unknown") >= 1
    assert not recorded(operation, "rejected")
    if operation.resend is Resend.ANSWER_PROVES:
        assert item.outcome == Outcome.DONE
    elif operation.resend is Resend.AFTER_LOOKING:
        assert item.outcome == Outcome.NOT_SENT
        assert item.looks_made >= 2
        assert sendings(sandbox, operation) == 1
    else:
        assert item.outcome == Outcome.UNKNOWN
        assert sendings(sandbox, operation) == 1


@every
def test_when_looking_fails_as_well_it_stays_unknown_and_is_not_sent_again(
    operation: Operation, lost: Any, sandbox: Any
):
    item = lost(operation, "garbage", call="", times=None)
    assert item.outcome == Outcome.UNKNOWN
    assert item.outcome not in FAILURES
    assert not recorded(operation, "rejected")
    assert not recorded(operation, "not_sent")
    if operation.resend is not Resend.ANSWER_PROVES:
        assert sendings(sandbox, operation) == 1


@pytest.mark.parametrize("failed", [1, 2, 3])
@by_listing
def test_only_looks_that_were_answered_prove_that_nothing_happened(
    operation: Operation, failed: int, lost: Any, sandbox: Any, patient: None
):
    sandbox.fault(operation.provider, "garbage", call="videos", times=failed)
    item = lost(operation, "http_500_before")
    assert item.outcome == Outcome.NOT_SENT
    assert (item.looks_made, item.looks_answered) == (failed + 2, 2)
    assert sendings(sandbox, operation) == 1


@by_listing
def test_one_answered_look_among_failed_ones_leaves_it_unknown(
    operation: Operation, lost: Any, sandbox: Any, patient: None
):
    sandbox.fault(operation.provider, "garbage", call="videos", times=4)
    item = lost(operation, "http_500_before")
    assert item.outcome == Outcome.UNKNOWN
    assert (item.looks_made, item.looks_answered) == (5, 1)
    assert not recorded(operation, "not_sent")


@every
def test_a_bug_of_ours_during_the_call_is_unknown_too(
    operation: Operation, sandbox: Any, all_accounts: None, work_off: Any, monkeypatch: Any, caplog: Any
):
    def broken(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    row = TARGETS[operation.key].make(sandbox)
    run = agreed(operation, row, holder(operation))
    monkeypatch.setattr(type(operation), "call", broken)
    monkeypatch.setattr(type(operation), "look", broken)
    work_off(run)
    assert only_item(run).outcome == Outcome.UNKNOWN
    assert recorded(operation, "unknown") >= 1
    assert "failed in our own code" in caplog.text
