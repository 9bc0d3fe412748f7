"""A call as the imitations see it, and what they all can do with one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.wire import Request, Response


@dataclass(slots=True)
class Call:
    """A request that was recognised as a call of one provider."""

    provider: str
    name: str
    request: Request
    params: dict[str, Any] = field(default_factory=dict)
    """What was asked, without secrets: for the log and for matching misbehaviour."""
    data: dict[str, Any] = field(default_factory=dict)
    """The same, whole: form fields, or the JSON body."""
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """A response and the provider's code in it (SUCCESS, 634, VOD.10062, package_not_found, ...)."""

    response: Response
    code: str


class Provider(Protocol):
    """One imitation. All but `read` are called under the application's lock."""

    name: str

    def read(self, request: Request) -> Call | None:
        """Recognise a call by its path; None when it is not one of this provider's."""

    def refuse(self, call: Call, now: float) -> Answer | None:
        """The refusal of a call whose credentials, clock or shape are wrong, or that comes too often."""

    def perform(self, call: Call, now: float) -> Answer:
        """Do what is asked, through `World.change`."""

    def answer_code(self, code: str) -> Answer:
        """The documented answer with this code, or a bare page for "http_<status>"."""

    def throttled(self, retry_after: int | None) -> Answer:
        """The answer to one call too many."""

    def hidden_error(self, code: str) -> Answer:
        """An error inside an HTTP 200."""

    def without_item(self, answer: Answer, wanted: dict[str, Any]) -> Answer:
        """A success that does not mention what was asked for."""


def page(code: str) -> Answer | None:
    """For a code such as "http_502", a page with that HTTP status and no code of the provider's own."""
    status = code.removeprefix("http_")
    if status == code or not status.isdecimal():
        return None
    return Answer(Response.html(f"<html><body><h1>{status}</h1></body></html>", int(status)), code)


class RateLimit:
    """At most so many calls in any 60 seconds, each call name by itself."""

    def __init__(self, limits: dict[str, int]) -> None:
        self._limits = limits
        self._seen: dict[str, list[float]] = {}

    def exceeded(self, call: str, now: float) -> bool:
        """Count one call and say whether it was one too many. Refused calls do not count."""
        limit = self._limits.get(call)
        if limit is None:
            return False
        recent = [at for at in self._seen.get(call, ()) if at > now - 60]
        over = len(recent) >= limit
        if not over:
            recent.append(now)
        self._seen[call] = recent
        return over
