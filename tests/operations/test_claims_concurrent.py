"""Several workers on one run, and somebody who stops it in the middle: real threads, real commits, both databases."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import time as time_of_day
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection, connections, transaction

from audit.models import Record
from courses.models import CourseClass
from media_assets.models import VideoAsset
from operations import engine
from operations.clock import database_now
from operations.engine.claim import claim
from operations.engine.limits import change_policy
from operations.engine.work import work_off
from operations.models import Account, Attempt, Hold, Item, Run, StopSwitch
from operations.states import ItemState, Outcome, RunState
from tests.factories.operations import confirmed, plan
from tests.tiers import tier

pytestmark = pytest.mark.django_db(transaction=True)

DELETE = "media_assets.class_video.delete"
COUNT = tier(quick=120, full=240)
STOPPED_WITHIN = 40
SLOW_MS = 200
"""An answer's time in a run that is stopped: it must be far from its end then, on a busy machine as well."""
DEADLINE = 30.0


@pytest.fixture
def run(clips: list[VideoAsset], deleter: Any, sandbox: Any, settings: Any) -> Run:
    """A confirmed deletion of many clips, four at a time, each taking a moment."""
    lesson = clips[0].course_class
    for number in range(len(clips), COUNT):
        sandbox.classin.add_clip("901", file_id=f"8{number:03d}", size=1000)
    VideoAsset.objects.bulk_create(
        VideoAsset(
            account=lesson.account,
            provider_id=f"8{number:03d}",
            kind=VideoAsset.Kind.CLASS_VIDEO,
            title=f"Clip {number}",
            course_class=lesson,
        )
        for number in range(len(clips), COUNT)
    )
    settings.OPERATIONS = {**settings.OPERATIONS, "in_flight": 4}
    sandbox.set_latency(40)
    return confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)


@pytest.fixture
def account(run: Run) -> Account:
    return Account.objects.get(provider="classin")


def with_connection(work: Callable[[], Any]) -> Any:
    """Run `work` on this thread's own connection and give that back."""
    try:
        return work()
    finally:
        connections.close_all()


def together(threads: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work(0)`, `work(1)`, ... returned, all started at once; raises what any of them raised."""
    with ThreadPoolExecutor(threads) as pool:
        futures = [
            pool.submit(with_connection, lambda number=number: work(number)) for number in range(threads)
        ]
        return [future.result(DEADLINE) for future in futures]


def claim_until_nothing_is_due(run: Run, account: Account, seed: int) -> list[int]:
    dice, mine = random.Random(seed), []
    while requests := claim(run.pk, account.pk, dice.randint(1, 7)).requests:
        mine += [item.pk for request in requests for item in request.items]
    return mine


def test_threads_that_claim_the_same_run_never_share_an_item(run: Run, account: Account):
    claimed = together(5, lambda number: claim_until_nothing_is_due(run, account, number))
    every = Counter(pk for mine in claimed for pk in mine)
    assert set(every) == set(Item.objects.filter(run=run).values_list("pk", flat=True))
    assert set(every.values()) == {1}
    assert set(Item.objects.filter(run=run).values_list("state", "attempts_made")) == {(ItemState.SENDING, 1)}
    assert Attempt.objects.count() == COUNT
    assert Record.objects.filter(action=f"{DELETE}.attempted").count() == COUNT


def test_several_workers_send_every_item_once_and_finish_the_run_once(
    run: Run, account: Account, sandbox: Any
):
    together(3, lambda number: work_off(run.pk, account.pk, seconds=DEADLINE))
    run.refresh_from_db()
    assert run.state == RunState.FINISHED
    sent = Counter(call["params"]["fileId"] for call in sandbox.calls("classin", "deleteClassVideo"))
    assert len(sent) == COUNT
    assert set(sent.values()) == {1}
    assert Item.objects.filter(run=run, outcome=Outcome.DONE).count() == COUNT
    assert Record.objects.filter(action=f"{DELETE}.succeeded").count() == COUNT
    assert Record.objects.filter(action="operations.run.finished").count() == 1


def test_of_two_people_who_confirm_the_same_video_at_once_one_is_refused(
    clips: Any, deleter: Any, sandbox: Any
):
    plans = [plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter) for _ in range(2)]

    def confirm(number: int) -> str:
        try:
            return confirmed(plans[number], deleter).state
        except engine.Refused as refused:
            return refused.code

    ends = together(2, confirm)
    assert ends.count(RunState.RUNNING) == 1
    assert {*ends} - {RunState.RUNNING} <= {"in_open_run", "selection_changed"}
    assert Item.objects.filter(state=ItemState.QUEUED).count() == 1


def test_a_confirmation_sent_twice_at_once_makes_one_run(clips: Any, deleter: Any, sandbox: Any):
    draft = plan(DELETE, VideoAsset.objects.all(), deleter)
    assert (
        together(2, lambda number: confirmed(draft, deleter, typed="DELETE 5").state)
        == [RunState.RUNNING] * 2
    )
    assert Record.objects.filter(action=f"{DELETE}.requested").count() == 1
    assert Item.objects.filter(state=ItemState.QUEUED).count() == 5


# Stopping in the middle


def cancelled(run: Run, user: Any, actor: Any) -> None:
    engine.cancel_rest(run, actor=actor, user=user)


def switched_off(run: Run, user: Any, actor: Any) -> None:
    StopSwitch.objects.create(stopped_at=database_now(), stopped_by=user, reason="looks wrong")


def held(run: Run, user: Any, actor: Any) -> None:
    lesson = CourseClass.objects.get(provider_id="901")
    Hold.objects.create(
        target_kind="courses.courseclass", target_id=lesson.pk, target_label="x", reason="x", placed_by=user
    )


@pytest.mark.parametrize("seed", range(tier(quick=2, full=4)))
@pytest.mark.parametrize("stop", [cancelled, switched_off, held])
def test_no_attempt_starts_after_the_stop_is_committed(
    stop: Callable[..., None], seed: int, run: Run, account: Account, deleter: Any, actor: Any, sandbox: Any
):
    after_calls = random.Random(f"{stop.__name__} {seed}").randint(0, STOPPED_WITHIN)
    sandbox.set_latency(SLOW_MS)
    with ThreadPoolExecutor(2) as pool:
        workers = [
            pool.submit(with_connection, lambda: work_off(run.pk, account.pk, seconds=DEADLINE))
            for _ in range(2)
        ]
        wait_for(lambda: len(sandbox.calls("classin")) >= after_calls, workers)
        stop(run, deleter, actor)
        committed = database_now()
        for worker in workers:
            worker.result(DEADLINE)
    attempts = Attempt.objects.filter(run=run)
    assert not attempts.filter(started_at__gt=committed).exists()
    sent = {call["params"]["fileId"] for call in sandbox.calls("classin")}
    assert len(sandbox.calls("classin")) == len(sent) == attempts.count() < COUNT
    done = Item.objects.filter(run=run, outcome=Outcome.DONE)
    assert {item.identity["fileId"] for item in done} == sent, (
        "what was in flight settles by its answer, nothing else was sent"
    )
    assert not Item.objects.filter(run=run, state=ItemState.SENDING).exists()


def test_a_cancelled_run_orders_its_attempts_before_the_cancellation(
    run: Run, account: Account, deleter: Any, actor: Any, sandbox: Any
):
    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(with_connection, lambda: work_off(run.pk, account.pk, seconds=DEADLINE))
        wait_for(lambda: len(sandbox.calls("classin")) >= 10, [worker])
        count = engine.cancel_rest(run, actor=actor, user=deleter)
        worker.result(DEADLINE)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert max(Attempt.objects.values_list("started_at", flat=True)) <= run.ended_at
    assert Item.objects.filter(run=run, outcome=Outcome.CANCELLED, attempts_made=0).count() == count
    assert count + Attempt.objects.count() == COUNT


def wait_for(condition: Callable[[], bool], workers: list[Future[Any]]) -> None:
    """Poll until it holds; a worker that failed meanwhile is told about at once."""
    until = time.monotonic() + DEADLINE
    while not condition():
        for worker in workers:
            if worker.done():
                worker.result()
        assert time.monotonic() < until, "the workers did not get that far"
        time.sleep(0.001)


# Holds and quiet hours, placed while a claim is on its way


def hold_clip(clip: VideoAsset, user: Any, actor: Any, token: UUID | None = None) -> int:
    return engine.place_holds(
        VideoAsset,
        VideoAsset.objects.filter(pk=clip.pk),
        reason="Appeal",
        until=None,
        actor=actor,
        user=user,
        form_token=token,
    )


def quieten(user: Any, actor: Any) -> None:
    """Every hour of the week but one minute is quiet from now on."""
    hours = {"quiet_from": time_of_day(0, 0), "quiet_until": time_of_day(23, 59), "quiet_days": "0123456"}
    change_policy(hours, actor=actor, user=user)


@pytest.fixture
def keeper(deleter: Any) -> Any:
    deleter.user_permissions.add(*Permission.objects.filter(codename__in=["place_hold", "change_policy"]))
    return get_user_model().objects.get(pk=deleter.pk)


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer: nothing waits inside a transaction"
)
def test_a_hold_that_commits_while_a_claim_waits_for_its_run_is_seen_by_that_claim(
    clips: Any, keeper: Any, actor: Any
):
    """Every question of a claim is a statement of its own, after its locks: each sees what has committed by then."""
    run = confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), keeper), keeper)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Run.objects.select_for_update().get(pk=run.pk)
            claimed = pool.submit(with_connection, lambda: claim(run.pk, clips[0].account_id, 1))
            wait_for(waits_for_a_row, [claimed])
            with ThreadPoolExecutor(1) as other:
                other.submit(with_connection, lambda: held_row(clips[0], keeper)).result(DEADLINE)
        assert not claimed.result(DEADLINE).requests
    assert Item.objects.get(run=run).left_out == "held"


def held_row(clip: VideoAsset, user: Any) -> Hold:
    """The row alone, past the gate: the claim itself must see it."""
    return Hold.objects.create(
        target_kind="media_assets.videoasset", target_id=clip.pk, reason="x", placed_by=user
    )


def waits_for_a_row() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype IN ('transactionid', 'tuple') AND NOT granted"
        )
        return bool(cursor.fetchone()[0])


def waits_for_the_gate() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("forbid", [hold_clip, lambda _clip, user, actor: quieten(user, actor)], ids=["a hold", "quiet hours"])  # fmt: skip
@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer: one of the two always waits"
)
def test_what_forbids_a_claim_commits_after_those_that_have_asked_already(
    forbid: Callable[..., Any], clips: Any, keeper: Any, actor: Any
):
    run = confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), keeper), keeper)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert claim(run.pk, clips[0].account_id, 1).requests, "it asked, and has not committed yet"
            forbidding = pool.submit(with_connection, lambda: forbid(clips[0], keeper, actor))
            wait_for(waits_for_the_gate, [forbidding])
        forbidding.result(DEADLINE)
    assert Attempt.objects.filter(run=run).count() == 1


@pytest.mark.parametrize("forbid", [hold_clip, lambda _clip, user, actor: quieten(user, actor)], ids=["a hold", "quiet hours"])  # fmt: skip
def test_a_claim_waits_for_what_is_being_forbidden(
    forbid: Callable[..., Any], clips: Any, keeper: Any, actor: Any
):
    run = confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), keeper), keeper)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            forbid(clips[0], keeper, actor)
            claimed = pool.submit(with_connection, lambda: claim(run.pk, clips[0].account_id, 1))
            if connection.vendor == "postgresql":
                wait_for(waits_for_the_gate, [claimed])
        assert not claimed.result(DEADLINE).requests
    assert not Attempt.objects.exists()


def test_a_hold_form_sent_twice_at_the_same_instant_places_one_hold(clips: Any, keeper: Any, actor: Any):
    start = Barrier(4)
    token = uuid4()

    def click(_number: int) -> int:
        start.wait(DEADLINE)
        return hold_clip(clips[0], keeper, actor, token)

    assert together(4, click) == [1] * 4
    assert Hold.objects.count() == 1
    assert Record.objects.filter(action="operations.hold.placed").count() == 1
