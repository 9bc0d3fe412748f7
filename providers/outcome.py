"""What became of one sending: an answer, or one of the three ways of having none.

Callers ask "did it happen?", never "which number was it?": a `Reply` says yes, `NotSent` and
`Rejected` say no, `Ambiguous` says that it may have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from providers.codes import Code

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call as it may be stored and shown: no credential and no file content is in it."""

    provider: str
    call: str
    http_status: int | None
    """The HTTP status, or None when no status line came."""
    code: str
    """The provider's own code as it came, or ""."""
    message: str
    """The provider's own words (or ours, when it said nothing), at most 500 characters."""
    request_id: str
    """The provider's id of the request, to quote to its support, or ""."""
    elapsed_ms: int
    sent: dict[str, Any] = field(default_factory=dict)
    """The parameters that were sent, by the provider's names; a file as name, size and sha256."""


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """The provider did what was asked, or it was so before: `code.kind` is DONE or ALREADY."""

    code: Code
    exchange: Exchange
    value: T


class ProviderError(Exception):
    """The root of everything a client raises; it survives pickling and tells no secret."""

    def __init__(self, code: Code, exchange: Exchange, *, retry_after: float | None = None) -> None:
        """Say which code explains the end of `exchange`, and how many seconds to wait, if known."""
        super().__init__(code, exchange)
        self.code = code
        self.exchange = exchange
        self.retry_after = retry_after

    @property
    def field(self) -> str | None:
        """The provider's name of the parameter at fault, or None."""
        return self.code.field

    def __str__(self) -> str:
        where = f"{self.exchange.provider} {self.exchange.call}".strip()
        words = f"{where}: {self.code.meaning.en} ({self.code.value})"
        return f"{words}: {self.exchange.message}" if self.exchange.message else words

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def __reduce__(self) -> tuple[Callable[..., ProviderError], tuple[Any, ...]]:
        return _restored, (type(self), dict(self.__dict__))


class NotSent(ProviderError):
    """The request never reached the provider, so nothing changed there; it may be sent again."""


class InvalidRequest(NotSent):
    """We refused to send it: `field` names the parameter that is missing or wrong."""


class NotConnected(NotSent):
    """The account has no credentials; `missing` lists the variables to set, without their prefix."""

    missing: tuple[str, ...] = ()


class Rejected(ProviderError):
    """The provider said no: to fix, to try later, to renew the credentials, or because of maintenance."""


class Ambiguous(ProviderError):
    """It was sent and no clear answer came: it may or may not have happened."""


def _restored(kind: type[ProviderError], state: dict[str, Any]) -> ProviderError:
    error = kind(state["code"], state["exchange"])
    error.__dict__.update(state)
    return error
