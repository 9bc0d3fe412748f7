"""The one way to a provider: send once, wait a bounded time, read a bounded answer, follow nothing."""

from __future__ import annotations

import http.client
import re
import ssl
import time
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from providers import own_codes
from providers.call import Answer, Call
from providers.codes import Code
from providers.connections import NeverConnected, OneTryAdapter

MAX_BYTES: Final = 2 * 1024 * 1024
CONNECT_TIMEOUT: Final = 5.0
READ_TIMEOUT: Final = 20.0
POOL_SIZE: Final = 32

_CHUNK: Final = 64 * 1024
_CREDENTIAL_HEADERS: Final = ("Authorization", "X-Auth-Token", "X-Security-Token", "api_key")
_SIGNATURE: Final = re.compile(r"Signature=(\w+)")


class Transport:
    """A pooled session to one base address; many threads may use it, but not across a fork.

    `connect_timeout` and `read_timeout` are seconds. The read timeout covers the whole answer, from
    the last byte sent to the last byte read, however slowly it drips.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        max_bytes: int = MAX_BYTES,
        pool_size: int = POOL_SIZE,
    ) -> None:
        """Open nothing yet; `max_bytes` bounds an answer after decompression."""
        self.base_url = base_url.rstrip("/")
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.max_bytes = max_bytes
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = "school-back-office"
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = OneTryAdapter(pool_size)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(self, call: Call, method: str, path: str, **parts: Any) -> Answer:
        """Send one request; `parts` are those of `requests.Request` (params, data, files, headers, auth).

        Raises NotSent when no byte can have left, Ambiguous when one may have and no complete answer
        came. Whatever answer comes is returned, errors included; judging it is the client's part.
        """
        started = time.monotonic()
        outcome = self._attempt(call, method, path, parts, started)
        if isinstance(outcome, Answer):
            return outcome
        # Raised out here, so that no exception of the HTTP library (which holds the request with its
        # credentials) hangs on ours as its context.
        code, message, was_sent = outcome
        elapsed_ms = _milliseconds_since(started)
        if was_sent:
            raise call.ambiguous(code, None, message, elapsed_ms=elapsed_ms)
        raise call.not_sent(code, message, elapsed_ms)

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def _attempt(
        self, call: Call, method: str, path: str, parts: dict[str, Any], started: float
    ) -> Answer | tuple[Code, str, bool]:
        try:
            request = requests.Request(method, f"{self.base_url}{path}", **parts)
            prepared = self._session.prepare_request(request)
            _hide_credentials(call, prepared)
        except (requests.RequestException, ValueError) as error:
            return own_codes.NOT_PREPARED, type(error).__name__, False
        try:
            response = self._session.send(
                prepared,
                stream=True,
                timeout=(self.connect_timeout, self.read_timeout),
                allow_redirects=False,
                verify=True,
            )
        except NeverConnected as error:
            code, message = _why_not_connected(error.__cause__)
            return code, message, False
        except (
            requests.RequestException,
            HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            return *_why_no_answer(error), True
        try:
            body = _bounded(response, self.max_bytes)
        except (
            requests.RequestException,
            HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            return *_why_no_answer(error), True
        finally:
            response.close()
        if body is None:
            return own_codes.TOO_LARGE, f"HTTP {response.status_code}, more than {self.max_bytes} bytes", True
        return Answer(response.status_code, response.headers, body, _milliseconds_since(started))


def _bounded(response: requests.Response, max_bytes: int) -> bytes | None:
    """The whole decoded body, or None as soon as it turns out to be larger than `max_bytes`."""
    body = bytearray()
    for chunk in _chunks(response):
        body += chunk
        if len(body) > max_bytes:
            return None
    return bytes(body)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    while chunk := response.raw.read(_CHUNK, decode_content=True):
        yield chunk


def _hide_credentials(call: Call, prepared: requests.PreparedRequest) -> None:
    for name in _CREDENTIAL_HEADERS:
        value: Any = prepared.headers.get(name, "")  # signers may leave bytes there, whatever the stubs say
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        call.hide(text, *_SIGNATURE.findall(text))


def _why_not_connected(cause: BaseException | None) -> tuple[Code, str]:
    for error in _chain(cause):
        if isinstance(error, ssl.SSLCertVerificationError):
            return own_codes.NOT_TRUSTED, f"certificate: {error.verify_message}"
        if isinstance(error, ssl.SSLError):
            return own_codes.NOT_TRUSTED, f"TLS: {error.reason or 'handshake failed'}"
    return own_codes.NOT_REACHED, type(cause).__name__


def _why_no_answer(error: BaseException) -> tuple[Code, str]:
    for part in _chain(error):
        if isinstance(part, (TimeoutError, ReadTimeoutError, requests.Timeout)):
            return own_codes.NO_ANSWER, "read timeout"
    return own_codes.CUT_OFF, type(error).__name__


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it wraps as an argument, and what it was raised from."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        part = waiting.pop(0)
        if part is None or part in seen:
            continue
        seen.append(part)
        yield part
        waiting += [value for value in part.args if isinstance(value, BaseException)]
        waiting += [part.__cause__, part.__context__, getattr(part, "reason", None)]
        waiting = [value for value in waiting if isinstance(value, BaseException)]


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
