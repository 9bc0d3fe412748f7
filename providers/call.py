"""One call in the making: what may be told about it, and how its end is judged."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any, Final

from requests.structures import CaseInsensitiveDict

from providers import own_codes
from providers.codes import LONGEST_CODE, Code, CodeClass, CodeTable, Text
from providers.outcome import Ambiguous, Exchange, InvalidRequest, NotSent, ProviderError, Rejected
from providers.scrubbing import without_credentials
from providers.secrets import HIDDEN

LONGEST_MESSAGE: Final = 500
LONGEST_REQUEST_ID: Final = 100
LONGEST_WAIT: Final = 86_400.0
"""Seconds; a provider that asks us to wait longer than a day is asked again after a day."""

_REQUEST_ID_HEADERS: Final = ("X-Request-Id", "Request-Id", "X-Correlation-Id", "X-Trace-Id")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer of the provider."""

    status: int
    headers: CaseInsensitiveDict[str]
    body: bytes
    elapsed_ms: int


class Call:
    """One sending of one request; made by a client for each attempt."""

    def __init__(self, table: CodeTable, name: str) -> None:
        """Start the call `name` of the provider that `table` belongs to."""
        self.table = table
        self.name = name
        self.sent: dict[str, Any] = {}
        self._hidden: list[str] = []

    def hide(self, *values: str) -> None:
        """Keep these values out of everything that is told about the call."""
        self._hidden.extend(value for value in values if value)

    def scrubbed(self, text: object, limit: int = LONGEST_MESSAGE) -> str:
        """`text` on one line, without secrets, e-mail addresses and the queries of addresses, at most `limit` long."""
        words = text if isinstance(text, str) else ""
        for value in sorted(self._hidden, key=len, reverse=True):
            words = words.replace(value, HIDDEN)
        words = _CONTROL.sub(" ", without_credentials(words)).strip()
        return words if len(words) <= limit else words[: limit - 1] + "…"

    def exchange(
        self, answer: Answer | None = None, *, code: str = "", message: str = "", elapsed_ms: int = 0
    ) -> Exchange:
        """What may be stored of this call, now that `answer` (or nothing) has come."""
        request_id = ""
        if answer is not None:
            request_id = next(
                (answer.headers[name] for name in _REQUEST_ID_HEADERS if name in answer.headers), ""
            )
        return Exchange(
            provider=self.table.provider,
            call=self.name,
            http_status=None if answer is None else answer.status,
            code=self.scrubbed(code, LONGEST_CODE),
            message=self.scrubbed(message),
            request_id=self.scrubbed(request_id, LONGEST_REQUEST_ID),
            elapsed_ms=elapsed_ms if answer is None else answer.elapsed_ms,
            sent=dict(self.sent),
        )

    def refused(self, field: str | None, why: Text) -> InvalidRequest:
        """The error for a request that we do not send because of the parameter `field`."""
        return InvalidRequest(own_codes.invalid(field, why), self.exchange())

    def not_sent(self, code: Code, message: str, elapsed_ms: int) -> NotSent:
        """The error for a request of which no byte can have reached the provider."""
        return NotSent(code, self.exchange(message=message, elapsed_ms=elapsed_ms))

    def ambiguous(
        self, code: Code, answer: Answer | None, message: str, *, raw: str = "", elapsed_ms: int = 0
    ) -> Ambiguous:
        """The error for a request that may have had its effect."""
        exchange = self.exchange(answer, code=raw, message=message, elapsed_ms=elapsed_ms)
        return Ambiguous(code, exchange, retry_after=None if answer is None else retry_after(answer))

    def judge(self, answer: Answer, raw_code: str, message: str = "") -> Code:
        """The code of `answer` when it says done or already so; everything else is raised.

        `raw_code` is the provider's code, or "" when the answer has none and its HTTP status has to
        speak (as the row "http_<status>" of the table).
        """
        raw = self.scrubbed(raw_code, LONGEST_CODE)
        if 300 <= answer.status < 400:
            raise self.ambiguous(own_codes.REDIRECTED, answer, message, raw=raw)
        found = self.table.find(self.name, raw or f"http_{answer.status}")
        if answer.status == 429:
            raise self._rejected(_to_wait(found, raw), answer, message, raw)
        if found.kind in (CodeClass.DONE, CodeClass.ALREADY):
            if not 200 <= answer.status < 300:
                raise self.ambiguous(own_codes.CONTRADICTORY, answer, message, raw=raw)
            return found
        if found.kind is CodeClass.UNKNOWN:
            raise self.ambiguous(found, answer, message, raw=raw)
        raise self._rejected(found, answer, message, raw)

    def json_object(self, answer: Answer) -> dict[str, Any] | None:
        """The JSON object in the body, or None when the body is anything else."""
        try:
            body = json.loads(answer.body)
        except (ValueError, RecursionError):
            return None
        return body if isinstance(body, dict) else None

    def unreadable(self, answer: Answer, message: str) -> Ambiguous:
        """The error for an answer of which the part that matters cannot be understood."""
        return self.ambiguous(own_codes.UNREADABLE, answer, message)

    def _rejected(self, code: Code, answer: Answer, message: str, raw: str) -> ProviderError:
        exchange = self.exchange(answer, code=raw, message=message)
        return Rejected(code, exchange, retry_after=retry_after(answer))


def retry_after(answer: Answer) -> float | None:
    """Seconds that the provider asks us to wait (from seconds or an HTTP date), or None."""
    value = answer.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,10}(\.\d{1,6})?", value, re.ASCII):
        return min(float(value), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
        seconds = moment.timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _to_wait(found: Code, raw: str) -> Code:
    if found.kind is CodeClass.RETRY_LATER:
        return found
    return replace(own_codes.ASKED_TO_WAIT, value=raw or own_codes.ASKED_TO_WAIT.value)
