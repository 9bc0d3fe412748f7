"""A run from plan to result against the sandbox: what is sent, what is believed, what is written down."""

from __future__ import annotations

import pytest
from django.db import transaction

from audit.models import Record
from media_assets.models import VideoAsset
from operations import engine
from operations.clock import database_now
from operations.engine.sweep import sweep
from operations.models import Account, Attempt, Hold, Item, Run, StopSwitch
from operations.states import ItemState, Outcome, RunState
from tests.factories.operations import confirmed, plan

DELETE = "media_assets.class_video.delete"

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(clips, deleter) -> Run:
    """A confirmed deletion of five clips."""
    return confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)


def outcomes(run: Run) -> list[str]:
    return list(Item.objects.filter(run=run).order_by("pk").values_list("outcome", flat=True))


def test_a_confirmed_run_deletes_at_the_provider_and_marks_the_mirror(run, work_off, sandbox):
    work_off(run)
    assert outcomes(run) == ["done"] * 5
    assert run.state == RunState.FINISHED
    assert len(sandbox.effects("classin")) == 5
    assert set(VideoAsset.objects.values_list("presence", flat=True)) == {"deleted"}


def test_every_call_has_an_earlier_attempt_record(run, work_off, sandbox):
    work_off(run)
    attempted = Record.objects.filter(action=f"{DELETE}.attempted")
    assert attempted.count() == len(sandbox.calls("classin")) == Attempt.objects.count() == 5
    assert Record.objects.filter(action=f"{DELETE}.succeeded").count() == 5


def test_nothing_is_sent_before_the_plan_is_confirmed(clips, deleter, work_off, sandbox):
    draft = plan(DELETE, VideoAsset.objects.all(), deleter)
    work_off(draft)
    assert not sandbox.calls("classin")


def test_a_lost_answer_after_the_effect_is_proved_by_the_repeat(run, work_off, sandbox):
    sandbox.fault("classin", "reset_after", call="deleteClassVideo", times=1)
    work_off(run)
    assert outcomes(run) == ["done"] * 5
    assert len(sandbox.effects("classin")) == 5
    assert Record.objects.filter(action=f"{DELETE}.unknown").count() == 1


def test_a_clip_that_was_gone_before_us_is_already(run, work_off, sandbox, clips):
    sandbox.change("clip", clips[0].provider_id, deleted_at=1)
    work_off(run)
    assert outcomes(run)[0] == Outcome.ALREADY


def test_a_refused_credential_halts_the_run_after_one_call(run, work_off, sandbox, settings):
    from operations import accounts

    settings.PROVIDER_ACCOUNTS["classin"]["default"]["secret"] = "wrong"
    accounts._client.cache_clear()
    work_off(run)
    assert run.state == RunState.HALTED
    assert run.halt == "credentials"
    assert len(sandbox.calls("classin")) == 1
    assert Account.objects.get(provider="classin").refused_code == "102"
    assert set(Item.objects.filter(run=run).values_list("state", flat=True)) == {"queued"}


def test_an_accepted_credential_clears_the_refusal(run, work_off, sandbox):
    Account.objects.filter(provider="classin").update(refused_at=run.created_at, refused_code="102")
    work_off(run)
    account = Account.objects.get(provider="classin")
    assert (account.refused_at, account.refused_code) == (None, "")


def test_an_address_that_cannot_be_one_halts_the_run_without_a_call(run, work_off, sandbox, settings):
    from operations import accounts

    settings.PROVIDER_ACCOUNTS["classin"]["default"]["base_url"] = "http://user:pass@127.0.0.1/?x"
    accounts._client.cache_clear()
    work_off(run)
    assert (run.state, run.halt) == (RunState.HALTED, "not_connected")
    assert not sandbox.calls("classin")


def test_a_missing_credential_halts_the_run_without_a_call(run, work_off, sandbox, settings):
    settings.PROVIDER_ACCOUNTS["classin"]["default"] = {}
    work_off(run)
    assert (run.state, run.halt) == (RunState.HALTED, "not_connected")
    assert not sandbox.calls("classin")


def test_maintenance_halts_and_resuming_goes_on(run, work_off, sandbox, deleter, actor):
    sandbox.fault("classin", "code", code="901", times=1)
    work_off(run)
    assert (run.state, run.halt) == (RunState.HALTED, "maintenance")
    engine.resume(run, actor=actor, user=deleter)
    run.refresh_from_db()
    work_off(run)
    assert outcomes(run) == ["done"] * 5


def test_unknowns_in_a_row_halt_the_run(run, work_off, sandbox):
    sandbox.fault("classin", "garbage", call="deleteClassVideo", times=None)
    work_off(run)
    assert (run.state, run.halt) == (RunState.HALTED, "unknowns")
    assert len(sandbox.calls("classin")) <= 4


def test_a_throttled_item_is_sent_again_and_the_wait_is_obeyed(run, work_off, sandbox):
    sandbox.fault("classin", "throttle", call="deleteClassVideo", times=1, seconds=0.2)
    work_off(run)
    assert Record.objects.filter(action=f"{DELETE}.deferred").count() == 1


def test_a_hold_placed_after_the_confirmation_wins(run, work_off, sandbox, clips, deleter):
    video = VideoAsset.objects.get(pk=clips[2].pk)
    Hold.objects.create(
        target_kind="media_assets.videoasset",
        target_id=video.pk,
        target_label="x",
        reason="appeal",
        placed_by=deleter,
    )
    work_off(run)
    item = Item.objects.get(run=run, target_id=video.pk)
    assert (item.outcome, item.left_out) == (Outcome.SKIPPED, "held")
    assert video.provider_id not in {str(call["params"].get("fileId")) for call in sandbox.calls("classin")}


def test_a_hold_on_the_course_covers_its_videos(run, work_off, sandbox, clips, deleter):
    course = clips[0].course_class.course
    Hold.objects.create(
        target_kind="courses.course",
        target_id=course.pk,
        target_label="x",
        reason="appeal",
        placed_by=deleter,
    )
    work_off(run)
    assert outcomes(run) == ["skipped"] * 5
    assert not sandbox.calls("classin")


def test_the_stop_switch_keeps_everything_unsent(run, work_off, sandbox, deleter):
    StopSwitch.objects.create(stopped_at=database_now(), stopped_by=deleter, reason="looks wrong")
    work_off(run)
    assert (run.state, run.halt) == (RunState.HALTED, "switch")
    assert not sandbox.calls("classin")


def test_a_person_who_lost_the_right_sends_nothing_more(run, work_off, sandbox, deleter):
    deleter.user_permissions.clear()
    deleter.groups.clear()
    work_off(run)
    assert outcomes(run) == ["skipped"] * 5
    assert not sandbox.calls("classin")


def test_a_list_changed_behind_our_back_is_not_sent(run, work_off, sandbox):
    Item.objects.filter(run=run).order_by("pk").first().delete()
    work_off(run)
    assert (run.state, run.halt) == (RunState.HALTED, "list_changed")
    assert not sandbox.calls("classin")


def test_cancelling_the_rest_sends_nothing_more(run, work_off, sandbox, deleter, actor):
    assert engine.cancel_rest(run, actor=actor, user=deleter) == 5
    run.refresh_from_db()
    work_off(run)
    assert outcomes(run) == ["cancelled"] * 5
    assert not sandbox.calls("classin")


def test_a_call_whose_worker_died_is_unknown_and_settled_by_the_repeat(run, work_off, sandbox):
    from operations.engine.claim import claim

    account = Account.objects.get(provider="classin")
    claimed = claim(run.pk, account.pk, 1)
    (item,) = claimed.requests[0].items
    Item.objects.filter(pk=item.pk).update(lease_until=run.created_at)
    sweep()
    item.refresh_from_db()
    assert (item.state, item.outcome) == (ItemState.QUEUED, Outcome.UNKNOWN)
    work_off(run)
    assert outcomes(run) == ["done"] * 5


def test_a_late_settlement_changes_nothing_and_is_recorded(run, sandbox):
    from operations.accounts import client_for
    from operations.engine.claim import claim
    from operations.engine.send import send
    from operations.engine.settle import settle

    account = Account.objects.get(provider="classin")
    request = claim(run.pk, account.pk, 1).requests[0]
    answer = send(client_for(account), request)
    Item.objects.filter(pk=request.items[0].pk).update(lease_until=run.created_at)
    sweep()
    settle(run.pk, [answer])
    item = Item.objects.get(pk=request.items[0].pk)
    assert item.state == ItemState.QUEUED
    assert Record.objects.filter(action=f"{DELETE}.late", item_id=item.pk).exists()


def test_two_claims_never_get_the_same_item(run):
    from operations.engine.claim import claim

    account = Account.objects.get(provider="classin")
    first = claim(run.pk, account.pk, 3)
    second = claim(run.pk, account.pk, 3)
    one = {item.pk for request in first.requests for item in request.items}
    two = {item.pk for request in second.requests for item in request.items}
    assert len(one) == 3
    assert not one & two


def test_retry_makes_a_new_plan_of_what_is_safe(run, work_off, sandbox, deleter, actor):
    sandbox.fault("classin", "code", code="633", times=2)
    work_off(run)
    assert outcomes(run).count("rejected") == 2
    child = engine.retry(run, actor=actor, user=deleter)
    assert child.state == RunState.DRAFT
    assert child.parent_id == run.pk
    assert Item.objects.filter(run=child).count() == 2


def test_a_person_decides_what_nobody_could_find_out(run, work_off, sandbox, deleter, actor):
    item = Item.objects.filter(run=run).first()
    Item.objects.filter(pk=item.pk).update(state=ItemState.SETTLED, outcome=Outcome.UNKNOWN)
    with pytest.raises(engine.Refused):
        engine.decide(item, finding="happened", note=" ", actor=actor, user=deleter)
    engine.decide(item, finding="happened", note="Not in the dashboard any more", actor=actor, user=deleter)
    item.refresh_from_db()
    assert item.outcome == Outcome.DONE
    assert VideoAsset.objects.get(pk=item.target_id).presence == "deleted"
    assert Record.objects.get(action=f"{DELETE}.decided").reason == "Not in the dashboard any more"


def test_a_record_that_cannot_be_written_stops_the_settlement(run, work_off, sandbox, monkeypatch):
    from operations.engine import settle as module

    def refuse(*args, **kwargs):
        raise RuntimeError("no room in the ledger")

    account = Account.objects.get(provider="classin")
    from operations.accounts import client_for
    from operations.engine.claim import claim
    from operations.engine.send import send

    request = claim(run.pk, account.pk, 1).requests[0]
    answer = send(client_for(account), request)
    monkeypatch.setattr(module, "record_many", refuse)
    with pytest.raises(RuntimeError), transaction.atomic():
        module.settle(run.pk, [answer])
    item = Item.objects.get(pk=request.items[0].pk)
    assert item.state == ItemState.SENDING
    assert VideoAsset.objects.get(pk=item.target_id).presence == "present"
