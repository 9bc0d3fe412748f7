"""The providers, as the engine's clients would show them: who is gone in truth, and answers that get lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

from providers.codes import NOTHING_TO_DO, Code, CodeClass
from providers.outcome import Ambiguous, Exchange, NotSent, Rejected, Reply
from tests.reliability.world import World


class Fate(StrEnum):
    """What becomes of one call."""

    ANSWERED = "answered"
    REFUSED = "refused"
    LATER = "asked to come later"
    LOST_AFTER = "lost after its effect"
    LOST_BEFORE = "lost before its effect"
    NOT_SENT = "not sent"
    NO_CREDENTIALS = "credentials refused"

    @property
    def lost(self) -> bool:
        return self in (Fate.LOST_AFTER, Fate.LOST_BEFORE)

    @property
    def proves_nothing_happened(self) -> bool:
        return self in (Fate.REFUSED, Fate.LATER, Fate.NOT_SENT, Fate.NO_CREDENTIALS)


class Provider:
    """Stands where the clients of the providers stand; every call that arrives is shown to `arrived` first."""

    def __init__(self, world: World, arrived: Callable[[tuple[str, ...]], None]) -> None:
        self.world, self.arrived = world, arrived
        self.gone: set[tuple[str, ...]] = set()
        self.fate = Fate.ANSWERED

    def is_gone(self, call: tuple[str, ...]) -> bool:
        """Whether nothing of what this call deletes is there any more."""
        return all(one in self.gone for one in self.world.inside.get(call, [call]))

    def delete_class_video(self, class_id: str, file_id: str) -> Reply[None]:
        return self._delete(("delete_class_video", class_id, file_id), already=("634", CodeClass.ALREADY))

    def delete_all_class_videos(self, class_id: str) -> Reply[None]:
        return self._delete(("delete_all_class_videos", class_id), already=("632", CodeClass.ALREADY))

    def delete_video(self, package_id: str, video_id: str) -> Reply[None]:
        # Syngrafii does not say whether what is not found was ever there.
        return self._delete(
            ("delete_video", package_id, video_id), already=("video_not_found", CodeClass.UNKNOWN)
        )

    def list_videos(self, package_id: str) -> Reply[list[Any]]:
        if self.fate is not Fate.ANSWERED:
            raise Ambiguous(_code("", CodeClass.UNKNOWN), _exchange("list_videos", ""))
        calls = [call for call in self._meeting_videos() if call[1] == package_id and call not in self.gone]
        rows = [
            SimpleNamespace(meeting_video_id=call[2], state="archived", is_deleted=False) for call in calls
        ]
        return Reply(_code("0", CodeClass.DONE), _exchange("list_videos", "0"), rows)

    def _meeting_videos(self) -> list[tuple[str, ...]]:
        return [target.call for target in self.world.targets.values() if target.call[0] == "delete_video"]

    def _delete(self, call: tuple[str, ...], *, already: tuple[str, CodeClass]) -> Reply[None]:
        self.arrived(call)
        if self.fate.proves_nothing_happened:
            raise self._refusal(call[0])
        was_gone = self.is_gone(call)
        if self.fate is not Fate.LOST_BEFORE:
            self.gone.update(self.world.inside.get(call, [call]))
        if self.fate.lost:
            raise Ambiguous(_code("", CodeClass.UNKNOWN), _exchange(call[0], ""))
        value, kind = already if was_gone else ("1", CodeClass.DONE)
        if kind is CodeClass.UNKNOWN:
            raise Ambiguous(_code(value, kind), _exchange(call[0], value))
        return Reply(_code(value, kind), _exchange(call[0], value), None)

    def _refusal(self, call: str) -> NotSent | Rejected:
        if self.fate is Fate.NOT_SENT:
            return NotSent(_code("", CodeClass.RETRY_LATER), _exchange(call, ""))
        kind = {
            Fate.REFUSED: CodeClass.FIX_INPUT,
            Fate.LATER: CodeClass.RETRY_LATER,
            Fate.NO_CREDENTIALS: CodeClass.CREDENTIALS,
        }[self.fate]
        return Rejected(_code("x", kind), _exchange(call, "x"))


def _code(value: str, kind: CodeClass) -> Code:
    return Code(value, NOTHING_TO_DO, NOTHING_TO_DO, kind)


def _exchange(call: str, code: str) -> Exchange:
    return Exchange("imitation", call, 200, code, "", "", 1)
