"""A real browser on the real site: the demo's world, a worker in this process, every console message kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page

from backoffice.embedded import EmbeddedWorker
from courses.sync import import_world as import_courses
from media_assets.sync import import_world as import_media
from operations import accounts
from operations.models import Account
from sandbox.records import records_of
from sandbox.server import Sandbox
from tests.factories.people import UserFactory


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path).replace(os.sep, "/"):
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def school(transactional_db: None, settings: Any) -> Iterator[Sandbox]:
    """The demo's school in the mirror and at the providers; an administrator `admin` with the password `school`."""
    with Sandbox(seed="demo") as running:
        settings.PROVIDER_ACCOUNTS = {
            provider: {"default": running.credentials(provider)}
            for provider in ("classin", "huawei_vod", "syngrafii")
        }
        settings.OPERATIONS = {
            **settings.OPERATIONS,
            "look_seconds": 0.2,
            "sweep_seconds": 0.5,
            "pace": dict.fromkeys(("classin", "huawei_vod", "syngrafii"), (1000.0, 60_000)),
        }
        accounts._client.cache_clear()
        accounts.ensure_accounts()
        get_user_model().objects.create_superuser(
            "admin", password="school", first_name="Lin", last_name="Yue"
        )
        world = records_of(running.world)
        for account in Account.objects.order_by("pk"):
            import_courses(account, world, at=timezone.now())
        for account in Account.objects.order_by("pk"):
            import_media(account, world, at=timezone.now())
        yield running
        accounts._client.cache_clear()


@pytest.fixture
def worker(school: Sandbox) -> Iterator[EmbeddedWorker]:
    with EmbeddedWorker() as running:
        yield running


@pytest.fixture
def open_page(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Open a page signed in as somebody with the password `school`, each in a browser of their own; at the end no page may have said anything on its console."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def opened(
        *,
        language: str = "en",
        script: bool = True,
        width: int = 1440,
        dark: bool = False,
        username: str = "admin",
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
        )
        context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: said.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto("/admin/login/")
        page.fill("[name=username]", username)
        page.fill("[name=password]", "school")
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/admin/")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [text for text in said if "422" not in text] == []


@pytest.fixture
def people(school: Sandbox) -> None:
    """`maker` may delete, `approver` may approve, `keeper` may put on hold; none of them may do what another one may."""
    for username, name, role in (
        ("maker", "Chen", "Deleter"),
        ("approver", "Wu", "Approver"),
        ("keeper", "Zhao", "Editor"),
    ):
        UserFactory(username=username, first_name=name, last_name="Min", password="school", roles=[role])
