"""Everything that exists at the providers, the one way to change it, and where a world comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.objects import Asset, Clip, CloudFile, Folder
from sandbox.tables import ClassInTables, HuaweiVodTables, SyngrafiiTables


@dataclass(slots=True)
class Change:
    """Fields of one object that were set. `before` is kept in memory only, to take the change back."""

    kind: str
    id: str
    set: dict[str, Any]
    before: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "id": self.id, "set": self.set}


@dataclass(slots=True)
class Account:
    """State of the school's account at a provider as a whole."""

    id: str
    maintenance: bool = False
    refuses: str = ""
    """An error code that every call is answered with (arrears, not verified, ...)."""


class World:
    """The providers' objects. Not safe for threads: the application holds a lock around each call."""

    def __init__(self, *, now: float, seed: str = "empty") -> None:
        self.now = now
        """When this world was first started; ages are relative to it."""
        self.seed = seed
        self.classin = ClassInTables(now)
        self.huawei_vod = HuaweiVodTables(now)
        self.syngrafii = SyngrafiiTables(now)
        self.accounts = {name: Account(name) for name in ("classin", "huawei_vod", "syngrafii")}
        self.special: dict[str, Any] = {}
        """Name of a special state -> the id, or ids, that show it."""
        self.unnoticed: list[Change] = []
        """What changed at a provider from the start without the school having noticed: what is so now, and `before`."""
        self.faults: list[dict[str, Any]] = []
        """Misbehaviours that are there from the start."""
        self.limits: dict[str, int] = {}
        """Call name -> calls per minute; a call that is not named has no limit."""
        self._tables: dict[str, dict[str, Any]] = {
            "person": self.classin.people,
            "folder": self.classin.folders,
            "file": self.classin.files,
            "course": self.classin.courses,
            "class": self.classin.lessons,
            "clip": self.classin.clips,
            "asset": self.huawei_vod.assets,
            "product": self.huawei_vod.products,
            "package": self.syngrafii.packages,
            "video": self.syngrafii.videos,
            "account": self.accounts,
        }
        self._changes: list[Change] = []
        self._first: dict[tuple[str, str, str], Any] = {}

    @classmethod
    def empty(cls, now: float) -> World:
        """A world with nothing in it, for small tests."""
        return cls(now=now)

    @classmethod
    def from_seed(cls, seed: str, now: float) -> World:
        """The world that `seed` names: demo, empty, bench:N or mirror:CLIPS,ASSETS,OUTPUTS,FOLDERS. Raises ValueError for another name."""
        from sandbox.demo import bench_world, demo_world, mirror_world  # noqa: PLC0415 - the demo builds on this module

        name, _, size = seed.partition(":")
        if seed == "empty":
            return cls.empty(now)
        if seed == "demo":
            return demo_world(now)
        if name == "bench" and size.isdecimal() and int(size) > 0:
            return bench_world(now, int(size))
        if name == "mirror":
            return mirror_world(now, size)
        raise ValueError(
            f"unknown seed {seed!r}: use demo, empty, bench:N or mirror:CLIPS,ASSETS,OUTPUTS,FOLDERS"
        )

    def went_unnoticed(self, kind: str, target: Any, **before: Any) -> None:
        """Note that these fields of an object were otherwise when the school last looked."""
        now = {name: getattr(target, name) for name in before}
        self.unnoticed.append(Change(kind, target.id, now, before))

    def change(self, kind: str, object_id: str, **fields: Any) -> None:
        """Set fields of one object, and remember it until `take_changes`. Raises KeyError, AttributeError."""
        target = self._tables[kind][object_id]
        before = {name: getattr(target, name) for name in fields}
        for name, value in fields.items():
            self._first.setdefault((kind, object_id, name), before[name])
            self._set(target, name, value)
        self._changes.append(Change(kind, object_id, fields, before))

    def take_changes(self) -> list[Change]:
        """The changes since the last time, in order."""
        taken, self._changes = self._changes, []
        return taken

    def undo(self, changes: list[Change]) -> None:
        """Take changes back, newest first."""
        for change in reversed(changes):
            for name, value in change.before.items():
                self._set(self._tables[change.kind][change.id], name, value)

    def reset(self) -> None:
        """Undo everything that `change` ever did. Objects added by hand stay."""
        for (kind, object_id, name), value in self._first.items():
            self._set(self._tables[kind][object_id], name, value)
        self._first.clear()
        self._changes.clear()

    def _set(self, target: Any, name: str, value: Any) -> None:
        before = getattr(target, name)
        setattr(target, name, value)
        if name == "deleted_at" and isinstance(target, Clip):
            self.classin.clip_deletion_set(target, before)
        elif isinstance(target, Asset):
            self.huawei_vod.forget_order()
        elif isinstance(target, Folder | CloudFile):
            self.classin.forget_places()
