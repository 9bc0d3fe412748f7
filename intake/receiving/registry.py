"""Which message is understood by whom. Handlers are registered by the apps' `sync.pushes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from operations.learning import Learned
from operations.mirror import MirrorRow
from operations.models import Account

LESSON_UNKNOWN: Final = "lesson_unknown"
COURSE_UNKNOWN: Final = "course_unknown"
FILE_UNKNOWN: Final = "file_unknown"
NOT_KNOWN: Final = (LESSON_UNKNOWN, COURSE_UNKNOWN, FILE_UNKNOWN)
"""Why a message waits: it speaks of something that the mirror does not have."""


class Unusable(Exception):
    """A part of the message is missing or makes no sense; `part` names it. Trying again would not help."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class NotKnownYet(Exception):
    """The message speaks of something that the mirror does not have; `code` is one of NOT_KNOWN. It waits.

    What its handler learned until then stays learned: `rows` names it.
    """

    def __init__(self, code: str, rows: Sequence[Touched] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.rows = list(rows)


@dataclass(frozen=True, slots=True)
class Push:
    """One message as a handler sees it: of whom, about what, and `at`, since when what it says is true."""

    account: Account
    cmd: str
    course_id: str
    class_id: str
    file_id: str
    at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Touched:
    """A row that a message spoke of; `how` is created, changed or unchanged."""

    kind: str
    pk: int
    provider_id: str
    how: str

    def stored(self) -> dict[str, Any]:
        return {"kind": self.kind, "id": self.pk, "provider_id": self.provider_id, "how": self.how}


def touched(model: type[MirrorRow], provider_id: str, learned: Learned) -> Touched:
    """What learning of one row came to."""
    how = "created" if learned.created else "changed" if learned.changed else "unchanged"
    return Touched(model._meta.label_lower, learned.ids[provider_id], provider_id, how)


Handler = Callable[[Push], list[Touched]]

_handlers: dict[str, Handler] = {}


def handles(cmd: str) -> Callable[[Handler], Handler]:
    """Register the function that works off messages of this kind, inside a transaction. It may be called again with the same
    message, and with messages in any order, and must leave the same rows. Raises ValueError for a kind that is taken.
    """

    def keep(handler: Handler) -> Handler:
        if _handlers.setdefault(cmd, handler) is not handler:
            raise ValueError(f"messages of the kind {cmd} are worked off already")
        return handler

    return keep


def handler_of(cmd: str) -> Handler | None:
    """Who works off this kind of message; None where nobody does, and it is only kept."""
    return _handlers.get(cmd)


def known_kinds() -> list[str]:
    """Every kind of message that somebody works off."""
    return sorted(_handlers)


@handles("Test")
def handshake(push: Push) -> list[Touched]:
    """ClassIn tries the address out; it says nothing of any object."""
    return []
