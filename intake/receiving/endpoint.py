"""The address that ClassIn pushes to: prove, store, acknowledge. Everything else comes later.

ClassIn's queue brings a message again until it reads the acknowledgement, and everything behind it waits. So whatever is
wrong with a message, it is acknowledged once it is stored. What is not acknowledged: a wrong key (that is not ClassIn), a
missing one where the operator refuses that, a pace that no queue has, and what the database could not store.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, OperationalError, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from intake.models import PushMessage, TurnedAway
from intake.receiving import flood
from intake.receiving.storing import (
    has_room_for_unproven,
    keyless_message,
    signed_message,
    store,
    unreadable_message,
)
from intake.receiving.waking import waker
from operations.accounts import credentials
from operations.models import Account
from providers.classin import pushes

PIECE: Final = 65_536
MOST_READ: Final = 64 * 1024 * 1024
"""Bytes after which the rest of a body is not even read."""
REFUSE, KEEP, ACCEPT = "refuse", "keep", "accept"
WITHOUT_KEY: Final = (REFUSE, KEEP, ACCEPT)
"""What may be done with messages that come without a key; see .env.example."""

Kind = TurnedAway.Kind

logger = logging.getLogger(__name__)

_accounts: dict[str, Account] = {}


class BrokenOff(Exception):
    """The sender went away, or its body cannot be read to the end: nothing was received."""


@dataclass(slots=True)
class Received:
    """A body as far as it was read. Its text is not shown by mistake."""

    kept: bytes = field(repr=False)
    size: int
    digest: str
    complete: bool


@never_cache
@csrf_exempt  # ClassIn has no form of ours; the message proves itself by its key
def classin_webhook(request: HttpRequest, account: str) -> JsonResponse:
    """Take one message. 200 with errno 1 means that it is stored; anything else brings it again."""
    if request.method != "POST":
        return _answer(405, 100, "POST only", Allow="POST")
    if account not in settings.PROVIDER_ACCOUNTS.get("classin", {}):
        return _answer(404, 100, "no such account")
    try:
        return _take(request, account)
    except BrokenOff:
        return _answer(400, 100, "the message did not arrive whole")
    except DatabaseError:
        logger.exception("a message of ClassIn could not be stored; it will come again")
    except Exception:
        # No page of the debugger, which would show the key that the message came with.
        logger.exception("a message of ClassIn met a fault of ours; it will come again")
    return _answer(503, 104, "not stored, send again")


def _take(request: HttpRequest, name: str) -> JsonResponse:
    account = _account(name)
    if account is None:
        return _answer(404, 100, "no such account")
    secret = credentials(account).get("secret", "").strip()
    if not secret:
        return _answer(503, 104, "not connected yet, send again")
    received = _received(request)
    flood.tally.write_if_due()
    if not received.complete:
        return _unreadable(account, received, "too_long")
    try:
        message = pushes.read(received.kept)
    except pushes.Unreadable as unreadable:
        return _unreadable(account, received, f"unreadable_{unreadable.why}")
    proof = pushes.proof(message, secret)
    if proof is pushes.Proof.WRONG:
        return _turned_away(account, Kind.WRONG_KEY, 403, 102, "wrong key")
    if proof is pushes.Proof.MISSING:
        return _keyless(account, message, received)
    if not flood.signed.take(account.pk):
        return _turned_away(account, Kind.TOO_FAST, 429, 104, "too fast, send again")
    return _stored(account, received, lambda: signed_message(account, message, received.size))


def _account(name: str) -> Account | None:
    """The account, read once in each process: rows of accounts are never removed. None where there is none yet."""
    if name not in _accounts and (found := Account.objects.filter(provider="classin", name=name).first()):
        _accounts[name] = found
    return _accounts.get(name)


def _keyless(account: Account, message: dict[str, Any], received: Received) -> JsonResponse:
    """A message that proves nothing, dealt with as the operator chose."""
    choice = settings.PUSHES["without_key"]
    if choice == REFUSE:
        return _turned_away(account, Kind.NO_KEY, 403, 102, "no key")
    if not flood.unproven.take(account.pk):
        return _turned_away(account, Kind.TOO_FAST, 429, 104, "too fast, send again")
    if choice == KEEP and not has_room_for_unproven(account):
        return _turned_away(account, Kind.NO_KEY, 403, 102, "no key, and no room for more without one")
    accepted = choice == ACCEPT
    return _stored(
        account, received, lambda: keyless_message(account, message, received.size, accepted=accepted)
    )


def _unreadable(account: Account, received: Received, why: str) -> JsonResponse:
    """Acknowledged whatever happens: sent again it would be no better, and block the queue."""
    if flood.unproven.take(account.pk) and has_room_for_unproven(account):
        store(unreadable_message(account, received.kept, received.size, received.digest, why))
        return _acknowledged()
    flood.tally.add(account.pk, Kind.UNREADABLE)
    return _acknowledged()


def _stored(account: Account, received: Received, build: Callable[[], PushMessage]) -> JsonResponse:
    """Store the message. One that our own code or the database cannot take is kept as bytes: refused, it would come for ever."""
    try:
        row = build()
        store(row)
    except OperationalError:
        raise
    except Exception:
        logger.exception("a message of ClassIn could not be stored as what it is")
        store(unreadable_message(account, received.kept, received.size, received.digest, "not_storable"))
        return _acknowledged()
    if row.state == PushMessage.State.WAITING:
        transaction.on_commit(partial(waker.wake, account.pk))
    return _acknowledged()


def _turned_away(
    account: Account, kind: TurnedAway.Kind, status: int, errno: int, error: str
) -> JsonResponse:
    flood.tally.add(account.pk, kind)
    return _answer(status, errno, error)


def _acknowledged() -> JsonResponse:
    return _answer(200, 1, "ok")


def _answer(status: int, errno: int, error: str, **headers: str) -> JsonResponse:
    response = JsonResponse(pushes.answer(errno, error), status=status, headers=headers)
    # Django logs each answer of this kind; what a stranger sends is counted, and must not fill the log.
    response._has_been_logged = status < 500  # type: ignore[attr-defined]  # noqa: SLF001 - Django asks for nothing else
    return response


def _received(request: HttpRequest) -> Received:
    """Read the body, keeping no more than the limit. Raises BrokenOff."""
    most, digest, kept, size = settings.PUSHES["max_bytes"], hashlib.sha256(), bytearray(), 0
    stream = _stream(request)
    try:
        while size < MOST_READ and (piece := stream.read(PIECE)):
            size += len(piece)
            digest.update(piece)
            kept += piece[: max(0, most + 1 - len(kept))]
    except OSError as broken:
        raise BrokenOff from broken
    told = request.META.get("CONTENT_LENGTH") or ""
    length = int(told) if told.isascii() and told.isdigit() else size
    if size < min(length, MOST_READ):
        raise BrokenOff
    return Received(bytes(kept[:most]), max(size, length), digest.hexdigest(), size <= most)


def _stream(request: HttpRequest) -> Any:
    """Where the body is read from: Django reads none that comes in chunks, as its length is not told beforehand."""
    if "chunked" not in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return request
    if not request.META.get("wsgi.input_terminated"):
        raise BrokenOff
    return request.META["wsgi.input"]
