"""What a provider's reader declares: how a reading walks, what an answer teaches, what a complete one may call missing.

The apps register one reader for each provider from their `sync` package. A reader is asked inside short transactions and
keeps nothing itself: where it is stands in the reading's `cursor` and in its steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from intake.models import Reading, ReadingStep
from operations.mirror import MirrorRow
from providers.outcome import Rejected, Reply


@dataclass(frozen=True, slots=True)
class Step:
    """A request that a reader wants made. `key` says what it asks for: the same key is asked once in a reading."""

    name: str
    key: str
    asks: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What one step brought: the answer's value, true at `at` (when the request was sent)."""

    step: ReadingStep
    value: Any
    at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What a reader makes of a refusal that it understands: the step is over, and these are asked instead."""

    instead: Sequence[Step] = ()
    unread: bool = False
    """Whether something stays unread that the reader leaves out when it calls rows missing."""


class Reader(ABC):
    """One provider's way of being read."""

    provider: ClassVar[str]
    kinds: ClassVar[tuple[type[MirrorRow], ...]]
    """The rows that a reading fills."""
    reads_new: ClassVar[bool] = False
    """Whether the provider lets us read what is new alone."""
    words: ClassVar[Mapping[str, Any]]
    """What each step reads, in words, by the step's name."""

    @abstractmethod
    def begin(self, reading: Reading) -> Sequence[Step]:
        """The first steps. `reading.cursor["since"]` is there when only what is new is read."""

    @abstractmethod
    def ask(self, client: Any, step: ReadingStep) -> Reply[Any]:
        """Make the one call of a step, on a pool thread: no database here."""

    @abstractmethod
    def take_in(self, reading: Reading, told: Sequence[Told]) -> Sequence[Step]:
        """Teach the mirror what these answers say, add to the reading's figures, and name the steps that follow.

        In a transaction of the engine, together with the steps being done.
        """

    def go_on(self, reading: Reading, room: int) -> Sequence[Step]:
        """What to ask next when there is room for so many more requests; nothing when the walk is at its end."""
        return ()

    def ahead(self, reading: Reading) -> int:
        """How many requests are foreseen besides the steps that exist."""
        return 0

    def refused(self, reading: Reading, step: ReadingStep, error: Rejected) -> Settled | None:
        """What a refusal of this step means here; None for the engine's own judgement."""
        return None

    @abstractmethod
    def call_missing(self, reading: Reading, at: datetime) -> None:
        """Mark as missing what a complete full reading did not show. Safe to repeat; transactions of its own."""


class _Readers:
    """The registered readers by provider."""

    def __init__(self) -> None:
        self._by_provider: dict[str, Reader] = {}

    def register(self, cls: type[Reader]) -> type[Reader]:
        """A class decorator. Raises ValueError when the provider has a reader already."""
        if type(self._by_provider.get(cls.provider, cls())) is not cls:
            raise ValueError(f"{cls.provider} has a reader already")
        self._by_provider[cls.provider] = cls()
        return cls

    def __getitem__(self, provider: str) -> Reader:
        return self._by_provider[provider]

    def __contains__(self, provider: object) -> bool:
        return provider in self._by_provider

    def __iter__(self) -> Iterator[Reader]:
        return iter(self._by_provider.values())


readers = _Readers()
register = readers.register
