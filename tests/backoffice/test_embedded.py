"""The embedded worker: a real Celery worker in a thread, on the broker that the environment names."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from backoffice.embedded import EmbeddedWorker
from operations.models import Item, Run
from tests.factories.media_assets import CloudFileFactory
from tests.factories.operations import AccountFactory, confirmed
from tests.factories.people import SuperuserFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WITHIN = 30.0


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def renamed(sandbox: Any) -> Callable[[], Run]:
    """A confirmed rename of a file that exists at the provider."""
    from audit.actors import Actor
    from media_assets.forms import RenameCloudFileForm
    from operations import engine
    from operations.registry import registry

    person = SuperuserFactory()
    account = AccountFactory()
    sandbox.classin.add_folder("Top", folder_id="1", parent_id="", is_system=True)

    def rename() -> Run:
        number = CloudFileFactory._meta.model.objects.count()
        sandbox.classin.add_file("Old.pdf", file_id=str(9_000 + number), folder_id="1")
        file = CloudFileFactory(account=account, name="Old.pdf", provider_id=str(9_000 + number))
        form = RenameCloudFileForm({"name": f"New {number}.pdf"}, target=file)
        assert form.is_valid(), form.errors
        operation = registry["media_assets.cloud_file.rename"]
        actor = Actor.person(person, via="test")
        return confirmed(
            engine.freeze_edit(operation, file, form.proposal(), actor=actor, user=person), person, typed=None
        )

    return rename


def outcomes(run: Run) -> list[str]:
    return list(Item.objects.filter(run=run).values_list("outcome", flat=True))


def test_a_confirmed_run_is_worked_off_and_a_stop_ends_both_threads(renamed: Callable[[], Run]) -> None:
    worker = EmbeddedWorker()
    with worker:
        run = renamed()
        wait_until(lambda: outcomes(run) == ["done"])
    assert not any(thread.is_alive() for thread in worker._threads)


def test_the_sweeper_finds_a_run_whose_message_was_lost(
    renamed: Callable[[], Run], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OPERATIONS = {**settings.OPERATIONS, "sweep_seconds": 0.1}
    with monkeypatch.context() as lossy:
        lossy.setattr("operations.tasks.work.delay", lambda *_unused: None)
        run = renamed()
    assert outcomes(run) == [""]
    with EmbeddedWorker():
        wait_until(lambda: outcomes(run) == ["done"])


def test_it_can_be_started_again_in_the_same_process(renamed: Callable[[], Run]) -> None:
    for _round in range(2):
        with EmbeddedWorker():
            run = renamed()
            wait_until(lambda run=run: outcomes(run) == ["done"])  # type: ignore[misc]
