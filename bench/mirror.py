"""Filling the mirror from nothing by readings, then reading again what has not changed: requests, speed, memory."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from audit.actors import system
from bench.meter import Cost, metered
from intake.models import Reading
from intake.reading import read_on, start_reading
from operations.models import Account
from providers.huawei_vod.client import ASSETS_A_PAGE, MOST_ASSETS


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
class Read:
    """One reading: what it brought and what it cost."""

    provider: str
    again: bool
    rows: int
    requests: int
    least: int
    cost: Cost


def run(size: Size) -> list[Read]:
    """Each account read twice. Raises RuntimeError when a reading is not complete: figures of failed work are worth nothing."""
    return [
        _read(provider, least, again=again)
        for provider, least in size.least.items()
        for again in (False, True)
    ]


def _read(provider: str, least: int, *, again: bool) -> Read:
    account = Account.objects.get(provider=provider, name="default")
    with metered() as cost:
        reading = start_reading(account, actor=system("command"), user=None, started_as="bench", waking=False)
        while read_on(reading.pk, seconds=3600) is not None:
            pass
    reading.refresh_from_db()
    if reading.state != Reading.State.FINISHED or not reading.complete or reading.total("missing"):
        raise RuntimeError(f"{account} was not read whole: {reading.state} {reading.end} {reading.problems}")
    rows = reading.total("unchanged" if again else "new")
    return Read(provider, again, rows, reading.requests, least, cost)
