"""Cancel, hold, pause and stop switch at a random moment, against the real embedded worker and real HTTP.

Twenty trials each time; RELIABILITY=full makes them a thousand.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from audit.actors import Actor
from backoffice.embedded import TASKS_AT_ONCE, EmbeddedWorker
from courses.models import CourseClass
from media_assets.models import VideoAsset
from operations import engine
from operations.clock import database_now
from operations.models import Attempt, Item, Run, StopSwitch
from operations.states import ItemState, Outcome, RunState
from operations.tasks import work
from tests.factories.operations import confirmed, plan
from tests.tiers import tier

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.timeout(tier(quick=120, full=1800)),
]

TRIALS = tier(quick=12, full=1000)
CLIPS = 10
LATENCY_MS = 8
MOST_MS = 60
PATIENCE = 30.0


@pytest.fixture
def keeper(deleter: Any) -> Any:
    """Somebody with every right that stops something."""
    for codename in ("operate_stop_switch", "place_hold"):
        deleter.user_permissions.add(Permission.objects.get(codename=codename))
    return get_user_model().objects.get(pk=deleter.pk)


@pytest.fixture
def worker(sandbox: Any, settings: Any) -> Any:
    """The embedded worker with one request in flight for each of its threads."""
    settings.OPERATIONS = {**settings.OPERATIONS, "in_flight": 1, "sweep_seconds": 0.2}
    sandbox.set_latency(LATENCY_MS)
    with EmbeddedWorker() as running:
        yield running


def cancel(run: Run, person: Any, actor: Actor) -> None:
    engine.cancel_rest(run, actor=actor, user=person)


def pause(run: Run, person: Any, actor: Actor) -> None:
    engine.pause(run, actor=actor, user=person)


def switch_off(run: Run, person: Any, actor: Actor) -> None:
    engine.stop_all(reason="looks wrong", actor=actor, user=person)


def hold(run: Run, person: Any, actor: Actor) -> None:
    lesson = CourseClass.objects.filter(provider_id="901")
    engine.place_holds(CourseClass, lesson, reason="looks wrong", until=None, actor=actor, user=person)


STOPS = (cancel, pause, switch_off, hold)


def test_nothing_starts_after_the_stop_and_one_request_a_worker_is_in_flight(
    worker: Any, clips: list[VideoAsset], keeper: Any, sandbox: Any
) -> None:
    dice = random.Random("stop at random")
    actor = Actor.person(keeper, via="test")
    stopped_under_way = 0
    for trial in range(TRIALS):
        stop = STOPS[trial % len(STOPS)]
        run = _running(trial, clips[0].course_class, keeper, sandbox)
        before = len(sandbox.calls("classin"))
        for _message in range(2):
            work.delay(run.pk, clips[0].account_id)
        time.sleep(dice.uniform(0, MOST_MS / 1000))
        came_first = _stopped(stop, run, keeper, actor)
        committed, answered = database_now(), len(sandbox.calls("classin"))
        _until_still(run)
        calls = len(sandbox.calls("classin"))
        note = f"trial {trial}: {stop.__name__}"
        assert not Attempt.objects.filter(run=run, started_at__gt=committed).exists(), note
        assert calls - answered <= TASKS_AT_ONCE, note
        assert calls - before == Attempt.objects.filter(run=run).count(), note
        assert Item.objects.filter(run=run, outcome=Outcome.DONE).count() == calls - before, note
        stopped_under_way += came_first and 0 < calls - before < CLIPS
        _tidy(run, keeper, actor)
    assert stopped_under_way > TRIALS // 10, "the stops come in the middle often enough to mean something"


def _running(trial: int, lesson: CourseClass, person: Any, sandbox: Any) -> Run:
    VideoAsset.objects.all().delete()
    names = [f"{trial + 1:04d}{number:02d}" for number in range(CLIPS)]
    for name in names:
        sandbox.classin.add_clip("901", file_id=f"8{name}", size=1000)
    VideoAsset.objects.bulk_create(
        VideoAsset(
            account=lesson.account,
            provider_id=f"8{name}",
            kind=VideoAsset.Kind.CLASS_VIDEO,
            title=f"Clip {name}",
            course_class=lesson,
        )
        for name in names
    )
    return confirmed(plan("media_assets.class_video.delete", VideoAsset.objects.all(), person), person)


def _stopped(stop: Callable[[Run, Any, Actor], None], run: Run, person: Any, actor: Actor) -> bool:
    """Whether the stop found something to stop: the run may be over already."""
    try:
        stop(run, person, actor)
    except engine.Refused:
        return False
    return True


def _until_still(run: Run) -> None:
    """Wait until nothing of the run is in flight, and nothing is left that would still be claimed."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        run.refresh_from_db()
        open_items = Item.objects.filter(run=run)
        sending = open_items.filter(state__in=[ItemState.SENDING, ItemState.LOOKING]).exists()
        queued = open_items.filter(state=ItemState.QUEUED).exists()
        if not sending and not (queued and run.state == RunState.RUNNING):
            return
        time.sleep(0.005)
    pytest.fail(f"run {run.pk} is still {run.state} after {PATIENCE} s")


def _tidy(run: Run, person: Any, actor: Actor) -> None:
    """Let the next trial begin without this one's stop."""
    from operations.models import Hold

    Hold.objects.filter(released_at=None).update(released_at=database_now())
    if StopSwitch.is_on():
        engine.allow_again(reason="next trial", actor=actor, user=person)
    if run.state in (RunState.PAUSED, RunState.HALTED):
        engine.cancel_rest(run, actor=actor, user=person)
