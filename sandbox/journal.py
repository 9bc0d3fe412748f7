"""The log of received calls and of their effects: one line a call, never rewritten."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from sandbox.world import Change, World

WORLD_FILE = "world.json"
CALLS_FILE = "calls.jsonl"


@dataclass(slots=True)
class Entry:
    """One received call. `effect` holds the ids that it changed; `answered` is None if no answer was sent."""

    n: int
    at: float
    """When it arrived."""
    provider: str
    call: str
    params: dict[str, Any]
    """What was asked, without secrets."""
    answered: str | None
    call_id: str
    """Also sent back as X-Request-Id."""
    fault: str = ""
    changes: list[Change] = field(default_factory=list)
    done_at: float = 0.0
    """When the effect took place, or was decided not to."""

    @property
    def effect(self) -> list[str]:
        return list(dict.fromkeys(change.id for change in self.changes))

    def as_json(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "at": self.at,
            "provider": self.provider,
            "call": self.call,
            "params": self.params,
            "effect": self.effect,
            "answered": self.answered,
            "call_id": self.call_id,
            "fault": self.fault,
            "done_at": self.done_at,
            "changes": [change.as_json() for change in self.changes],
        }


class DataMismatch(Exception):
    """The data directory belongs to another seed than the one asked for."""


class Journal:
    """Append-only list of entries, in memory and, given a directory, in a file that survives a kill."""

    def __init__(self, directory: Path | None = None) -> None:
        self.entries: list[Entry] = []
        self._directory = directory
        self._file: IO[bytes] | None = None

    def append(self, entry: Entry) -> None:
        """Add an entry; it is with the operating system before this returns."""
        self.entries.append(entry)
        if self._file is not None:
            self._file.write(json.dumps(entry.as_json(), ensure_ascii=False).encode() + b"\n")

    def open(self, world: World) -> None:
        """Bring `world` to where the file left it, then go on writing there."""
        if self._directory is None:
            return
        path = self._directory / CALLS_FILE
        kept = 0
        if path.exists():
            for line in path.read_bytes().splitlines(keepends=True):
                if not line.endswith(b"\n"):
                    break  # the process died while writing: the call was never answered
                self._replay(json.loads(line), world)
                kept += len(line)
            with path.open("r+b") as file:
                file.truncate(kept)
        self._file = path.open("ab", buffering=0)

    def _replay(self, line: dict[str, Any], world: World) -> None:
        for change in line["changes"]:
            world.change(change["kind"], change["id"], **change["set"])
        self.entries.append(
            Entry(
                n=line["n"],
                at=line["at"],
                provider=line["provider"],
                call=line["call"],
                params=line["params"],
                answered=line["answered"],
                call_id=line["call_id"],
                fault=line["fault"],
                changes=world.take_changes(),
                done_at=line["done_at"],
            )
        )

    def clear(self) -> None:
        """Forget everything, in the file too: only a reset of the whole sandbox does this."""
        self.entries.clear()
        if self._file is not None:
            self._file.truncate(0)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def stored_world(directory: Path, seed: str, now: float) -> World:
    """The world of a data directory as it was first seeded; makes it on the first start.

    Raises DataMismatch when the directory was seeded otherwise, ValueError for an unknown seed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / WORLD_FILE
    if path.exists():
        stored = json.loads(path.read_text())
        if stored["seed"] != seed:
            raise DataMismatch(f"{directory} holds the seed {stored['seed']!r}, not {seed!r}")
        return World.from_seed(seed, stored["now"])
    world = World.from_seed(seed, now)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"seed": seed, "now": now}))
    part.replace(path)
    return world
