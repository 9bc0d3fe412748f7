from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audit.actors import system
from intake.models import Reading
from intake.reading import read_on, start_reading, wake
from operations.models import Account
from tests.factories.operations import AccountFactory


@pytest.fixture
def accounts(db: None) -> dict[str, Account]:
    return {name: AccountFactory(provider=name) for name in ("classin", "huawei_vod", "syngrafii")}


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Readings are gone on with by hand; the ids of those that were queued are kept."""
    queued: list[int] = []
    monkeypatch.setattr(wake, "wake", queued.append)
    monkeypatch.setattr("intake.reading.control.wake", queued.append)
    return queued


@pytest.fixture
def read_through(accounts: dict[str, Account]) -> Callable[..., Reading]:
    """Have an account read and work that off in this thread."""

    def read(provider: str, scope: Reading.Scope = Reading.Scope.FULL, **more: Any) -> Reading:
        reading = start_reading(accounts[provider], scope=scope, actor=system("test"), user=None, **more)
        for _round in range(40):
            if read_on(reading.pk) is None:
                break
        reading.refresh_from_db()
        return reading

    return read
