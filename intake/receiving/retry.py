"""Having failed messages worked off again, by a person."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from audit.actors import Actor
from audit.denials import Denied
from audit.services import Entry, Target, record_many
from intake.models import PushMessage
from intake.receiving.audit_actions import RETRIED, RETRY_DENIED
from intake.receiving.storing import wait_limit
from intake.receiving.waking import waker
from operations.person import Person

PERMISSION: Final = "intake.retry_message"
BATCH: Final = 500
"""Messages that one round of statements takes."""

State, Proof = PushMessage.State, PushMessage.Proof


def check_may_retry(user: Person) -> None:
    """Raise Denied, which is kept, unless the person may."""
    if not user.has_perm(PERMISSION):
        raise Denied(RETRY_DENIED, details={"why": "no_permission"})


def can_be_retried(message: PushMessage) -> bool:
    """Whether trying this one again makes sense: it failed, and it could be read. Another school's is never ours."""
    return (
        message.state == State.FAILED
        and message.proof != Proof.UNREADABLE
        and message.reason != "other_school"
    )


def retry(selection: QuerySet[PushMessage], *, actor: Actor, user: Person) -> int:
    """Let those of the messages that failed and could be read be worked off again; returns how many. One record each.

    One that came without a key is worked off as well: the person who asks for it has looked at it.
    """
    check_may_retry(user)
    failed = (
        selection.filter(state=State.FAILED).exclude(proof=Proof.UNREADABLE).exclude(reason="other_school")
    )
    ids = list(failed.order_by("pk").values_list("pk", flat=True))
    count = 0
    for start in range(0, len(ids), BATCH):
        with transaction.atomic():
            count += _batch(ids[start : start + BATCH], actor)
    return count


def _batch(ids: list[int], actor: Actor) -> int:
    rows: Any = PushMessage.objects.select_for_update().filter(pk__in=ids, state=State.FAILED).order_by("pk")
    messages = list(rows.defer("body"))
    PushMessage.objects.filter(pk__in=[message.pk for message in messages]).update(
        state=State.WAITING,
        tries=0,
        due_at=Now(),
        settled_at=None,
        wait_until=Now() + wait_limit(),
    )
    record_many(
        [
            Entry(action=RETRIED, actor=actor, target=Target.of(message), details={"reason": message.reason})
            for message in messages
        ]
    )
    for account_id in {message.account_id for message in messages}:
        transaction.on_commit(partial(waker.wake, account_id))
    return len(messages)
