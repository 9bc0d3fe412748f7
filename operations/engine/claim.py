"""Claiming: in one short transaction the last questions are asked, items get a lease and a fence, attempts are recorded."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, QuerySet

from audit.actors import Actor
from audit.services import Entry, record_many
from operations.clock import database_now
from operations.engine import finish, pace, waiting
from operations.engine.confirm import target_of
from operations.engine.digest import are_confirmed, kept_digest
from operations.engine.gate import pass_the_gate
from operations.engine.lost import unless_lost
from operations.engine.policy import policy
from operations.holds import held_ids
from operations.models import Attempt, Item, Run, StopSwitch
from operations.operation import Operation
from operations.registry import registry
from operations.states import Halt, ItemState, Outcome, RunState

_MOST_IN_A_REQUEST = 100


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP call to be made: its attempt's row is committed, its items are ours until the lease runs out."""

    operation: Operation
    items: Sequence[Item]
    attempt: Attempt
    fence: uuid.UUID


@dataclass(slots=True)
class Claim:
    """What a claim brought: requests to send now, or when to come back (None: nothing is due here any more)."""

    requests: list[Request] = field(default_factory=list)
    next_at: datetime | None = None


def lease() -> timedelta:
    return timedelta(seconds=settings.OPERATIONS["lease_seconds"])


def claim(run_id: int, account_id: int, want: int) -> Claim:
    """Claim up to `want` requests of this run at this account. Everything that may forbid a call is asked here again."""
    with transaction.atomic():
        pass_the_gate()
        run = Run.objects.select_for_update().get(pk=run_id)
        now = database_now()
        states = _claimable(run, now)
        if not states:
            counting_down = run.state == RunState.COUNTING_DOWN
            return Claim(next_at=waiting.goes_at(run, now, policy())[0] if counting_down else None)
        due = _due(run, account_id, now, want, states)
        if not due:
            return Claim(next_at=_next_due(run, account_id, states))
        queued = [item for item in due if item.state == ItemState.QUEUED]
        if not are_confirmed(run, queued):
            finish.halt(run, Halt.LIST_CHANGED, now=now)
            return Claim()
        sendable = _leave_out(run, queued, now)
        looking = [item for item in due if item.state == ItemState.LOOKING]
        requests = _pack(sendable)[:want]
        looks = [(registry[item.operation], [item]) for item in looking][: want - len(requests)]
        grant = pace.take(account_id, len(requests) + len(looks), now)
        if not grant.requests:
            return Claim(next_at=grant.next_at or now)
        requests, looks = requests[: grant.requests], looks[: max(0, grant.requests - len(requests))]
        fence = uuid.uuid4()
        claimed = [
            _take(run, account_id, now, fence, operation, items, look=False) for operation, items in requests
        ]
        claimed += [
            _take(run, account_id, now, fence, operation, items, look=True) for operation, items in looks
        ]
        _write(run, claimed, fence, now)
        return Claim(claimed, next_at=now)


def _claimable(run: Run, now: datetime) -> list[ItemState]:
    """Which items may be claimed: a cancelled or switched-off run still looks up lost answers and sends nothing.

    So does one that is running when quiet hours begin, until they end.
    """
    if run.state == RunState.CANCELLED or (run.state == RunState.HALTED and run.halt == Halt.SWITCH):
        return [ItemState.LOOKING]
    if run.state == RunState.RUNNING and waiting.waits_for_quiet_hours(run, now):
        return [ItemState.LOOKING]
    return [ItemState.QUEUED, ItemState.LOOKING] if _may_go_on(run, now) else []


def _may_go_on(run: Run, now: datetime) -> bool:
    """Waiting time, state, approval, stop switch: asked at every claim; says no and, where due, halts the run."""
    waiting.start(run, now)
    if run.state != RunState.RUNNING or run.not_before is None or run.not_before > now:
        return False
    if run.needs_approval and (run.approved_by_id is None or run.approved_digest != run.digest):
        return False
    destructive = any(registry[key].risk.destructive for key in run.operations)
    if destructive and StopSwitch.is_on():
        finish.halt(run, Halt.SWITCH, now=now)
        return False
    if kept_digest(run) != run.digest:
        finish.halt(run, Halt.LIST_CHANGED, now=now)
        return False
    return True


def _due(run: Run, account_id: int, now: datetime, want: int, states: list[ItemState]) -> list[Item]:
    """Due items, enough to fill `want` requests even where a request carries many, and few more than that."""
    due = Item.objects.select_for_update(skip_locked=True).filter(
        run=run, account_id=account_id, due_at__lte=now, fence=None, confirmed=True
    )
    # One state at a time and in the index's own order: a run of 100,000 items is not sorted for every claim.
    found: list[Item] = []
    for state in states:
        if len(found) < want:
            found += _enough(due.filter(state=state).order_by("due_at", "pk"), want - len(found))
    return found


def _enough(due: QuerySet[Item], want: int) -> list[Item]:
    """The first items that make `want` requests: one more request than that shows that the last of them is full."""
    limit = want + 1
    while True:
        found = list(due[:limit])
        if len(found) < limit or limit >= want * _MOST_IN_A_REQUEST or len(_pack(found)) > want:
            return found
        limit *= 4


def _next_due(run: Run, account_id: int, states: list[ItemState]) -> datetime | None:
    waiting = Item.objects.filter(
        run=run, account_id=account_id, state__in=states, fence=None, confirmed=True
    )
    return waiting.order_by("due_at").values_list("due_at", flat=True).first()


def _leave_out(run: Run, items: list[Item], now: datetime) -> list[Item]:
    """Settle as left out what is held now or what the person may no longer do; return the rest."""
    person = get_user_model().objects.get(pk=run.maker_id)
    going: list[Item] = []
    for key in run.operations:
        operation = registry[key]
        mine = [item for item in items if item.operation == key]
        if not mine:
            continue
        if not person.is_active or not person.has_perm(operation.permission):
            _skip(run, operation, mine, "no_permission", now)
            continue
        on_hold = held_ids(operation, [item.target_id for item in mine])
        _skip(run, operation, [item for item in mine if item.target_id in on_hold], "held", now)
        going += [item for item in mine if item.target_id not in on_hold]
    return going


def _skip(run: Run, operation: Operation, items: list[Item], reason: str, now: datetime) -> None:
    if not items:
        return
    Item.objects.filter(pk__in=[item.pk for item in items], state=ItemState.QUEUED).update(
        state=ItemState.SETTLED, outcome=unless_lost(Outcome.SKIPPED), left_out=reason, settled_at=now
    )
    record_many(
        [
            Entry(
                action=operation.audit["skipped"],
                actor=worker_for(run),
                target=target_of(item),
                run_id=run.pk,
                item_id=item.pk,
                provider=operation.provider,
                details={"why": reason},
            )
            for item in items
        ]
    )
    transaction.on_commit(lambda: finish.finish_if_over(run.pk))


def _pack(items: list[Item]) -> list[tuple[Operation, list[Item]]]:
    packed: list[tuple[Operation, list[Item]]] = []
    for key in dict.fromkeys(item.operation for item in items):
        operation = registry[key]
        packed += [
            (operation, group) for group in operation.pack([item for item in items if item.operation == key])
        ]
    return packed


def _take(
    run: Run,
    account_id: int,
    now: datetime,
    fence: uuid.UUID,
    operation: Operation,
    items: list[Item],
    *,
    look: bool,
) -> Request:
    purpose = Attempt.Purpose.LOOK if look else Attempt.Purpose.SEND
    attempt = Attempt(
        id=uuid.uuid4(),
        run=run,
        account_id=account_id,
        operation=operation.key,
        purpose=purpose,
        started_at=now,
    )
    return Request(operation, items, attempt, fence)


def _write(run: Run, requests: list[Request], fence: uuid.UUID, now: datetime) -> None:
    """Lease, fence, attempts and their records, in a handful of statements whatever the number of requests."""
    by_purpose = {
        purpose: [
            item.pk for request in requests if request.attempt.purpose == purpose for item in request.items
        ]
        for purpose in Attempt.Purpose
    }
    sending = by_purpose[Attempt.Purpose.SEND]
    taken = Item.objects.filter(pk__in=sending, state=ItemState.QUEUED, fence=None).update(
        state=ItemState.SENDING, fence=fence, lease_until=now + lease(), attempts_made=F("attempts_made") + 1
    )
    looking = by_purpose[Attempt.Purpose.LOOK]
    taken += Item.objects.filter(pk__in=looking, state=ItemState.LOOKING, fence=None).update(
        fence=fence, lease_until=now + lease(), looks_made=F("looks_made") + 1
    )
    if taken != len(sending) + len(looking):
        raise RuntimeError(
            f"run {run.pk}: another worker holds {len(sending) + len(looking) - taken} of our items"
        )
    for request in requests:
        request.operation.prepare(request.items)
        for item in request.items:
            _advance(item, request.attempt.purpose)
    Attempt.objects.bulk_create([request.attempt for request in requests])
    through = Attempt.items.through
    through.objects.bulk_create(
        [
            through(attempt_id=request.attempt.pk, item_id=item.pk)
            for request in requests
            for item in request.items
        ]
    )
    record_many(
        [
            Entry(
                action=request.operation.audit[
                    "attempted" if request.attempt.purpose == Attempt.Purpose.SEND else "looked"
                ],
                actor=worker_for(run),
                approver_name=run.approved_name,
                target=target_of(item),
                reason=run.reason,
                run_id=run.pk,
                item_id=item.pk,
                attempt_id=request.attempt.pk,
                provider=request.operation.provider,
                details={"identity": item.identity},
            )
            for request in requests
            for item in request.items
        ]
    )


def _advance(item: Item, purpose: str) -> None:
    """The same change on the object that the UPDATE made in the row."""
    if purpose == Attempt.Purpose.SEND:
        item.state = ItemState.SENDING
        item.attempts_made += 1
    else:
        item.looks_made += 1


def worker_for(run: Run, via: str = "worker") -> Actor:
    """The person who asked for the run, acting through a worker."""
    return Actor(user_id=run.requested_by_id, name=run.requested_name, via=via, request_id=run.request_id)
