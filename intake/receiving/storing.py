"""A message becomes a row: what it is about, whether it is proven, and its text without what opens doors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from intake.models import PushMessage
from intake.receiving.fields import first_id, happened
from intake.receiving.gate import gate
from operations.accounts import credentials
from operations.models import Account
from providers.classin import pushes

START_KEPT: Final = 2_000
"""Characters kept of a message that nobody could read."""
BUSY_MILLISECONDS: Final = 4_000
"""How long SQLite's other writer is waited for; after that the message is not acknowledged and comes again."""
UNPROVEN_KEPT: Final = 5_000
"""Rows of one account that nothing proves to come from ClassIn; more are not kept, or a stranger could fill the disk."""

State, Proof = PushMessage.State, PushMessage.Proof


def signed_message(account: Account, message: Mapping[str, Any], size: int) -> PushMessage:
    """A message that proved where it comes from, or comes without a key where that is accepted."""
    body = pushes.redacted(message)
    row = _row(account, body, size, proof=Proof.SIGNED)
    if (school := pushes.plain(body.get("SID"))) and school != _own_school(account):
        return _failed(row, "other_school", school[:200])
    return row


def keyless_message(
    account: Account, message: Mapping[str, Any], size: int, *, accepted: bool
) -> PushMessage:
    """A message without a key: worked off where the operator accepts that, else kept for a person to look at."""
    row = signed_message(account, message, size)
    row.proof = Proof.MISSING
    return row if accepted or row.state == State.FAILED else _failed(row, "no_key")


def unreadable_message(account: Account, start: bytes, size: int, digest: str, why: str) -> PushMessage:
    """Bytes that are no message, or too many: what is known of them. `start` are the first ones, `digest` is of all."""
    body = {"size": size, "sha256": digest, "start": pushes.redacted_text(start, START_KEPT)}
    row = PushMessage(
        account=account,
        dedup_key=f"raw:{digest}",
        proof=Proof.UNREADABLE,
        size_bytes=min(size, 2**31 - 1),
        body=body,
    )
    return _failed(row, why)


def store(row: PushMessage) -> None:
    """Write the row unless it is there already. Raises DatabaseError when it could not be stored: then it must come again."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    try:
        with gate.storing(), transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if not PushMessage.objects.filter(account=row.account, dedup_key=row.dedup_key).exists():
            raise


def has_room_for_unproven(account: Account) -> bool:
    """Whether one more message that nothing proves may be kept: a bounded count."""
    kept = PushMessage.objects.filter(account=account, state=State.FAILED).exclude(proof=Proof.SIGNED)
    return kept.order_by()[:UNPROVEN_KEPT].count() < UNPROVEN_KEPT


def wait_limit() -> timedelta:
    """How long a message waits for what it speaks of to become known."""
    return timedelta(hours=settings.PUSHES["wait_hours"])


def _row(account: Account, body: dict[str, Any], size: int, *, proof: PushMessage.Proof) -> PushMessage:
    moment = happened(body)
    return PushMessage(
        account=account,
        dedup_key=pushes.dedup_key(body),
        cmd=pushes.plain(body.get("Cmd"))[:60],
        message_id=(pushes.message_id(body) or pushes.message_id(body, "uuid"))[:100],
        course_id=first_id(body, "CourseID", longest=40),
        class_id=first_id(body, "ClassID", longest=40),
        file_id=first_id(body, "FileId", longest=80),
        happened_at=moment and moment + timedelta(microseconds=pushes.tie_breaker(body)),
        proof=proof,
        size_bytes=size,
        body=body,
        due_at=Now(),
        wait_until=Now() + wait_limit(),
    )


def _failed(row: PushMessage, reason: str, detail: str = "") -> PushMessage:
    row.state, row.reason, row.reason_detail = State.FAILED, reason, detail
    row.due_at, row.wait_until, row.settled_at = None, None, Now()
    return row


def _own_school(account: Account) -> str:
    return credentials(account).get("sid", "").strip()
