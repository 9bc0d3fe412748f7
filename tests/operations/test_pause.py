"""Pausing: what is in flight settles, nothing more is claimed, and a person lets the run go on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from audit.actors import Actor
from audit.models import Record
from media_assets.models import VideoAsset
from operations import engine
from operations.clock import database_now
from operations.engine.claim import claim
from operations.engine.sweep import sweep
from operations.engine.work import work_off
from operations.models import Account, Attempt, Item, Policy, Run
from operations.states import ItemState, Outcome, RunState
from tests.factories.operations import confirmed, plan
from tests.operations.test_claims_concurrent import DEADLINE, wait_for, with_connection
from tests.operations.test_waiting import clock_at

DELETE = "media_assets.class_video.delete"


@pytest.fixture
def run(clips: list[VideoAsset], deleter: Any) -> Run:
    return confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)


@pytest.fixture
def browser(client: Client, deleter: Any) -> Client:
    client.force_login(deleter, backend="django.contrib.auth.backends.ModelBackend")
    return client


def press(browser: Client, run: Run, button: str) -> int:
    return browser.post(run.get_absolute_url(), {"do": button}).status_code


@pytest.mark.django_db
def test_a_paused_run_claims_nothing_and_ends_after_go_on(
    run: Run, browser: Client, work_off: Callable[..., None], sandbox: Any
) -> None:
    assert press(browser, run, "pause") == 302
    work_off(run)
    assert run.state == RunState.PAUSED
    assert not sandbox.calls("classin")
    assert press(browser, run, "resume") == 302
    work_off(run)
    assert run.state == RunState.FINISHED
    assert len(sandbox.calls("classin", "deleteClassVideo")) == 5


@pytest.mark.django_db
def test_a_doubled_press_pauses_once(run: Run, browser: Client) -> None:
    assert [press(browser, run, "pause") for _click in range(2)] == [302, 302]
    record = Record.objects.get(action="operations.run.paused")
    assert (record.run_id, record.actor_name) == (run.pk, "deleter")


@pytest.mark.django_db
def test_the_page_offers_pause_while_running_and_go_on_while_paused(run: Run, browser: Client) -> None:
    page = browser.get(run.get_absolute_url()).content.decode()
    assert 'value="pause"' in page
    assert 'value="resume"' not in page
    press(browser, run, "pause")
    page = browser.get(run.get_absolute_url()).content.decode()
    assert 'value="pause"' not in page
    assert 'value="resume"' in page
    assert 'value="cancel"' in page


@pytest.mark.django_db
def test_only_a_running_run_is_paused(run: Run, deleter: Any, actor: Actor) -> None:
    engine.cancel_rest(run, actor=actor, user=deleter)
    with pytest.raises(engine.Refused) as refused:
        engine.pause(run, actor=actor, user=deleter)
    assert refused.value.code == "not_running"


@pytest.mark.django_db
def test_a_paused_run_can_be_cancelled(run: Run, deleter: Any, actor: Actor) -> None:
    engine.pause(run, actor=actor, user=deleter)
    assert engine.cancel_rest(run, actor=actor, user=deleter) == 5


@pytest.mark.django_db
def test_whoever_lacks_the_right_cannot_pause_and_the_attempt_is_kept(
    run: Run, browser: Client, deleter: Any
) -> None:
    deleter.user_permissions.remove(*deleter.user_permissions.filter(codename__startswith="delete_"))
    browser.force_login(
        get_user_model().objects.get(pk=deleter.pk), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert press(browser, run, "pause") == 403
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    assert Record.objects.filter(action=f"{DELETE}.denied").count() == 1


@pytest.mark.django_db
def test_a_run_whose_last_answers_came_while_it_was_paused_finishes_on_go_on(
    run: Run, deleter: Any, actor: Actor, django_capture_on_commit_callbacks: Any
) -> None:
    engine.pause(run, actor=actor, user=deleter)
    Item.objects.filter(run=run).update(state=ItemState.SETTLED, outcome=Outcome.DONE)
    with django_capture_on_commit_callbacks(execute=True):
        engine.resume(run, actor=actor, user=deleter)
    run.refresh_from_db()
    assert run.state == RunState.FINISHED


@pytest.mark.django_db
def test_a_paused_countdown_does_not_start_by_itself_and_keeps_its_rest(
    clips: list[VideoAsset], deleter: Any, actor: Actor
) -> None:
    Policy.objects.update(irreversible_seconds=600)
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    end = run.not_before
    with clock_at(end - timedelta(seconds=100)) as clock:
        engine.pause(run, actor=actor, user=deleter)
        clock.now = end + timedelta(hours=1)
        sweep()
        assert not claim(run.pk, clips[0].account_id, 5).requests
        run.refresh_from_db()
        assert (run.state, run.started_at) == (RunState.PAUSED, None)
        engine.resume(run, actor=actor, user=deleter)
        run.refresh_from_db()
        assert (run.state, run.paused_at) == (RunState.COUNTING_DOWN, None)
        assert run.not_before == clock.now + timedelta(seconds=100)
        clock.now = run.not_before
        sweep()
    run.refresh_from_db()
    assert (run.state, run.started_at) == (RunState.RUNNING, run.not_before)
    assert Record.objects.filter(run_id=run.pk, action="operations.run.scheduled").count() == 2


@pytest.mark.django_db
def test_a_countdown_paused_for_a_moment_never_ends_earlier(
    clips: list[VideoAsset], deleter: Any, actor: Actor
) -> None:
    Policy.objects.update(irreversible_seconds=600)
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    end = run.not_before
    with clock_at(end - timedelta(seconds=100)) as clock:
        engine.pause(run, actor=actor, user=deleter)
        clock.now -= timedelta(seconds=90)
        engine.resume(run, actor=actor, user=deleter)
    run.refresh_from_db()
    assert run.not_before == end


@pytest.mark.django_db
def test_the_page_of_a_countdown_offers_pause_and_then_says_what_is_left(
    clips: list[VideoAsset], deleter: Any, browser: Client
) -> None:
    Policy.objects.update(irreversible_seconds=7200)
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    assert 'value="pause"' in browser.get(run.get_absolute_url()).content.decode()
    press(browser, run, "pause")
    page = browser.get(run.get_absolute_url()).content.decode()
    assert 'value="resume"' in page
    assert "of the waiting time left" in page
    assert press(browser, run, "cancel") == 302


@pytest.mark.django_db(transaction=True)
def test_a_pause_takes_effect_within_one_request_of_each_worker(
    run: Run, deleter: Any, actor: Actor, sandbox: Any, settings: Any
) -> None:
    settings.OPERATIONS = {**settings.OPERATIONS, "in_flight": 1}
    sandbox.set_latency(150)
    account = Account.objects.get(provider="classin")
    with ThreadPoolExecutor(2) as pool:
        workers = [
            pool.submit(with_connection, lambda: work_off(run.pk, account.pk, seconds=DEADLINE))
            for _number in range(2)
        ]
        wait_for(lambda: bool(sandbox.calls("classin")), workers)
        engine.pause(run, actor=actor, user=deleter)
        committed, answered = database_now(), len(sandbox.calls("classin"))
        for worker in workers:
            worker.result(DEADLINE)
    calls = len(sandbox.calls("classin"))
    assert calls - answered <= len(workers), "at most one more request of each worker reaches the provider"
    assert calls < 5
    assert not Attempt.objects.filter(started_at__gt=committed).exists()
    assert Item.objects.filter(run=run, outcome=Outcome.DONE).count() == calls
    assert Item.objects.filter(run=run, state=ItemState.QUEUED).count() == 5 - calls
    assert not claim(run.pk, account.pk, 5).requests
