"""Fixtures that all tests share: the sandbox over real HTTP, the engine worked off inline, people with roles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import translation

from sandbox.server import Sandbox
from tests.chromium import browser  # noqa: F401 - a fixture of every test that needs one
from tests.flushing import ledger_can_be_flushed  # noqa: F401 - a fixture for every test that commits

# Playwright's driver runs an event loop in the test's thread; Django would refuse the database there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def sandbox(settings: django_settings) -> Iterator[Sandbox]:
    """Empty imitations of the three providers, and settings whose accounts point at them."""
    from operations import accounts

    with Sandbox() as running:
        settings.PROVIDER_ACCOUNTS = {
            provider: {"default": running.credentials(provider)}
            for provider in ("classin", "huawei_vod", "syngrafii")
        }
        settings.OPERATIONS = {
            **settings.OPERATIONS,
            "look_seconds": 0.0,
            "pace": dict.fromkeys(("classin", "huawei_vod", "syngrafii"), (10000.0, 1000000)),
            "read_pace": {"huawei_vod": 1000000},
        }
        settings.INTAKE = {**settings.INTAKE, "repeat_seconds": 0.0}
        accounts._client.cache_clear()
        yield running
        accounts._client.cache_clear()


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Each test begins in the product's own language, whatever a request of the test before it was answered in."""
    with translation.override(django_settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def no_waiting(request: pytest.FixtureRequest, _django_db_helper: None) -> None:
    """Limits of a school without second person and waiting time; tests of those set their own."""
    asked = {"db", "transactional_db", "live_server"} & set(request.fixturenames)
    if asked or request.node.get_closest_marker("django_db"):
        from operations.models import Policy

        Policy.objects.create(second_person=False, irreversible_seconds=0, sweeping_seconds=0)


@pytest.fixture
def work_off() -> Callable[..., None]:
    """Work a run off in this thread, as the workers would, until nothing is due (deferrals are made due at once)."""
    from operations.engine.work import work_off as work
    from operations.models import Item, Run
    from operations.states import OPEN_ITEM_STATES

    def until_over(run: Run, *, rounds: int = 12) -> None:
        for _round in range(rounds):
            open_items = Item.objects.filter(run=run, state__in=OPEN_ITEM_STATES)
            accounts = list(open_items.order_by().values_list("account_id", flat=True).distinct())
            if not accounts:
                break
            for account_id in accounts:
                work(run.pk, account_id, seconds=20)
            run.refresh_from_db()
            if run.state not in ("running", "cancelled"):
                break
            Item.objects.filter(run=run, state__in=["queued", "looking"]).update(
                due_at=datetime(2020, 1, 1, tzinfo=run.created_at.tzinfo) + timedelta(days=1)
            )
        run.refresh_from_db()

    return until_over


@pytest.fixture(scope="session", autouse=True)
def nobody_left_in_the_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Threads of workers that tests stopped keep their connections until they end; PostgreSQL drops no database then."""
    yield
    from django.db import connection

    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
