"""Syngrafii iinked Sign: packages and the videos of their meetings, under /api/v1."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox import syngrafii_packages
from sandbox.calls import Answer, Call, RateLimit, page
from sandbox.credentials import SYNGRAFII_KEYS
from sandbox.syngrafii_packages import SignRefused
from sandbox.wire import Request, Response
from sandbox.world import World

PREFIX = "/api/v1/"
ROUTES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("packages/list", "POST", re.compile(r"packages/list")),
    ("packages/delete", "POST", re.compile(r"packages/delete")),
    ("videos/delete", "POST", re.compile(r"packages/(?P<packageId>[^/]+)/videos/delete")),
    ("videos", "GET", re.compile(r"packages/(?P<packageId>[^/]+)/videos")),
    ("packages/get", "GET", re.compile(r"packages/(?P<packageId>[^/]+)")),
)
DELETING = frozenset({"videos/delete", "packages/delete"})

Action = Callable[[World, Call, float], Mapping[str, Any]]

ACTIONS: dict[str, Action] = {
    "packages/list": syngrafii_packages.list_packages,
    "packages/delete": syngrafii_packages.delete_package,
    "packages/get": syngrafii_packages.get_package,
    "videos": syngrafii_packages.list_videos,
    "videos/delete": syngrafii_packages.delete_videos,
}

MESSAGES = {
    "package_not_found": "The package was not found or you do not have permission to access it.",
    "package_delete_retention": "The package is under retention and cannot be deleted.",
    "package_not_authorized": "You do not have permission for this package.",
    "api_key_not_authorized": "The API key is missing or not valid.",
    "meeting_video_not_found": "The meeting video was not found.",
    "meeting_video_invalid_state": "The meeting video is still being recorded.",
    "too_many_requests": "Too many requests from the same IP address or API key.",
    "server_exception_unhandled": "An unexpected error occurred.",
}


class Syngrafii:
    """The sign packages of the imitated organisation."""

    name = "syngrafii"

    def __init__(self, world: World, keys: Mapping[str, bool] = SYNGRAFII_KEYS) -> None:
        self._world = world
        self._keys = keys
        self._rate = RateLimit(world.limits)

    def read(self, request: Request) -> Call | None:
        if not request.path.startswith(PREFIX):
            return None
        name, params = _route(request)
        call = Call(self.name, name, request, params)
        if request.body:
            try:
                body = json.loads(request.body)
            except ValueError:
                body = None
            call.data = body if isinstance(body, dict) else {"": body}
            call.params = {**call.data, **params}
        return call

    def refuse(self, call: Call, now: float) -> Answer | None:
        key = call.request.headers.get("api_key", "")
        try:
            self._admit(call, key)
        except SignRefused as refusal:
            return _error(refusal.error, refusal.status)
        if not call.name:
            return Answer(Response.html("<html><body><h1>404 Not Found</h1></body></html>", 404), "404")
        return self.throttled(None) if self._rate.exceeded(call.name, now) else None

    def _admit(self, call: Call, key: str) -> None:
        """Refuse a call without a key that may make it, or without a readable body."""
        if key not in self._keys:
            raise SignRefused("api_key_not_authorized", 403)
        account = self._world.accounts[self.name]
        if account.refuses:
            raise SignRefused(account.refuses, _status_of(account.refuses))
        if call.name in DELETING and not self._keys[key]:
            raise SignRefused("package_not_authorized", 403)
        if call.name and call.request.method == "POST":
            kind = call.request.headers.get("content-type", "")
            if not kind.startswith("application/json") or "" in call.data:
                raise SignRefused("request_invalid_body", 400)

    def perform(self, call: Call, now: float) -> Answer:
        try:
            return Answer(Response.json(ACTIONS[call.name](self._world, call, now)), "200")
        except SignRefused as refusal:
            return _error(refusal.error, refusal.status)

    def answer_code(self, code: str) -> Answer:
        return page(code) or _error(code, _status_of(code))

    def throttled(self, retry_after: int | None) -> Answer:
        answer = _error("too_many_requests", 429)
        if retry_after is not None:
            answer.response.headers["Retry-After"] = str(retry_after)
        return answer

    def hidden_error(self, code: str) -> Answer:
        return _error(code or "server_exception_unhandled", 200)

    def without_item(self, answer: Answer, wanted: dict[str, Any]) -> Answer:
        """A package's answer in which the wanted video (or every one) is not mentioned."""
        body = answer.response.data()
        video_id = wanted.get("meetingVideoId")
        body["videos"] = [
            video for video in body.get("videos") or [] if video_id and video["meetingVideoId"] != video_id
        ]
        return Answer(Response.json(body), answer.code)


def _route(request: Request) -> tuple[str, dict[str, Any]]:
    path = request.path.removeprefix(PREFIX)
    for name, method, pattern in ROUTES:
        found = pattern.fullmatch(path)
        if found is not None and method == request.method:
            return name, dict(found.groupdict())
    return "", {}


def _status_of(code: str) -> int:
    """The HTTP status that goes with an error, by the documented patterns of their names."""
    if code.endswith("_not_found"):
        return 404
    if code.endswith("_not_authorized"):
        return 403
    if "_exception" in code:
        return 500
    return 429 if code == "too_many_requests" else 400


def _error(code: str, status: int) -> Answer:
    message = MESSAGES.get(code, "The request is not valid.")
    return Answer(Response.json({"error": code, "message": message}, status), code)
