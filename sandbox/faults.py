"""Misbehaviour on request: which call is to go wrong, how, and how often."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

BEFORE = frozenset(
    {"timeout_before", "reset_before", "http_500_before", "throttle", "ok_with_error", "code", "redirect"}
)
"""Kinds that answer, or keep silent, instead of letting the call have its effect."""

AFTER = frozenset({"timeout_after", "reset_after", "http_500_after", "garbage", "truncated", "missing_item"})
"""Kinds that spoil the answer of a call that had its effect."""

ALTERED = frozenset({"delay", "ok_without_effect", "string_errno"})
"""A slow answer; a success that is a lie; ClassIn's `errno` as a string."""

KINDS = BEFORE | AFTER | ALTERED


class UnknownFault(ValueError):
    """The description of a fault makes no sense; the message says what is wrong with it."""


@dataclass(slots=True)
class Fault:
    """One misbehaviour. It applies to calls of `provider` that fit `call` and `match`, `times` times."""

    provider: str
    kind: str
    call: str = ""
    """Name of the call, or "" for any: editCourse, deleteClassVideo, transcode-product, videos/delete, ..."""
    match: dict[str, Any] = field(default_factory=dict)
    """Parameter -> value; where a call carries several values, one of them has to be equal."""
    seconds: float | None = None
    """How long to wait: a delay (1 by default) or the silence of a time-out (60 by default)."""
    times: int | None = 1
    """How many calls it spoils; None: every one."""
    code: str = ""
    """For `code`, the documented code to answer; for `ok_with_error`, the code inside the 200."""
    retry_after: int | None = None
    """For `throttle`, the Retry-After to send."""
    probability: float = 1.0
    only_with_effect: bool = False
    """Leave calls alone that changed nothing, so that asking again is answered."""
    seed: int = 20_240_820
    _random: random.Random | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fault:
        """Check and build a fault. Raises UnknownFault."""
        allowed = {item.name for item in fields(cls) if not item.name.startswith("_")}
        if unknown := set(data) - allowed:
            raise UnknownFault(f"unknown fields: {', '.join(sorted(unknown))}")
        if data.get("provider") not in ("classin", "huawei_vod", "syngrafii"):
            raise UnknownFault("provider is one of classin, huawei_vod, syngrafii")
        if data.get("kind") not in KINDS:
            raise UnknownFault(f"kind is one of {', '.join(sorted(KINDS))}")
        fault = cls(**{name: value for name, value in data.items() if value is not None or name == "times"})
        fault.code = str(fault.code)
        if fault.kind == "code" and not fault.code:
            raise UnknownFault("kind 'code' needs a code")
        return fault

    def wait(self, default: float) -> float:
        return default if self.seconds is None else self.seconds

    def fits(self, provider: str, call: str, params: Mapping[str, Any]) -> bool:
        """Whether a call is one that this fault is about."""
        if provider != self.provider or (self.call and self.call != call):
            return False
        return all(_holds(params.get(name), value) for name, value in self.match.items())

    def strikes(self) -> bool:
        """Throw the dice."""
        if self.probability >= 1:
            return True
        if self._random is None:
            self._random = random.Random(self.seed)
        return self._random.random() < self.probability


def _holds(actual: Any, wanted: Any) -> bool:
    values = actual if isinstance(actual, list) else [actual]
    return str(wanted) in [str(value) for value in values if value is not None]


class Faults:
    """The misbehaviours in force, tried in the order in which they were added."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._active.append(fault)

    def clear(self) -> None:
        self._active.clear()

    def listed(self) -> list[dict[str, Any]]:
        """What is in force, with the times that are left."""
        names = [item.name for item in fields(Fault) if not item.name.startswith("_")]
        return [{name: getattr(fault, name) for name in names} for fault in self._active]

    def pick(self, provider: str, call: str, params: Mapping[str, Any]) -> Fault | None:
        """The fault that this call meets, if any. `spend` it once it was used."""
        for fault in self._active:
            if fault.fits(provider, call, params) and fault.strikes():
                if fault.times is not None and not fault.only_with_effect:
                    self.spend(fault)
                return fault
        return None

    def spend(self, fault: Fault) -> None:
        """Count one use, and drop the fault after its last."""
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times <= 0 and fault in self._active:
            self._active.remove(fault)
