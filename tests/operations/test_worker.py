"""A real Celery worker on the configured broker works off what a person confirmed."""

from __future__ import annotations

import sys
import time

import pytest

from backoffice.embedded import EmbeddedWorker
from media_assets.models import VideoAsset
from operations.engine.sweep import sweep
from operations.models import Item, Run
from operations.states import RunState
from operations.tasks import work
from tests.factories.operations import confirmed, plan

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.filterwarnings("ignore::ResourceWarning")]

PATIENCE = 20.0


@pytest.fixture
def worker(sandbox, db):
    """The embedded worker, on the broker that the environment names; its sweeper stays out of the way."""
    with EmbeddedWorker() as running:
        yield running


def until_finished(run: Run) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        run.refresh_from_db()
        if run.state == RunState.FINISHED:
            return
        time.sleep(0.05)
    pytest.fail(f"the run is {run.state} after {PATIENCE} s")


def test_a_confirmed_run_is_worked_off_by_a_real_worker(clips, deleter, worker, sandbox):
    run = confirmed(plan("media_assets.class_video.delete", VideoAsset.objects.all(), deleter), deleter)
    until_finished(run)
    assert len(sandbox.effects("classin")) == 5


def test_doubled_messages_have_the_effect_of_one(clips, deleter, worker, sandbox):
    run = confirmed(plan("media_assets.class_video.delete", VideoAsset.objects.all(), deleter), deleter)
    account = Item.objects.filter(run=run).values_list("account_id", flat=True)[0]
    for _message in range(10):
        work.delay(run.pk, account)
    until_finished(run)
    assert len(sandbox.calls("classin")) == 5


def test_a_lost_message_is_made_up_for_by_the_sweeper(clips, deleter, worker, sandbox, monkeypatch):
    monkeypatch.setattr(sys.modules["operations.engine.confirm"], "wake", lambda run_id: None)
    run = confirmed(plan("media_assets.class_video.delete", VideoAsset.objects.all(), deleter), deleter)
    assert not sandbox.calls("classin")
    sweep()
    until_finished(run)
    assert len(sandbox.calls("classin")) == 5
