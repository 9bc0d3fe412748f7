"""Working off an account's messages: in the order in which they came or their next try is due, by one worker at a time, in short transactions.

A message is worked off in the transaction that says so, so it happens whole or not at all, and again is harmless. What speaks
of something unknown waits, with growing pauses, and at once goes on when another message makes that known.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from audit.actors import system
from audit.services import Target, record
from intake import freshness
from intake.models import Inbox, PushMessage
from intake.receiving.audit_actions import BROUGHT
from intake.receiving.gate import gate
from intake.receiving.registry import (
    NOT_KNOWN,
    NotKnownYet,
    Push,
    Touched,
    Unusable,
    handler_of,
)
from intake.receiving.storing import wait_limit
from operations.clock import database_now
from operations.engine.work import stopping
from operations.models import Account

LEASE: Final = timedelta(seconds=60)
"""After this a worker that went silent counts as gone; each transaction renews it."""
BATCH: Final = 50
"""Messages that one transaction takes at most."""
SECONDS: Final = {"sqlite": 0.01, "postgresql": 0.25}
"""How long one transaction takes new messages: on SQLite those that arrive wait for it."""
PAUSES: Final = {"sqlite": 0.002, "postgresql": 0.0}
"""What is left to SQLite's other writers between two transactions."""
FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)
FAULTS: Final = 5
"""How often a message that met a fault of ours is tried."""

State = PushMessage.State

logger = logging.getLogger(__name__)


def work_off(account_id: int, *, seconds: float = 20.0) -> bool:
    """Work off what is due for at most about `seconds`; returns whether more is due. Comes back at once where another works."""
    until = time.monotonic() + seconds
    while (fence := _claim(account_id)) is not None:
        try:
            while time.monotonic() < until and not stopping.is_set() and _batch(account_id, fence):
                stopping.wait(PAUSES[connection.vendor])
        finally:
            _release(account_id, fence)
        # Asked after the release: whoever came meanwhile was sent away, and what brought them here is still due.
        if not due(account_id).exists():
            return False
        if time.monotonic() >= until or stopping.is_set():
            return True
    return False


def due(account_id: int) -> QuerySet[PushMessage]:
    """An account's messages whose time has come."""
    return PushMessage.objects.filter(account_id=account_id, due_at__lte=Now())


def _claim(account_id: int) -> UUID | None:
    """The right to work at this account, None while another worker has it."""
    if not due(account_id).exists():
        return None
    fence = uuid4()
    Inbox.objects.get_or_create(account_id=account_id)
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    taken = Inbox.objects.filter(free, account_id=account_id).update(fence=fence, lease_until=Now() + LEASE)
    return fence if taken else None


def _release(account_id: int, fence: UUID) -> None:
    Inbox.objects.filter(account_id=account_id, fence=fence).update(fence=None, lease_until=None)


def _batch(account_id: int, fence: UUID) -> bool:
    """Work off some messages in one transaction; False when none is due, or the right went to another worker."""
    with gate.working(), transaction.atomic():
        mine = Inbox.objects.filter(account_id=account_id, fence=fence)
        if not mine.update(lease_until=Now() + LEASE):
            return False
        messages = list(due(account_id).select_related("account").order_by("due_at", "pk")[:BATCH])
        end = time.monotonic() + SECONDS[connection.vendor]
        newest: datetime | None = None
        told: dict[int, list[Touched]] = {}
        for message in messages:
            told[message.pk] = _work(message)
            newest = max(newest or message.received_at, message.received_at)
            if time.monotonic() > end:
                break
        if newest:
            _heard(messages[0].account, newest, {row.kind for rows in told.values() for row in rows})
            _record(messages[0].account, told)
    return bool(messages)


def _record(account: Account, told: dict[int, list[Touched]]) -> None:
    """One line of the ledger for the rows that the messages of one transaction made; changes of rows have lines of their own."""
    made = {pk: [row for row in rows if row.how == "created"] for pk, rows in told.items()}
    ids = [row.provider_id for rows in made.values() for row in rows]
    if ids:
        messages = [pk for pk, rows in made.items() if rows]
        details = {"count": len(ids), "ids": ids, "messages": messages}
        record(BROUGHT, actor=system("webhook"), target=Target.of(account), details=details)


def _heard(account: Account, at: datetime, kinds: set[str]) -> None:
    """When the account was last pushed to us, and what rows of which kinds the messages spoke of."""
    Account.objects.filter(Q(pushed_at=None) | Q(pushed_at__lt=at), pk=account.pk).update(pushed_at=at)
    for kind in sorted(kinds):
        freshness.note(account, kind, freshness.How.PUSHED, at)


def _work(message: PushMessage) -> list[Touched]:
    """Work off one message and write down what came of it, inside the caller's transaction; returns the rows it spoke of."""
    handler = handler_of(message.cmd)
    if handler is None:
        _settle(message, State.KEPT)
        return []
    wanting = ""
    try:
        with transaction.atomic():
            try:
                rows = handler(_as_push(message))
            except NotKnownYet as unknown:
                wanting, rows = unknown.code, unknown.rows
    except Unusable as unusable:
        _settle(message, State.FAILED, reason="unusable", detail=unusable.part)
    except Exception as fault:
        # The queue goes on: a fault of ours in one message must not keep the others.
        logger.exception("message %s of ClassIn could not be worked off", message.pk)
        _retry_later(message, type(fault).__name__)
    else:
        if wanting:
            _wait(message, wanting, rows)
        else:
            _settle(message, State.APPLIED, rows=rows)
        _go_on(message, rows)
        return rows
    return []


def _as_push(message: PushMessage) -> Push:
    """`at` is when it happened, but never after it arrived: ClassIn's clock may be ahead of ours."""
    at = message.received_at
    if message.happened_at is not None:
        at = min(message.happened_at, at)
    return Push(
        account=message.account,
        cmd=message.cmd,
        course_id=message.course_id,
        class_id=message.class_id,
        file_id=message.file_id,
        at=at,
        body=message.body,
    )


def _settle(
    message: PushMessage,
    state: PushMessage.State,
    *,
    reason: str = "",
    detail: str = "",
    rows: list[Touched] | None = None,
) -> None:
    PushMessage.objects.filter(pk=message.pk).update(
        state=state,
        reason=reason,
        reason_detail=detail[:200],
        tries=F("tries") + 1,
        due_at=None,
        settled_at=Now(),
        changed=[row.stored() for row in rows or ()],
    )


def _wait(message: PushMessage, code: str, rows: list[Touched]) -> None:
    """Try again later, for as long as the message may wait; then it has failed, and a person decides."""
    now = database_now()
    until = message.wait_until or message.received_at + wait_limit()
    if now >= until:
        _settle(message, State.FAILED, reason=code, rows=rows)
        return
    _later(message, code, "", min(now + _pause(message.tries), until))


def _retry_later(message: PushMessage, name: str) -> None:
    if message.tries + 1 >= FAULTS:
        _settle(message, State.FAILED, reason="fault", detail=name)
    else:
        _later(message, "fault", name, database_now() + _pause(message.tries))


def _later(message: PushMessage, reason: str, detail: str, due_at: datetime) -> None:
    PushMessage.objects.filter(pk=message.pk).update(
        reason=reason, reason_detail=detail[:200], tries=F("tries") + 1, due_at=due_at
    )


def _pause(tries: int) -> timedelta:
    """10 s, 40 s, 160 s, ... an hour."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * int(4 ** min(tries, 10)))


def _go_on(message: PushMessage, rows: list[Touched]) -> None:
    """What waited for the rows that this message made goes on now, and so does what failed for want of them."""
    made = {row.kind: row.provider_id for row in rows if row.how == "created"}
    about = Q()
    if class_id := made.get("courses.courseclass"):
        about |= Q(class_id=class_id)
    if course_id := made.get("courses.course"):
        about |= Q(course_id=course_id)
    if not about:
        return
    wanting = PushMessage.objects.filter(
        about, account_id=message.account_id, state__in=[State.WAITING, State.FAILED], reason__in=NOT_KNOWN
    )
    wanting.update(
        state=State.WAITING,
        due_at=Now(),
        settled_at=None,
        wait_until=Now() + wait_limit(),
    )
