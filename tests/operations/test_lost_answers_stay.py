"""An answer that was lost is not forgotten: what may have happened is never called cancelled, left out or rejected."""

from __future__ import annotations

from typing import Any

import pytest

from audit.actors import Actor
from audit.models import Record
from media_assets.models import VideoAsset
from operations import engine
from operations.clock import database_now
from operations.engine.claim import claim
from operations.engine.settle import settle
from operations.engine.sweep import sweep
from operations.models import Account, Hold, Item, Notice, Run
from operations.states import Halt, ItemState, Outcome, RunState
from providers.codes import NOTHING_TO_DO, Code, CodeClass
from providers.outcome import Ambiguous, Exchange, NotSent, ProviderError, Rejected
from tests.factories.operations import confirmed, plan
from tests.factories.people import UserFactory

DELETE = "media_assets.class_video.delete"


def answer(kind: type[ProviderError], means: CodeClass) -> ProviderError:
    exchange = Exchange("classin", "deleteClassVideo", None, "x", "", "", 1)
    return kind(Code("x", NOTHING_TO_DO, NOTHING_TO_DO, means), exchange)


def claimed_and(run: Run, given: ProviderError) -> Item:
    """One claim of this run's only item, answered like this."""
    Item.objects.filter(run=run).update(due_at=database_now())
    account = Account.objects.get(provider="classin")
    settle(run.pk, [(request, given) for request in claim(run.pk, account.pk, 1).requests])
    return Item.objects.get(run=run)


@pytest.fixture
def run(clips: Any, deleter: Any) -> Run:
    """A run of one class video whose first answer was lost; a repeat would prove what came of it."""
    run = confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter), deleter)
    item = claimed_and(run, answer(Ambiguous, CodeClass.UNKNOWN))
    assert (item.state, item.outcome) == (ItemState.QUEUED, Outcome.UNKNOWN)
    return run


def test_cancelling_leaves_it_unknown(run: Run, actor: Actor, deleter: Any):
    engine.cancel_rest(run, actor=actor, user=deleter)
    item = Item.objects.get(run=run)
    assert (item.state, item.outcome) == (ItemState.SETTLED, Outcome.UNKNOWN)


def test_what_stays_unknown_is_not_counted_as_cancelled(run: Run, actor: Actor, deleter: Any, clips: Any):
    """The record, the notice and the answer say the same number; the unknown one has a notice of its own."""
    Run.objects.filter(pk=run.pk).update(approved_by=UserFactory())
    stray = Item.objects.get(run=run)
    stray.pk, stray.target_id, stray.confirmed, stray.outcome = None, clips[1].pk, False, ""
    stray.save(force_insert=True)
    fresh = Item.objects.get(run=run, confirmed=True)
    fresh.pk, fresh.target_id, fresh.outcome = None, clips[2].pk, ""
    fresh.save(force_insert=True)
    assert engine.cancel_rest(run, actor=actor, user=deleter) == 1
    assert Record.objects.get(action="operations.run.cancelled").details == {"count": 1}
    told = {notice.kind: notice.details["count"] for notice in Notice.objects.filter(run=run)}
    assert told == {"operations.run.cancelled": 1, "operations.run.unknown": 1}
    assert not Item.objects.filter(run=run).exclude(state=ItemState.SETTLED).exists()


def test_a_hold_before_the_repeat_leaves_it_unknown(run: Run, clips: Any, deleter: Any):
    Hold.objects.create(
        target_kind="media_assets.videoasset", target_id=clips[0].pk, reason="Keep", placed_by=deleter
    )
    item = claimed_and(run, answer(NotSent, CodeClass.RETRY_LATER))
    assert (item.state, item.outcome, item.left_out) == (ItemState.SETTLED, Outcome.UNKNOWN, "held")


@pytest.mark.parametrize("kind", [Rejected, NotSent])
def test_a_repeat_that_did_nothing_leaves_it_unknown(run: Run, kind: type[ProviderError]):
    Item.objects.filter(run=run).update(attempts_made=4)
    item = claimed_and(run, answer(kind, CodeClass.FIX_INPUT))
    assert (item.state, item.outcome) == (ItemState.SETTLED, Outcome.UNKNOWN)


def test_a_repeat_that_is_put_back_after_cancelling_leaves_it_unknown(run: Run, actor: Actor, deleter: Any):
    Item.objects.filter(run=run).update(due_at=database_now())
    account = Account.objects.get(provider="classin")
    requests = claim(run.pk, account.pk, 1).requests
    engine.cancel_rest(run, actor=actor, user=deleter)
    settle(run.pk, [(request, answer(NotSent, CodeClass.RETRY_LATER)) for request in requests])
    assert Item.objects.get(run=run).outcome == Outcome.UNKNOWN


def test_a_new_plan_leaves_it_out_until_somebody_decides(run: Run, clips: Any, actor: Actor, deleter: Any):
    engine.cancel_rest(run, actor=actor, user=deleter)
    again = plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter)
    assert Item.objects.get(run=again).left_out == "undecided"
    engine.decide(Item.objects.get(run=run), finding="not_happened", note="Looked", actor=actor, user=deleter)
    decided = plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter)
    assert Item.objects.get(run=decided).left_out == ""


def test_an_item_that_nobody_confirmed_is_not_claimed(clips: Any, deleter: Any):
    """A row that is put beside the frozen list is not covered by its checksum."""
    run = confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter), deleter)
    stray = Item.objects.get(run=run)
    stray.pk, stray.target_id, stray.confirmed = None, clips[1].pk, False
    stray.save(force_insert=True)
    account = Account.objects.get(provider="classin")
    claimed = claim(run.pk, account.pk, 5)
    assert [item.target_id for request in claimed.requests for item in request.items] == [clips[0].pk]


def test_an_item_that_nobody_confirmed_halts_the_run_when_all_else_is_done(
    clips: Any, actor: Actor, deleter: Any, work_off: Any, sandbox: Any
):
    """It is not sent, the run does not wait for it for ever, and nobody is told that the run ended as confirmed."""
    run = confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter), deleter)
    stray = Item.objects.get(run=run)
    stray.pk, stray.target_id, stray.confirmed = None, clips[1].pk, False
    stray.save(force_insert=True)
    work_off(run)
    sweep()
    run.refresh_from_db()
    assert (run.state, run.halt) == (RunState.HALTED, Halt.LIST_CHANGED)
    assert len(sandbox.calls("classin", "deleteClassVideo")) == 1
    assert Record.objects.filter(action="operations.run.halted").count() == 1
    assert engine.cancel_rest(run, actor=actor, user=deleter) == 0
    stray.refresh_from_db()
    assert (stray.state, stray.outcome) == (ItemState.SETTLED, Outcome.CANCELLED)


def test_a_sweep_halts_it_as_well(clips: Any, deleter: Any):
    run = confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter), deleter)
    Item.objects.filter(run=run).update(confirmed=False)
    sweep()
    run.refresh_from_db()
    assert (run.state, run.halt) == (RunState.HALTED, Halt.LIST_CHANGED)
