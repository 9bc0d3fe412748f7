"""The addresses under /_sandbox/, by which tests and the demo look inside and misbehave on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sandbox.application import CONTROL, Application
from sandbox.faults import Fault, UnknownFault
from sandbox.pushes import RESEND_SECONDS, NotOnThisMachine
from sandbox.records import records_of
from sandbox.wire import Request, Response

Route = Callable[[Application, Request], Any]


class BadControl(ValueError):
    """A control request that makes no sense; the message says why."""


def handle(application: Application, request: Request) -> Response:
    """Answer one control request: 404 for an unknown address, 400 with a message for a wrong body."""
    route = ROUTES.get((request.method, request.path.removeprefix(CONTROL)))
    if route is None:
        known = sorted(f"{method} {CONTROL}{path}" for method, path in ROUTES)
        return Response.json({"error": "unknown address", "known": known}, 404)
    try:
        return Response.json(route(application, request))
    except (BadControl, UnknownFault) as problem:
        return Response.json({"error": str(problem)}, 400)


def _health(application: Application, _request: Request) -> Any:
    return {"ok": True, "seed": application.world.seed, "now": application.now()}


def _world(application: Application, _request: Request) -> Any:
    with application.lock:
        return records_of(application.world)


def _effects(application: Application, request: Request) -> Any:
    """Entries after `after`, at most `limit` of them; `last` is the number to go on from."""
    after = _query_number(request, "after", 0)
    limit = _query_number(request, "limit", 1_000_000)
    entries = application.journal.entries[after : after + limit]
    return {"entries": [entry.as_json() for entry in entries], "last": after + len(entries)}


def _list_faults(application: Application, _request: Request) -> Any:
    with application.lock:
        return {"faults": application.faults.listed()}


def _add_fault(application: Application, request: Request) -> Any:
    body = _body(request)
    descriptions = body.get("faults", [body])
    faults = [Fault.from_json(description) for description in descriptions]
    with application.lock:
        for fault in faults:
            application.faults.add(fault)
        return {"faults": application.faults.listed()}


def _clear_faults(application: Application, _request: Request) -> Any:
    with application.lock:
        application.faults.clear()
    return {"faults": []}


def _reset(application: Application, _request: Request) -> Any:
    application.reset()
    return {"ok": True}


def _latency(application: Application, request: Request) -> Any:
    application.latency_ms = _number(_body(request), "ms")
    return {"ms": application.latency_ms}


def _clock(application: Application, request: Request) -> Any:
    application.clock_offset = _number(_body(request), "offset", may_be_negative=True)
    return {"offset": application.clock_offset, "now": application.now()}


def _change(application: Application, request: Request) -> Any:
    body = _body(request)
    fields = body.get("set")
    if not isinstance(fields, dict) or not fields:
        raise BadControl("'set' is an object of fields")
    try:
        application.change_outside(str(body.get("kind")), str(body.get("id")), fields)
    except (KeyError, AttributeError) as problem:
        raise BadControl(f"no such object or field: {problem}") from None
    return {"ok": True}


def _subscribe(application: Application, request: Request) -> Any:
    body = _body(request)
    every = _number(body, "resend_seconds") if "resend_seconds" in body else RESEND_SECONDS
    try:
        application.pushes.subscribe(str(body.get("url")), resend_seconds=every)
    except NotOnThisMachine as problem:
        raise BadControl(str(problem)) from None
    return {"ok": True}


def _push(application: Application, request: Request) -> Any:
    """A message with the given fields, or the one that a video of the world gives rise to."""
    body = _body(request)
    clip_id, cmd, fields = body.get("clip"), body.get("cmd"), body.get("fields", {})
    if clip_id is not None:
        clip = application.world.classin.clips.get(str(clip_id))
        if clip is None:
            raise BadControl("no such clip")
        return {"message": application.pushes.recorded(clip)}
    if not cmd or not isinstance(fields, dict):
        raise BadControl("'cmd' is a kind of message, 'fields' an object")
    return {"message": application.pushes.say(str(cmd), **fields)}


def _pushed(application: Application, _request: Request) -> Any:
    queues = application.pushes.queues.items()
    return {
        "queues": [
            {
                "sid": sid,
                "url": queue.url,
                "waiting": queue.length,
                "sendings": [asdict(sending) for sending in list(queue.sendings)],
            }
            for sid, queue in list(queues)
        ]
    }


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        raise BadControl("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadControl("the body is not an object")
    return body


def _number(body: dict[str, Any], name: str, *, may_be_negative: bool = False) -> float:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or (value < 0 and not may_be_negative):
        raise BadControl(f"{name!r} is a number")
    return float(value)


def _query_number(request: Request, name: str, default: int) -> int:
    values = request.query_values(name)
    if not values:
        return default
    if not (values[-1].isascii() and values[-1].isdigit()):
        raise BadControl(f"{name!r} is a number")
    return int(values[-1])


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "health"): _health,
    ("GET", "world"): _world,
    ("GET", "effects"): _effects,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "reset"): _reset,
    ("POST", "latency"): _latency,
    ("POST", "clock"): _clock,
    ("POST", "change"): _change,
    ("POST", "subscription"): _subscribe,
    ("POST", "push"): _push,
    ("GET", "pushes"): _pushed,
}
