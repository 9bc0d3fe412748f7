"""What people do with a plan in a browser, and what came of it at the providers."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Locator, Page

from media_assets.models import VideoAsset
from operations.clock import database_now
from operations.models import Run
from tests.browser.speech import Speech

STAY = "document.querySelectorAll('[data-reload-when-final]').forEach(part => delete part.dataset.reloadWhenFinal)"
RELOADED = ("interrupted by another navigation", "context was destroyed")


def visit(page: Page, address: str) -> None:
    """Open an address. A live page is told before not to reload itself when its run ends: that would cut off the way there.

    A reload that has begun already goes first.
    """
    for _again in range(3):
        try:
            page.evaluate(STAY)
            page.goto(address)
        except Error as error:
            if not any(sign in error.message for sign in RELOADED):
                raise
            page.wait_for_timeout(300)
            page.wait_for_load_state()
        else:
            return
    pytest.fail(f"{address} was not reached")


def newest_run() -> Run:
    return Run.objects.order_by("-pk")[0]


def sent_ids(school: Any) -> list[str]:
    """The clips that are gone at the provider through us, one entry for each effect."""
    return sorted(entry["params"]["fileId"] for entry in school.effects("classin"))


def calls(school: Any) -> list[dict[str, Any]]:
    return [entry for entry in school.calls() if entry["provider"]]


def ids_of(rows: list[VideoAsset]) -> list[str]:
    return sorted(row.provider_id for row in rows)


def until(page: Page, run: Run, state: str) -> None:
    """Reload as a person without script would."""
    for _look in range(160):
        visit(page, run.get_absolute_url())
        run.refresh_from_db()
        if run.state == state:
            visit(page, run.get_absolute_url())
            return
        page.wait_for_timeout(200)
    pytest.fail(f"the run is {run.state}, not {state}")


def delete_button(page: Page, say: Speech, count: int) -> Locator:
    words = say.many("Delete %(count)s item for good", "Delete %(count)s items for good", count)
    return page.get_by_role("button", name=words)


def approve_button(page: Page, say: Speech, count: int) -> Locator:
    words = say.many(
        "Approve the deletion of %(count)s item", "Approve the deletion of %(count)s items", count
    )
    return page.get_by_role("button", name=words)


def confirm(page: Page, say: Speech, count: int, reason: str = "Term is over") -> None:
    page.get_by_label(say("Reason")).fill(reason)
    page.get_by_label(say.typed(count)).fill(say.typed(count))
    delete_button(page, say, count).click()


def downloaded(page: Page, link: str, folder: Path) -> str:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=link, exact=True).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path.read_text("utf-8-sig")


def time_passes(run: Run) -> datetime:
    """Nearly all of the waiting time is over; returns its end. No request may have gone before that."""
    end = database_now() + timedelta(seconds=1.5)
    Run.objects.filter(pk=run.pk).update(not_before=end)
    return end
