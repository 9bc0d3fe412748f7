"""HTTP/1.1 as small as the sandbox needs it: requests read, responses written, connections kept alive."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BufferedIOBase
from typing import Any
from urllib.parse import unquote, unquote_plus

MAX_LINE = 16_384
MAX_HEADERS = 100
MAX_BODY = 32 * 1024 * 1024

REASONS = {status.value: status.phrase for status in HTTPStatus}


class Malformed(Exception):
    """The bytes on the connection are not an HTTP request that we serve; `status` is what to answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One received request. Header names are lower case, `path` and `query` are as they stood on the wire."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    keep_alive: bool = True

    def query_values(self, name: str, *, plus_is_space: bool = False) -> list[str]:
        """All values of one query parameter, in the order sent."""
        return [value for key, value in self.query_pairs(plus_is_space=plus_is_space) if key == name]

    def query_pairs(self, *, plus_is_space: bool = False) -> list[tuple[str, str]]:
        """Every query parameter, decoded. A `+` stays a plus sign unless asked otherwise."""
        decode = unquote_plus if plus_is_space else unquote
        pairs = []
        for part in self.query.split("&"):
            if part:
                key, _, value = part.partition("=")
                pairs.append((decode(key), decode(value)))
        return pairs


@dataclass(slots=True)
class Response:
    """What is written back. Content-Length is added when it is sent."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, data: Any, status: int = 200) -> Response:
        """A JSON answer, non-ASCII text written as it is."""
        return cls(status, json.dumps(data, ensure_ascii=False).encode())

    @classmethod
    def html(cls, text: str, status: int) -> Response:
        """A page such as a proxy in front of a provider answers with."""
        return cls(status, text.encode(), "text/html; charset=utf-8")

    def data(self) -> Any:
        """The JSON in the body, for the misbehaviours that take something out of it."""
        return json.loads(self.body)

    def bytes(self, *, keep_alive: bool) -> bytes:
        """Head and body as one piece, so that one system call sends both."""
        lines = [
            f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}",
            "Server: sandbox",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            f"Connection: {'keep-alive' if keep_alive else 'close'}",
        ]
        lines.extend(f"{name}: {value}" for name, value in self.headers.items())
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def read_request(stream: BufferedIOBase, connection: socket.socket) -> Request | None:
    """The next request of a connection; None when the peer has gone. Raises Malformed."""
    line = stream.readline(MAX_LINE + 1)
    if not line.strip():
        line = stream.readline(MAX_LINE + 1) if line else b""
    if not line:
        return None
    try:
        method, target, version = line.decode("latin-1").split()
    except ValueError:
        raise Malformed(400) from None
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise Malformed(505)
    headers = _read_headers(stream)
    if "transfer-encoding" in headers:
        raise Malformed(411)
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    path, _, query = target.partition("?")
    keep_alive = headers.get("connection", "").lower() != "close" and version == "HTTP/1.1"
    return Request(method, path, query, headers, _read_body(stream, headers), keep_alive)


def _read_headers(stream: BufferedIOBase) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = stream.readline(MAX_LINE + 1)
        if line in (b"\r\n", b"\n"):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not name.strip():
            raise Malformed(400)
        headers[name.strip().lower()] = value.strip()
    raise Malformed(431)


def _read_body(stream: BufferedIOBase, headers: Mapping[str, str]) -> bytes:
    try:
        length = int(headers.get("content-length", "0"))
    except ValueError:
        raise Malformed(400) from None
    if length < 0:
        raise Malformed(400)
    if length > MAX_BODY:
        raise Malformed(413)
    body = stream.read(length) if length else b""
    if len(body) < length:
        raise Malformed(400)
    return body
