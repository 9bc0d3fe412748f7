"""The stop switch: one press and nothing is deleted any more, until somebody allows it again."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.test import Client

from audit.actors import Actor
from audit.denials import Denied
from audit.models import Record
from media_assets.models import VideoAsset
from operations import engine
from operations.clock import database_now
from operations.engine.claim import claim
from operations.engine.gate import wait_for_claims
from operations.engine.sweep import sweep
from operations.engine.work import work_off as work
from operations.models import Account, Attempt, Item, Run, StopSwitch
from operations.registry import registry
from operations.states import Halt, ItemState, Outcome, RunState
from tests.factories.media_assets import CloudFileFactory
from tests.factories.operations import confirmed, plan
from tests.factories.people import UserFactory
from tests.operations.test_claims_concurrent import DEADLINE, wait_for, with_connection

RENAME = "media_assets.cloud_file.rename"
DELETE = "media_assets.class_video.delete"
PAGE = "/admin/operations/run/switch/"
COUNT = 120


@pytest.fixture
def keeper(deleter: Any) -> Any:
    """Somebody who may delete and may turn the switch."""
    deleter.user_permissions.add(Permission.objects.get(codename="operate_stop_switch"))
    return get_user_model().objects.get(pk=deleter.pk)


@pytest.fixture
def run(clips: list[VideoAsset], keeper: Any) -> Run:
    return confirmed(plan(DELETE, VideoAsset.objects.all(), keeper), keeper)


@pytest.fixture
def browser(client: Client, keeper: Any) -> Client:
    client.force_login(keeper, backend="django.contrib.auth.backends.ModelBackend")
    return client


def stop(user: Any, reason: str = "Wrong course chosen") -> StopSwitch:
    return engine.stop_all(reason=reason, actor=Actor.person(user, via="test"), user=user)


def allow(user: Any, reason: str = "It was a false alarm") -> StopSwitch:
    return engine.allow_again(reason=reason, actor=Actor.person(user, via="test"), user=user)


# What it does


@pytest.mark.django_db
def test_stopping_halts_running_deletions_at_once_and_records_it(
    run: Run, keeper: Any, work_off: Callable[..., None], sandbox: Any
) -> None:
    stop(keeper)
    run.refresh_from_db()
    assert (run.state, run.halt, run.halt_detail) == (RunState.HALTED, Halt.SWITCH, "Wrong course chosen")
    stopped = Record.objects.get(action="operations.switch.stopped")
    assert (stopped.actor_name, stopped.reason, stopped.details) == (
        "deleter",
        "Wrong course chosen",
        {"count": 1},
    )
    assert Record.objects.get(action="operations.run.halted").run_id == run.pk
    work_off(run)
    assert not sandbox.calls("classin")


@pytest.mark.django_db
def test_after_allowing_again_a_halted_run_waits_for_a_person(
    run: Run, keeper: Any, work_off: Callable[..., None], sandbox: Any, actor: Actor
) -> None:
    stop(keeper)
    allow(keeper)
    work_off(run)
    sweep()
    run.refresh_from_db()
    assert run.state == RunState.HALTED
    assert not sandbox.calls("classin")
    engine.resume(run, actor=actor, user=keeper)
    work_off(run)
    assert run.state == RunState.FINISHED
    assert len(sandbox.calls("classin", "deleteClassVideo")) == 5


@pytest.mark.django_db
def test_a_halted_run_cannot_go_on_while_deletions_are_stopped(run: Run, keeper: Any, actor: Actor) -> None:
    stop(keeper)
    with pytest.raises(engine.Refused) as refused:
        engine.resume(run, actor=actor, user=keeper)
    assert refused.value.code == "switch"
    run.refresh_from_db()
    assert run.state == RunState.HALTED


@pytest.mark.django_db
def test_no_deletion_is_confirmed_while_stopped(clips: Any, keeper: Any) -> None:
    draft = plan(DELETE, VideoAsset.objects.all(), keeper)
    stop(keeper)
    with pytest.raises(engine.Refused) as refused:
        confirmed(draft, keeper)
    assert refused.value.code == "switch"
    assert not Item.objects.exclude(state=ItemState.PLANNED).exists()


@pytest.mark.django_db
def test_a_plan_made_while_stopped_is_confirmed_after_allowing_again(clips: Any, keeper: Any) -> None:
    stop(keeper)
    draft = plan(DELETE, VideoAsset.objects.all(), keeper)
    allow(keeper)
    assert confirmed(draft, keeper).state == RunState.RUNNING


@pytest.mark.django_db
def test_edits_go_on_while_deletions_are_stopped(
    clips: Any, keeper: Any, sandbox: Any, work_off: Callable[..., None]
) -> None:
    keeper.user_permissions.add(Permission.objects.get(codename="rename_cloud_file"))
    editor = get_user_model().objects.get(pk=keeper.pk)
    sandbox.classin.add_file("a.pdf", file_id="4242")
    file = CloudFileFactory(name="a.pdf", provider_id="4242")
    form = registry[RENAME].form({"name": "b.pdf"}, target=file)
    assert form.is_valid()
    actor = Actor.person(editor, via="test")
    edit = engine.freeze_edit(registry[RENAME], file, form.proposal(), actor=actor, user=editor)
    edit = confirmed(edit, editor, reason="", typed=None)
    stop(editor)
    edit.refresh_from_db()
    assert edit.state == RunState.RUNNING
    work_off(edit)
    assert edit.state == RunState.FINISHED
    assert sandbox.calls("classin", "renameFile")


@pytest.mark.django_db
def test_lost_answers_are_still_looked_up_while_deletions_are_stopped(run: Run, keeper: Any) -> None:
    lost, *_rest = Item.objects.filter(run=run).order_by("pk")
    Item.objects.filter(pk=lost.pk).update(
        state=ItemState.LOOKING, outcome=Outcome.UNKNOWN, due_at=database_now() - timedelta(seconds=1)
    )
    stop(keeper)
    requests = claim(run.pk, lost.account_id, 5).requests
    assert [(request.attempt.purpose, [item.pk for item in request.items]) for request in requests] == [
        (Attempt.Purpose.LOOK, [lost.pk])
    ]


# Who may, and what a press needs


@pytest.mark.django_db
@pytest.mark.parametrize(("reason", "code"), [(" ", "reason_missing"), ("x" * 301, "reason_too_long")])
@pytest.mark.parametrize("turn", [stop, allow])
def test_a_press_needs_a_reason_of_sensible_length(
    turn: Callable[..., StopSwitch], reason: str, code: str, keeper: Any
) -> None:
    with pytest.raises(engine.Refused) as refused:
        turn(keeper, reason)
    assert (refused.value.code, refused.value.field) == (code, "reason")
    assert not StopSwitch.is_on()


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [stop, allow])
def test_the_engine_asks_for_the_right(turn: Callable[..., StopSwitch], deleter: Any) -> None:
    with pytest.raises(Denied):
        turn(deleter)


@pytest.mark.django_db
@pytest.mark.parametrize("button", ["stop", "allow"])
def test_a_refused_press_changes_nothing_and_is_recorded(client: Client, button: str) -> None:
    client.force_login(UserFactory(roles=["Viewer"]))
    assert client.post(PAGE, {"do": button, "reason": "x"}).status_code == 403
    assert not StopSwitch.is_on()
    assert Record.objects.get(action="operations.switch.denied").details == {"why": "no_permission"}


@pytest.mark.django_db
def test_a_doubled_press_changes_nothing(run: Run, keeper: Any) -> None:
    first = stop(keeper, "First")
    again = stop(keeper, "Second")
    assert (again.reason, again.stopped_at) == ("First", first.stopped_at)
    assert Record.objects.filter(action="operations.switch.stopped").count() == 1
    assert Record.objects.filter(action="operations.run.halted").count() == 1
    allow(keeper)
    allow(keeper)
    assert Record.objects.filter(action="operations.switch.allowed").count() == 1


# What is shown


@pytest.mark.django_db
def test_every_page_says_that_deletions_are_stopped(browser: Client, run: Run, keeper: Any) -> None:
    assert "Stop all deletions at the school." in browser.get(run.get_absolute_url()).content.decode()
    stop(keeper)
    for url in ("/admin/", "/admin/operations/run/", run.get_absolute_url(), PAGE):
        page = browser.get(url).content.decode()
        assert "by deleter: Wrong course chosen" in page, url
    allow(keeper)
    assert "All deletions are stopped since" not in browser.get("/admin/").content.decode()


@pytest.mark.django_db
def test_the_page_turns_the_switch_both_ways(browser: Client, run: Run) -> None:
    assert 'value="stop"' in browser.get(PAGE).content.decode()
    assert browser.post(PAGE, {"do": "stop", "reason": ""}).status_code == 422
    assert browser.post(PAGE, {"do": "nonsense", "reason": "x"}).status_code == 404
    assert not StopSwitch.is_on()
    assert browser.post(PAGE, {"do": "stop", "reason": "Wrong course"}).status_code == 302
    assert StopSwitch.is_on()
    page = browser.get(PAGE).content.decode()
    assert 'value="allow"' in page
    assert str(run) in page
    assert browser.post(PAGE, {"do": "allow", "reason": "False alarm"}).status_code == 302
    assert not StopSwitch.is_on()


@pytest.mark.django_db
def test_the_menu_and_the_links_are_for_those_with_the_right(client: Client, run: Run) -> None:
    client.force_login(UserFactory(roles=["Viewer"]))
    for url in ("/admin/", "/admin/operations/run/", run.get_absolute_url()):
        assert PAGE not in client.get(url).content.decode()
    client.force_login(UserFactory(roles=["Deleter"]))
    for url in ("/admin/", "/admin/operations/run/", run.get_absolute_url()):
        assert PAGE in client.get(url).content.decode()


# Under load


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(4))
def test_nothing_that_deletes_is_claimed_after_the_stop_committed(
    seed: int, clips: list[VideoAsset], keeper: Any, sandbox: Any, settings: Any
) -> None:
    lesson = clips[0].course_class
    VideoAsset.objects.bulk_create(
        VideoAsset(
            account=lesson.account,
            provider_id=f"8{number:03d}",
            kind=VideoAsset.Kind.CLASS_VIDEO,
            title=f"Clip {number}",
            course_class=lesson,
        )
        for number in range(COUNT)
    )
    for number in range(COUNT):
        sandbox.classin.add_clip("901", file_id=f"8{number:03d}", size=1000)
    settings.OPERATIONS = {**settings.OPERATIONS, "in_flight": 4}
    sandbox.set_latency(200)  # the stop must get its turn while most of the work is still ahead
    middle = VideoAsset.objects.order_by("pk")[COUNT // 2].pk
    runs = [
        confirmed(plan(DELETE, half, keeper), keeper)
        for half in (VideoAsset.objects.filter(pk__lt=middle), VideoAsset.objects.filter(pk__gte=middle))
    ]
    account = Account.objects.get(provider="classin")
    after_calls = random.Random(seed).randint(0, 30)
    with ThreadPoolExecutor(2) as pool:
        workers = [
            pool.submit(with_connection, lambda run=run: work(run.pk, account.pk, seconds=DEADLINE))
            for run in runs
        ]
        wait_for(lambda: len(sandbox.calls("classin")) >= after_calls, workers)
        stop(keeper)
        committed = database_now()
        for worker in workers:
            worker.result(DEADLINE)
    assert not Attempt.objects.filter(started_at__gt=committed).exists()
    calls = {call["params"]["fileId"] for call in sandbox.calls("classin", "deleteClassVideo")}
    assert len(calls) == Attempt.objects.count() < COUNT
    assert Item.objects.filter(outcome=Outcome.DONE).count() == len(calls)
    assert set(Run.objects.values_list("state", "halt")) == {(RunState.HALTED, Halt.SWITCH)}
    assert Record.objects.filter(action="operations.run.halted").count() == len(runs)


@pytest.mark.django_db(transaction=True)
def test_a_claim_waits_for_a_stop_that_is_being_written(run: Run, keeper: Any) -> None:
    """The run stays RUNNING here, as one does that was confirmed at the same moment: the gate alone must hold."""
    account = Account.objects.get(provider="classin")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            wait_for_claims()
            StopSwitch.objects.create(stopped_at=database_now(), stopped_by=keeper, reason="x")
            claimed = pool.submit(with_connection, lambda: claim(run.pk, account.pk, 5))
            if connection.vendor == "postgresql":
                wait_for(_waits_for_the_gate, [claimed])
        assert not claimed.result(DEADLINE).requests
    assert not Attempt.objects.exists()


def _waits_for_the_gate() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])
