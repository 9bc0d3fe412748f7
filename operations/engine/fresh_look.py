"""A fresh look: asking the providers, by reading calls alone, what of a plan is still there.

The database is the truth: an open look has a lease, and each item remembers what was told of it. Whoever comes after a
crash goes on with the items that nothing was told of yet. What is gone is left out of the plan, and the mirror learns it.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.denials import Denied
from audit.services import Entry, record_many
from operations.accounts import client_for
from operations.audit_actions import LOOK_ASKED, LOOK_ENDED
from operations.clock import database_now
from operations.engine import pace
from operations.engine.claim import lease
from operations.engine.confirm import operations_of, target_of
from operations.engine.refusals import Refused
from operations.engine.wake import queue
from operations.models import Account, FreshLook, Item, Run
from operations.operation import Operation, Settled, Verdict
from operations.person import Person
from operations.registry import registry
from operations.states import ItemState, Outcome, Presence, RunState
from providers.codes import CodeClass
from providers.outcome import NotConnected, ProviderError

logger = logging.getLogger(__name__)

_PATIENCE = 2.0
"""Seconds that a worker waits for the pace before it gives its place away."""
_NO_USE = frozenset({CodeClass.CREDENTIALS, CodeClass.MAINTENANCE})
"""After such an answer nothing more is asked of the account: Huawei locks a key after five refusals."""


def ask_fresh_look(run: Run, *, actor: Actor, user: Person) -> FreshLook:
    """Have the providers asked what of this plan is still there; the answer comes later, from a worker.

    Raises Denied for somebody who may not, Refused when it is no plan any more, nothing in it can be read, or a look is
    under way.
    """
    operations = operations_of(run)
    for operation in operations:
        if run.requested_by_id != user.pk or not user.has_perm(operation.permission):
            raise Denied(operation.audit["denied"], details={"why": "no_permission"})
    with transaction.atomic():
        if not Run.objects.select_for_update().filter(pk=run.pk, state=RunState.DRAFT).exists():
            raise Refused("not_a_draft", _("This plan was already confirmed or discarded."))
        if FreshLook.objects.filter(run=run, ended_at=None).exists():
            raise Refused("look_under_way", _("The providers are being asked already."))
        Item.objects.filter(run=run).exclude(looked="").update(looked="")
        count = _to_ask(run).count()
        if not count:
            raise Refused("not_readable", _("Nothing in this plan can be looked up at its provider."))
        look = FreshLook.objects.create(
            run=run, asked_by_id=user.pk, asked_name=actor.name, request_id=actor.request_id
        )
        record_many([Entry(action=LOOK_ASKED, actor=actor, run_id=run.pk, details={"count": count})])
        transaction.on_commit(lambda: _queue(look.pk))
    return look


def look_on(look_id: int, *, seconds: float = 60.0) -> datetime | None:
    """Read on for at most about `seconds`; returns when to come back, None when the look is over or somebody else's."""
    until = time.monotonic() + seconds
    while True:
        step = _take(look_id)
        if step.batch is not None:
            _write(look_id, step.batch, *_read(step.batch))
        elif step.next_at is None:
            return None
        else:
            pause = (step.next_at - database_now()).total_seconds()
            if pause > _PATIENCE:
                return step.next_at
            time.sleep(max(0.0, pause))
        if time.monotonic() >= until:
            return database_now()


def wake_looks() -> None:
    """Wake the looks that are due and nobody's: a lost message and a dead worker are made up for here."""
    now = database_now()
    due = FreshLook.objects.filter(ended_at=None, due_at__lte=now)
    for pk in due.filter(Q(lease_until=None) | Q(lease_until__lt=now)).values_list("pk", flat=True):
        _queue(pk)


def figures(run: Run) -> dict[str, int]:
    """What the look told so far: items by presence, those that cannot be read, and those still to be asked about."""
    readable = [operation.key for operation in operations_of(run) if operation.readable]
    asked = Item.objects.filter(run=run).aggregate(
        gone=Count("pk", filter=Q(looked=Presence.GONE)),
        there=Count("pk", filter=Q(looked=Presence.THERE)),
        unclear=Count("pk", filter=Q(looked=Presence.UNCLEAR)),
        unreadable=Count("pk", filter=Q(left_out="") & ~Q(operation__in=readable)),
        waiting=Count("pk", filter=Q(left_out="", looked="", operation__in=readable)),
    )
    return {name: int(count) for name, count in asked.items()}


@dataclass(frozen=True, slots=True)
class _Batch:
    """Items that one reading call tells about."""

    operation: Operation
    account: Account
    items: Sequence[Item]
    fence: uuid.UUID


@dataclass(frozen=True, slots=True)
class _Step:
    """What is to be done next: read this batch, or come back then; neither, when nothing is left for us."""

    batch: _Batch | None = None
    next_at: datetime | None = None


def _queue(look_id: int) -> None:
    from operations.tasks import look_fresh  # noqa: PLC0415 - tasks are the thin shell around the engine

    queue(look_fresh.delay, look_id, what=f"look {look_id}")


def _to_ask(run: Run) -> QuerySet[Item]:
    readable = [operation.key for operation in operations_of(run) if operation.readable]
    return Item.objects.filter(
        run=run, state=ItemState.PLANNED, left_out="", looked="", operation__in=readable
    )


def _take(look_id: int) -> _Step:
    """In one short transaction: the lease, the next items, and a place in the account's pace."""
    with transaction.atomic():
        look = FreshLook.objects.select_for_update().get(pk=look_id)
        now = database_now()
        if look.ended_at is not None or (look.lease_until is not None and look.lease_until > now):
            return _Step()
        run = Run.objects.get(pk=look.run_id)
        first = _to_ask(run).order_by("account_id", "operation", "container_key", "pk").first()
        if run.state != RunState.DRAFT or first is None:
            _end(look, run, now)
            return _Step()
        grant = pace.take(first.account_id, 1, now)
        if not grant.requests:
            look.due_at = grant.next_at or now
            look.save(update_fields=["due_at"])
            return _Step(next_at=look.due_at)
        look.fence, look.lease_until, look.due_at = uuid.uuid4(), now + lease(), now
        look.save(update_fields=["fence", "lease_until", "due_at"])
        operation = registry[first.operation]
        account = Account.objects.get(pk=first.account_id)
        return _Step(_Batch(operation, account, _batch_of(run, first, operation), look.fence))


def _batch_of(run: Run, first: Item, operation: Operation) -> list[Item]:
    """The items that lie in the first container, and in as many more as one call may ask about."""
    mine = _to_ask(run).filter(account_id=first.account_id, operation=first.operation)
    keys = mine.order_by("container_key").values_list("container_key", flat=True).distinct()
    return list(mine.filter(container_key__in=list(keys[: operation.containers_per_look])).order_by("pk"))


def _read(batch: _Batch) -> tuple[dict[int, Presence], ProviderError | None]:
    """One reading call, without a transaction. What it says nothing clear about, or an error of any kind, is unclear."""
    try:
        return batch.operation.still_there(client_for(batch.account), batch.items), None
    except ProviderError as answer:
        return {}, answer
    except Exception:
        logger.exception("A fresh look failed in our own code")
        return {}, None


def _write(look_id: int, batch: _Batch, found: dict[int, Presence], error: ProviderError | None) -> None:
    """Write down what one call told, under the fence of the lease; the plan and the mirror learn what is gone."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(fresh_looks=look_id)
        look = FreshLook.objects.select_for_update().get(pk=look_id)
        if look.fence != batch.fence:
            return
        look.fence = look.lease_until = None
        look.save(update_fields=["fence", "lease_until"])
        if run.state != RunState.DRAFT:
            return
        _heed(run, batch, error)
        told = {item.pk: found.get(item.pk, Presence.UNCLEAR) for item in batch.items}
        for presence in Presence:
            ids = [pk for pk, seen in told.items() if seen == presence]
            Item.objects.filter(pk__in=ids).update(looked=presence)
        _leave_out_gone(run, look, batch, [item for item in batch.items if told[item.pk] == Presence.GONE])


def _heed(run: Run, batch: _Batch, error: ProviderError | None) -> None:
    """Account-wide consequences of an error: a wait that was asked for, or no use in asking on."""
    if error is None:
        return
    if error.retry_after:
        pace.block(batch.account.pk, database_now() + timedelta(seconds=error.retry_after))
    if isinstance(error, NotConnected) or error.code.kind in _NO_USE:
        _to_ask(run).filter(account=batch.account).update(looked=Presence.UNCLEAR)


def _leave_out_gone(run: Run, look: FreshLook, batch: _Batch, gone: list[Item]) -> None:
    """Nothing is sent for these any more. A page that still shows them in the plan can no longer confirm."""
    if not gone:
        return
    Item.objects.filter(pk__in=[item.pk for item in gone]).update(left_out="already_gone")
    Run.objects.filter(pk=run.pk).update(token=uuid.uuid4())
    targets = batch.operation.targets(gone)
    verdict = Verdict(Outcome.ALREADY, kind=CodeClass.ALREADY)
    batch.operation.apply([Settled(item, targets.get(item.target_id), verdict) for item in gone])
    record_many(
        [
            Entry(
                action=batch.operation.audit["skipped"],
                actor=_for(look),
                target=target_of(item),
                run_id=run.pk,
                item_id=item.pk,
                provider=batch.operation.provider,
                details={"why": "already_gone", "identity": item.identity},
            )
            for item in gone
        ]
    )


def _end(look: FreshLook, run: Run, now: datetime) -> None:
    told = figures(run)
    told.pop("waiting")
    for name, count in told.items():
        setattr(look, name, count)
    look.ended_at, look.fence, look.lease_until = now, None, None
    look.save()
    record_many([Entry(action=LOOK_ENDED, actor=_for(look), run_id=run.pk, details=told)])


def _for(look: FreshLook) -> Actor:
    """The person who asked for the look, acting through a worker."""
    return Actor(user_id=look.asked_by_id, name=look.asked_name, via="worker", request_id=look.request_id)
