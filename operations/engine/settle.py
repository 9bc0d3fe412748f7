"""Settling: item outcome, mirror change and audit record in one transaction, under the fence of the claim."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import Entry, record_many
from operations.clock import database_now
from operations.engine import finish, pace
from operations.engine.claim import Request, worker_for
from operations.engine.confirm import target_of
from operations.engine.send import Answer, Broken
from operations.models import Account, Attempt, Item, Run
from operations.operation import Look, Operation, Seen, Settled, Verdict
from operations.registry import registry
from operations.states import Halt, ItemState, Outcome, Resend, RunState
from providers.codes import CodeClass
from providers.outcome import (
    Ambiguous,
    Exchange,
    InvalidRequest,
    NotConnected,
    NotSent,
    ProviderError,
    Rejected,
    Reply,
)

TRIES = 5
"""How often an item is sent before a provider that never answers, or always says "later", is believed."""
LOOKS = 2
"""How many looks must have told that it has not happened before the sending counts as without effect."""

_HALTS = {CodeClass.CREDENTIALS: Halt.CREDENTIALS, CodeClass.MAINTENANCE: Halt.MAINTENANCE}


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one item: settled with a verdict, queued again, or looked up; each with its audit ending."""

    state: ItemState
    ending: str
    verdict: Verdict
    due_in: float = 0.0
    note: str = ""
    looked: bool = False
    """Whether this was a look that told that it has not happened; one without an answer proves nothing."""


@dataclass(slots=True)
class Judged:
    """What a batch of answers means beyond its items: is a halt needed, which items have no clear answer."""

    halt: Halt | None = None
    halt_detail: str = ""
    unknown: set[int] = field(default_factory=set)


def settle(run_id: int, answers: Sequence[tuple[Request, Answer]]) -> Judged:
    """Write down what came of these requests. Items that somebody else took over meanwhile get a `late` record only."""
    judged = Judged()
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        now = database_now()
        for request, answer in answers:
            _close(request.attempt, exchange_of(answer), now)
            _remember(request, answer, judged, now)
        _accepted([request.attempt.account_id for request, answer in answers if isinstance(answer, Reply)])
        _save_attempts([request.attempt for request, _answer in answers])
        decided = [
            (
                request,
                item,
                _within(run, item, decide_item(request.operation, item, answer, look=_is_look(request))),
                exchange_of(answer),
            )
            for request, answer in answers
            for item in request.items
        ]
        judged.unknown = {item.pk for _request, item, decision, _exchange in decided if _is_unknown(decision)}
        _write(run, decided, now)
        if judged.halt:
            finish.halt(run, judged.halt, detail=judged.halt_detail, now=now)
    finish.finish_if_over(run_id)
    return judged


def exchange_of(answer: Answer) -> Exchange | None:
    return None if isinstance(answer, Broken) else answer.exchange


def _is_unknown(decision: Decision) -> bool:
    return decision.verdict.outcome == Outcome.UNKNOWN


def _is_look(request: Request) -> bool:
    return request.attempt.purpose == Attempt.Purpose.LOOK


def _close(attempt: Attempt, exchange: Exchange | None, now: datetime) -> None:
    attempt.ended_at = now
    if exchange:
        attempt.call = exchange.call[:100]
        attempt.sent = exchange.sent
        attempt.http_status = exchange.http_status
        attempt.code = exchange.code[:60]
        attempt.message = exchange.message[:500]
        attempt.provider_request_id = exchange.request_id[:100]
        attempt.elapsed_ms = exchange.elapsed_ms


def _save_attempts(attempts: list[Attempt]) -> None:
    """One upsert for the batch: the rows exist, each gets its own values."""
    columns = [
        "ended_at",
        "call",
        "sent",
        "http_status",
        "code",
        "message",
        "provider_request_id",
        "elapsed_ms",
    ]
    Attempt.objects.bulk_create(attempts, update_conflicts=True, unique_fields=["id"], update_fields=columns)


def _remember(request: Request, answer: Answer, judged: Judged, now: datetime) -> None:
    """Account-wide consequences of one answer: a wait that the provider asked for, credentials that it refused."""
    account_id = request.attempt.account_id
    if isinstance(answer, Reply | Seen):
        return
    if isinstance(answer, Rejected | Ambiguous) and answer.retry_after:
        pace.block(account_id, now + timedelta(seconds=answer.retry_after))
    if isinstance(answer, NotConnected):
        judged.halt, judged.halt_detail = Halt.NOT_CONNECTED, str(answer.code.meaning.en)
    elif isinstance(answer, Rejected | NotSent) and answer.code.kind in _HALTS:
        judged.halt, judged.halt_detail = (
            _HALTS[answer.code.kind],
            f"{answer.code.value} {answer.exchange.message}".strip(),
        )
        if answer.code.kind is CodeClass.CREDENTIALS:
            Account.objects.filter(pk=account_id).update(refused_at=now, refused_code=answer.code.value[:60])


def _accepted(account_ids: Sequence[int]) -> None:
    """These accounts' credentials work, whatever was refused before."""
    if account_ids:
        Account.objects.filter(pk__in=set(account_ids), refused_at__isnull=False).update(
            refused_at=None, refused_code=""
        )


def decide_item(operation: Operation, item: Item, answer: Answer, *, look: bool) -> Decision:
    """What one answer means for one item. Pure: reads nothing, writes nothing."""
    if look:
        return _after_look(item, answer)
    if isinstance(answer, Reply):
        return _after_reply(operation, item, operation.read(item, answer))
    if isinstance(answer, Broken | Seen):
        return _lost(
            operation,
            item,
            Verdict(Outcome.UNKNOWN, "internal", _("Our own program failed during the call.")),
        )
    verdict = _verdict_of(answer)
    if isinstance(answer, Ambiguous):
        return _lost(operation, item, verdict)
    later = not isinstance(answer, InvalidRequest | NotConnected) and (
        isinstance(answer, NotSent) or answer.code.kind is CodeClass.RETRY_LATER
    )
    if later and item.attempts_made < TRIES:
        return Decision(
            ItemState.QUEUED, "deferred", verdict, due_in=_backoff(item.attempts_made, answer.retry_after)
        )
    if isinstance(answer, NotConnected) or answer.code.kind in _HALTS:
        # The provider did nothing and the run halts: the item waits for somebody to mend the cause.
        return Decision(ItemState.QUEUED, "deferred", verdict)
    if item.outcome == Outcome.UNKNOWN:
        # An earlier answer was lost: that this repeat did nothing says nothing about the first sending.
        return Decision(ItemState.SETTLED, "unknown", replace(verdict, outcome=Outcome.UNKNOWN))
    return Decision(ItemState.SETTLED, verdict.outcome.value, verdict)


def _within(run: Run, item: Item, decision: Decision) -> Decision:
    """A cancelled run sends nothing again: what would be queued is cancelled, or stays unknown for a person."""
    if run.state != RunState.CANCELLED or decision.state != ItemState.QUEUED:
        return decision
    if Outcome.UNKNOWN in (decision.verdict.outcome, item.outcome):
        return Decision(ItemState.SETTLED, "unknown", replace(decision.verdict, outcome=Outcome.UNKNOWN))
    verdict = Verdict(Outcome.CANCELLED, decision.verdict.code, decision.verdict.message)
    return Decision(ItemState.SETTLED, "cancelled", verdict)


def _verdict_of(answer: ProviderError) -> Verdict:
    outcome = (
        Outcome.UNKNOWN
        if isinstance(answer, Ambiguous)
        else Outcome.REJECTED
        if isinstance(answer, Rejected)
        else Outcome.NOT_SENT
    )
    return Verdict(
        outcome, answer.code.value, answer.exchange.message, answer.code.field or "", answer.code.kind
    )


def _after_reply(operation: Operation, item: Item, verdict: Verdict) -> Decision:
    if verdict.outcome == Outcome.UNKNOWN:
        return _lost(operation, item, verdict)
    was_lost = item.outcome == Outcome.UNKNOWN
    if verdict.outcome == Outcome.ALREADY and was_lost and verdict.code in operation.proof_codes:
        proven = Verdict(Outcome.DONE, verdict.code, verdict.message, kind=verdict.kind)
        return Decision(
            ItemState.SETTLED, "succeeded", proven, note=_("The repeat proves that the first sending worked.")
        )
    ending = "succeeded" if verdict.outcome == Outcome.DONE else verdict.outcome.value
    return Decision(ItemState.SETTLED, ending, verdict)


def _lost(operation: Operation, item: Item, verdict: Verdict) -> Decision:
    """It may have happened: look it up, let a repeat prove it, or leave it to a person. Never assumed, never blind."""
    wait = settings.OPERATIONS["look_seconds"] * 4**item.looks_made
    if operation.resend is Resend.AFTER_LOOKING and item.looks_made < TRIES:
        return Decision(ItemState.LOOKING, "unknown", verdict, due_in=wait)
    if operation.resend is Resend.ANSWER_PROVES and item.attempts_made < TRIES:
        return Decision(
            ItemState.QUEUED,
            "unknown",
            verdict,
            due_in=wait,
            note=_("A repeat will show whether the first sending worked."),
        )
    return Decision(ItemState.SETTLED, "unknown", verdict)


def _after_look(item: Item, answer: Answer) -> Decision:
    wait = settings.OPERATIONS["look_seconds"] * 4**item.looks_made
    unclear = Verdict(Outcome.UNKNOWN, item.code, item.message)
    if isinstance(answer, Seen) and answer.look is Look.HAPPENED:
        verdict = Verdict(Outcome.DONE, item.code, item.message)
        return Decision(
            ItemState.SETTLED, "succeeded", verdict, note=_("Looked up at the provider: it has happened.")
        )
    if isinstance(answer, Seen) and answer.look is Look.WAS_SO:
        verdict = Verdict(Outcome.ALREADY, item.code, item.message)
        return Decision(
            ItemState.SETTLED, "already", verdict, note=_("Looked up at the provider: it was so before us.")
        )
    told = isinstance(answer, Seen) and answer.look is Look.NOT_HAPPENED
    if told and item.looks_answered + 1 >= LOOKS:
        verdict = Verdict(Outcome.NOT_SENT, item.code, item.message, kind=CodeClass.RETRY_LATER)
        note = _("Looked up twice at the provider: it has not happened.")
        return Decision(ItemState.SETTLED, "not_sent", verdict, note=note, looked=True)
    if item.looks_made < TRIES:
        return Decision(ItemState.LOOKING, "unknown", unclear, due_in=wait, looked=told)
    note = _("Looking it up did not settle it.")
    return Decision(ItemState.SETTLED, "unknown", unclear, note=note, looked=told)


def _backoff(attempts: int, retry_after: float | None) -> float:
    base = min(60.0, 2.0**attempts)
    return max(retry_after or 0.0, base * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret


Decided = tuple[Request, Item, Decision, "Exchange | None"]


def _write(run: Run, decided: Sequence[Decided], now: datetime) -> None:
    fences = {request.fence for request, *_rest in decided}
    ours = set(
        Item.objects.select_for_update()
        .filter(pk__in=[item.pk for _request, item, *_rest in decided], fence__in=fences)
        .values_list("pk", flat=True)
    )
    _write_items([(item, decision) for _r, item, decision, _e in decided if item.pk in ours], now)
    _apply([(item, decision) for _r, item, decision, _e in decided if item.pk in ours])
    record_many(
        [
            _entry(run, request, item, decision, exchange, late=item.pk not in ours)
            for request, item, decision, exchange in decided
        ]
    )


def _write_items(decided: Sequence[tuple[Item, Decision]], now: datetime) -> None:
    """One UPDATE for each distinct result, however many items share it."""
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for item, decision in decided:
        note = decision.note or item.note
        groups[
            (
                decision.state,
                decision.verdict,
                decision.due_in,
                note,
                _shown_outcome(item, decision),
                item.looks_answered + decision.looked,
            )
        ].append(item.pk)
    for (state, verdict, due_in, note, outcome, answered), ids in groups.items():
        settled = state == ItemState.SETTLED
        Item.objects.filter(pk__in=ids).update(
            state=state,
            outcome=outcome,
            code=verdict.code[:60],
            message=verdict.message[:500],
            field=verdict.field[:60],
            note=note[:300],
            looks_answered=answered,
            due_at=None if settled else now + timedelta(seconds=due_in),
            settled_at=now if settled else None,
            fence=None,
            lease_until=None,
        )


def _shown_outcome(item: Item, decision: Decision) -> str:
    """An item that goes on stays unknown once an answer of it was lost, until something settles it."""
    if decision.state == ItemState.SETTLED or decision.verdict.outcome == Outcome.UNKNOWN:
        return decision.verdict.outcome
    return item.outcome


def _apply(decided: Sequence[tuple[Item, Decision]]) -> None:
    """Change the mirror for what is done, or was so already; nothing else ever changes it here."""
    by_operation: dict[str, list[tuple[Item, Verdict]]] = defaultdict(list)
    for item, decision in decided:
        if decision.state == ItemState.SETTLED and decision.verdict.outcome in (
            Outcome.DONE,
            Outcome.ALREADY,
        ):
            by_operation[item.operation].append((item, decision.verdict))
    for key, pairs in by_operation.items():
        operation = registry[key]
        targets = operation.targets(item for item, _verdict in pairs)
        operation.apply([Settled(item, targets.get(item.target_id), verdict) for item, verdict in pairs])


def _entry(
    run: Run, request: Request, item: Item, decision: Decision, exchange: Exchange | None, *, late: bool
) -> Entry:
    verdict = decision.verdict
    details: dict[str, Any] = {"identity": item.identity, "note": decision.note}
    if exchange:
        details |= {
            "elapsed_ms": exchange.elapsed_ms,
            "http_status": exchange.http_status,
            "sent": exchange.sent,
        }
    if late:
        details["outcome"] = verdict.outcome.value
    done = verdict.outcome == Outcome.DONE and decision.state == ItemState.SETTLED
    return Entry(
        action=request.operation.audit["late" if late else decision.ending],
        actor=worker_for(run),
        approver_name=run.approved_name,
        target=target_of(item),
        changes=item.changes if done else {},
        reason=run.reason,
        run_id=run.pk,
        item_id=item.pk,
        attempt_id=request.attempt.pk,
        provider=request.operation.provider,
        provider_code=verdict.code,
        provider_message=verdict.message,
        details=details,
    )


def settle_lost(run: Run, items: Sequence[Item], *, message: str) -> None:
    """Settle items whose worker died during the call, inside the caller's transaction; their attempts stay open."""
    now = database_now()
    decided = []
    for item in items:
        operation = registry[item.operation]
        if item.state == ItemState.LOOKING:
            decision = _after_look(item, Broken("lost"))
        else:
            decision = _within(run, item, _lost(operation, item, Verdict(Outcome.UNKNOWN, "lost", message)))
        decided.append((item, decision))
    _write_items(decided, now)
    record_many(
        [
            Entry(
                action=registry[item.operation].audit["unknown"],
                actor=worker_for(run, via="sweeper"),
                target=target_of(item),
                reason=run.reason,
                run_id=run.pk,
                item_id=item.pk,
                provider=registry[item.operation].provider,
                provider_code=decision.verdict.code,
                provider_message=decision.verdict.message,
                details={"identity": item.identity, "note": decision.note},
            )
            for item, decision in decided
        ]
    )
