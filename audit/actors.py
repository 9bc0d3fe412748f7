"""Who did it, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or the system) behind an action, as they were at that moment.

    `name` is copied into the ledger, so it survives renaming. `via` says by which door: admin, worker, sweeper, command,
    webhook. `address` and `agent` are the client's; `request_id` joins all records of one web request.
    """

    user_id: int | None
    name: str
    via: str
    address: str = ""
    agent: str = ""
    request_id: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Actor:
        """The person who sent this web request."""
        user = request.user
        return cls(
            user_id=user.pk,
            name=person_name(user),
            via="admin",
            address=client_address(request),
            agent=request.headers.get("User-Agent", "")[:200],
            request_id=getattr(request, "request_id", ""),
        )

    @classmethod
    def person(cls, user: AbstractBaseUser, *, via: str) -> Actor:
        """A known person without a web request: a command, or a worker acting on their behalf."""
        return cls(user_id=user.pk, name=person_name(user), via=via)


def person_name(user: Any) -> str:
    """Full name and log-in name, the way the ledger and the screens write people."""
    if not getattr(user, "is_authenticated", False):
        return ""
    return str(user.get_full_name() or user.get_username())


def client_address(request: HttpRequest) -> str:
    """The client's address; `X-Forwarded-For` counts only as far as the trusted proxies reach."""
    trusted = settings.TRUSTED_PROXY_COUNT
    forwarded = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    if trusted and len(forwarded) >= trusted:
        return forwarded[-trusted]
    return str(request.META.get("REMOTE_ADDR", ""))


def system(via: str) -> Actor:
    """The product itself, acting by the named part of it."""
    return Actor(user_id=None, name="system", via=via)
