"""Filling the mirror from nothing by readings and exports, then reading again what has not changed: requests, speed, memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from audit.actors import system
from bench.dashboard import exports
from bench.importing import imported
from bench.meter import Cost, metered
from intake.models import Reading
from intake.reading import read_on, start_reading
from operations.models import Account
from providers.huawei_vod.client import ASSETS_A_PAGE, MOST_ASSETS

_NAMES = {
    "classin": "Cloud disk",
    "huawei_vod": "Huawei VOD",
    "courses": "Courses",
    "lessons": "Lessons",
    "videos": "Clips",
}


@dataclass(frozen=True, slots=True)
class Size:
    """What the imitated school has."""

    clips: int
    assets: int
    outputs: int
    folders: int

    @property
    def seed(self) -> str:
        """The seed of the imitations that makes it."""
        return f"mirror:{self.clips},{self.assets},{self.outputs},{self.folders}"

    @property
    def least(self) -> dict[str, int]:
        """The fewest requests by which the provider's documented calls show everything, by provider."""
        pages, infos = ceil(self.assets / ASSETS_A_PAGE), ceil(self.assets / MOST_ASSETS)
        return {"classin": 1 + self.folders, "huawei_vod": pages + infos}


def size_of(text: str) -> Size:
    """The size written as CLIPS,ASSETS,OUTPUTS,FOLDERS. Raises ValueError for anything else."""
    clips, assets, outputs, folders = (int(part) for part in text.split(","))
    return Size(clips, assets, outputs, folders)


@dataclass(frozen=True, slots=True)
class Filled:
    """One way by which rows came, what it brought and what it cost; an export makes no requests."""

    name: str
    rows: int
    requests: int | None
    least: int | None
    cost: Cost


def run(size: Size, user: Any) -> list[Filled]:
    """Each account read twice, then what only exports tell. Raises RuntimeError when anything is not complete."""
    read = [
        _read(provider, least, again=again)
        for provider, least in size.least.items()
        for again in (False, True)
    ]
    return [*read, *_exports(user)]


def _read(provider: str, least: int, *, again: bool) -> Filled:
    account = Account.objects.get(provider=provider, name="default")
    with metered() as cost:
        reading = start_reading(account, actor=system("command"), user=None, started_as="bench", waking=False)
        while read_on(reading.pk, seconds=3600) is not None:
            pass
    reading.refresh_from_db()
    if reading.state != Reading.State.FINISHED or not reading.complete or reading.total("missing"):
        raise RuntimeError(f"{account} was not read whole: {reading.state} {reading.end} {reading.problems}")
    rows = reading.total("unchanged" if again else "new")
    name = f"{_NAMES[provider]}, {'again' if again else 'from nothing'}"
    return Filled(name, rows, reading.requests, least, cost)


def _exports(user: Any) -> Iterator[Filled]:
    with tempfile.TemporaryDirectory(prefix="bench-mirror-") as directory:
        for kind, path, rows in exports(Path(directory)):
            with metered() as cost:
                one = imported(path, kind, user)
            if one.counts["new"] != rows:
                raise RuntimeError(f"{path.name}: {one.counts}")
            yield Filled(f"{_NAMES[kind]} by an export", rows, None, None, cost)
