"""From a received request to what goes back over the connection, misbehaviour and the log included."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.calls import Answer, Call, Provider
from sandbox.classin import ClassIn
from sandbox.faults import BEFORE, Fault, Faults
from sandbox.huawei_vod import HuaweiVod
from sandbox.journal import Entry, Journal
from sandbox.pushes import Pushes
from sandbox.syngrafii import Syngrafii
from sandbox.wire import Request, Response
from sandbox.world import Change, World

CONTROL = "/_sandbox/"
ELSEWHERE = "/_sandbox/elsewhere"
SILENCE = 60.0
DELAY = 1.0
GARBAGE = b'\x1f\x8b{"error_info"\xff\xfe<!--'
ERROR_PAGE = "<html><body><h1>500 Internal Server Error</h1></body></html>"


@dataclass(slots=True)
class Delivery:
    """How a response is to reach the client, or not: `ending` is normal, silent, reset or truncated."""

    response: Response | None
    ending: str = "normal"
    seconds: float = 0.0


class Application:
    """The three imitations over one world, with one lock, one log and one set of misbehaviours."""

    def __init__(self, world: World, journal: Journal, clock: Callable[[], float] = time.time) -> None:
        self.world = world
        self.journal = journal
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        self.latency_ms = 0.0
        self.clock_offset = 0.0
        """Seconds by which the providers' clock is ahead of this machine's."""
        self._clock = clock
        self.faults = Faults()
        self._providers: tuple[Provider, ...] = ()
        self.pushes = Pushes(world, self.now)
        self._start_over()
        journal.open(world)

    def now(self) -> float:
        """The time by the providers' clock."""
        return self._clock() + self.clock_offset

    def reset(self) -> None:
        """Back to the seed: objects, log, misbehaviours, counters and locked keys. The latency stays."""
        with self.lock:
            self.world.reset()
            self.journal.clear()
            self._start_over()

    def _start_over(self) -> None:
        self._providers = (ClassIn(self.world), HuaweiVod(self.world), Syngrafii(self.world))
        self.clock_offset = 0.0
        self.faults.clear()
        for fault in self.world.faults:
            self.faults.add(Fault.from_json(fault))

    def change_outside(self, kind: str, object_id: str, fields: dict[str, Any]) -> None:
        """Change an object behind everybody's back, as a person in the provider's own dashboard would.

        Raises KeyError when there is no such object, AttributeError when it has no such field.
        """
        with self.lock:
            self.world.change(kind, object_id, **fields)
            self._log(
                self.now(), "", "outside", {"kind": kind, "id": object_id}, None, self.world.take_changes()
            )

    def answer(self, request: Request) -> Delivery:
        """Deal with one request to a provider."""
        received = self.now()
        if request.path == ELSEWHERE:
            return Delivery(self._followed_redirect(request, received))
        found = next(
            (
                (provider, call)
                for provider in self._providers
                if (call := provider.read(request)) is not None
            ),
            None,
        )
        if found is None:
            return Delivery(Response.html("<html><body><h1>404 Not Found</h1></body></html>", 404))
        provider, call = found
        self._pause(self.latency_ms / 2000)
        with self.lock:
            refusal = provider.refuse(call, self.now())
            if refusal is not None:
                return self._finish(received, call, refusal, [], None)
            fault = self.faults.pick(call.provider, call.name, call.params)
        if fault is not None and fault.kind == "delay":
            self._pause(fault.wait(DELAY))
        with self.lock:
            if fault is not None and fault.kind in BEFORE:
                return self._finish(received, call, _instead(provider, fault), [], fault)
            answer = provider.perform(call, self.now())
            changes = self.world.take_changes()
            if fault is not None and fault.only_with_effect:
                if changes:
                    self.faults.spend(fault)
                else:
                    fault = None
            if fault is not None and fault.kind == "ok_without_effect":
                self.world.undo(changes)
                changes = []
            if fault is not None and fault.kind == "missing_item" and answer.response.status == 200:
                answer = provider.without_item(answer, fault.match)
            return self._finish(received, call, answer, changes, fault)

    def _finish(
        self, received: float, call: Call, answer: Answer | None, changes: list[Change], fault: Fault | None
    ) -> Delivery:
        """Log the call, then decide how its answer travels."""
        delivery = _spoiled(answer, fault)
        arrives = delivery.ending == "normal" and delivery.response is not None
        code = answer.code if answer is not None and arrives else None
        if arrives and fault is not None and fault.kind in ("http_500_after", "garbage"):
            code = "500" if fault.kind == "http_500_after" else "garbage"
        call_id = self._log(
            received,
            call.provider,
            call.name,
            call.params,
            code,
            changes,
            fault.kind if fault is not None else "",
        )
        if delivery.response is not None:
            delivery.response.headers["X-Request-Id"] = call_id
            delivery.seconds = max(delivery.seconds, self.latency_ms / 2000)
        return delivery

    def _log(
        self,
        at: float,
        provider: str,
        call: str,
        params: dict[str, Any],
        answered: str | None,
        changes: list[Change],
        fault: str = "",
    ) -> str:
        with self.lock:
            entry = Entry(
                n=len(self.journal.entries) + 1,
                at=at,
                provider=provider,
                call=call,
                params=params,
                answered=answered,
                call_id=uuid.uuid4().hex,
                fault=fault,
                changes=changes,
                done_at=self.now(),
            )
            self.journal.append(entry)
            self.pushes.tell(changes)
        return entry.call_id

    def _followed_redirect(self, request: Request, received: float) -> Response:
        """Note that a client followed a redirect, and which of its secrets it took along."""
        carried = [name for name in ("api_key", "authorization", "x-auth-token") if name in request.headers]
        self._log(
            received,
            "",
            "followed_redirect",
            {"carried": carried, "body_bytes": len(request.body)},
            "200",
            [],
        )
        return Response.json({})

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self.stopping.wait(seconds)


def _instead(provider: Provider, fault: Fault) -> Answer | None:
    """The answer of a call that has no effect; None when there is none."""
    if fault.kind == "throttle":
        return provider.throttled(fault.retry_after)
    if fault.kind == "code":
        return provider.answer_code(fault.code)
    if fault.kind == "ok_with_error":
        return provider.hidden_error(fault.code)
    if fault.kind == "http_500_before":
        return Answer(Response.html(ERROR_PAGE, 500), "500")
    if fault.kind == "redirect":
        response = Response.html("", 307)
        response.headers["Location"] = ELSEWHERE
        return Answer(response, "307")
    return None


def _spoiled(answer: Answer | None, fault: Fault | None) -> Delivery:
    kind = "" if fault is None else fault.kind
    if fault is not None and kind.startswith("timeout"):
        return Delivery(None, "silent", fault.wait(SILENCE))
    if answer is None or kind.startswith("reset"):
        return Delivery(None, "reset")
    response = answer.response
    if kind == "truncated":
        return Delivery(response, "truncated")
    if kind == "http_500_after":
        response = Response.html(ERROR_PAGE, 500)
    elif kind == "garbage":
        response = Response(response.status, GARBAGE, response.content_type)
    elif kind == "string_errno" and b"error_info" in response.body:
        body = response.data()
        body["error_info"]["errno"] = str(body["error_info"]["errno"])
        response = Response.json(body, response.status)
    return Delivery(response)
