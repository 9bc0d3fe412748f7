"""Filling the demo's mirror: what can be read is read, over HTTP and by the engine; the rest comes from the school's records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from django.conf import settings
from django.db import connections
from django.utils import timezone

from audit.actors import system
from backoffice.demo.imitations import before_anybody_noticed, hold_back, world
from courses.models import Course, CourseClass
from courses.sync import import_world as import_courses
from intake.freshness import How, note
from intake.models import Reading
from intake.reading import facts, read_on, start_reading
from media_assets.models import VideoAsset
from media_assets.sync import import_world as import_media_assets
from operations.accounts import credentials
from operations.models import Account

_UNHURRIED: Final = (500.0, 30_000)
"""Requests a second and a minute while the demo fills its mirror: nobody else is there yet to be slowed down."""


def fill_mirror(tell: Callable[[str], None]) -> tuple[dict[str, Any], str]:
    """Take in the school's records of courses, lessons and clips, and read the rest once.

    Returns the records, and the id of a clip that ClassIn is to tell of by itself, "" after the first start. The readings happen before the outside changes that the demo's people have not noticed, as they did in the school.
    """
    accounts = {account.provider: account for account in Account.objects.filter(name="default")}
    classin = accounts["classin"]
    base_url = credentials(classin)["base_url"]
    told = world(base_url)
    late = "" if Course.objects.exists() else hold_back(told)
    now = timezone.now()
    import_courses(classin, told, at=now)
    import_media_assets(classin, {"classin": {**told["classin"], "folders": [], "files": []}}, at=now)
    for model in (Course, CourseClass, VideoAsset):
        note(classin, model._meta.label_lower, How.IMPORTED, now)
    unread = [a for a in accounts.values() if not Reading.objects.filter(account=a).exists()]
    if unread:
        with before_anybody_noticed(base_url, told), _unhurried():
            _read(unread, tell)
    return told, late


def _read(accounts: list[Account], tell: Callable[[str], None]) -> None:
    with ThreadPoolExecutor(len(accounts)) as threads:
        for account, reading in zip(accounts, threads.map(_read_one, accounts), strict=True):
            tell(f"  {account}: {facts.sentence(reading)}")


def _read_one(account: Account) -> Reading:
    try:
        reading = start_reading(
            account, actor=system("command"), user=None, started_as="make demo", waking=False
        )
        while read_on(reading.pk) is not None:
            pass
        reading.refresh_from_db()
    finally:
        connections.close_all()
    return reading


@contextmanager
def _unhurried() -> Iterator[None]:
    kept = settings.OPERATIONS
    settings.OPERATIONS = {
        **kept,
        "pace": dict.fromkeys(kept["pace"], _UNHURRIED),
        "read_pace": dict.fromkeys(kept["read_pace"], _UNHURRIED[1]),
    }
    try:
        yield
    finally:
        settings.OPERATIONS = kept
