"""How a reading ends: complete or not, before its time, with what it found written down once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from audit.actors import Actor, system
from audit.services import Target, record
from intake.freshness import How, note
from intake.models import Reading, ReadingStep
from intake.reading.audit_actions import READING_FAILED, READING_FINISHED
from intake.reading.readers import Reader
from operations.clock import database_now
from operations.mirror import MirrorRow
from operations.models import Account
from providers.outcome import ProviderError

FIGURES = ("new", "changed", "missing", "back", "gone")


def finish(reading_id: int, reader: Reader) -> None:
    """The walk is at its end: call missing what a complete one did not show, then close with the figures.

    Safe to repeat after a crash anywhere in it: how many rows were missing before is written down first, and the figure
    is what there are more of them afterwards.
    """
    with transaction.atomic():
        reading = Reading.objects.select_for_update(of=("self",)).select_related("account").get(pk=reading_id)
        if not reading.is_open:
            return
        reading.complete = not reading.cursor.get("gaps")
        if "closing_at" not in reading.cursor:
            reading.cursor["closing_at"] = database_now().isoformat()
            reading.cursor["missing_before"] = {
                model._meta.label_lower: _missing(model, reading.account) for model in reader.kinds
            }
        reading.save(update_fields=["complete", "cursor"])
    closing_at = datetime.fromisoformat(reading.cursor["closing_at"])
    whole = reading.complete and reading.scope == Reading.Scope.FULL
    if whole:
        reader.call_missing(reading, closing_at)
    with transaction.atomic():
        reading = Reading.objects.select_for_update(of=("self",)).select_related("account").get(pk=reading_id)
        if not reading.is_open:
            return
        account = reading.account
        for model in reader.kinds:
            kind = model._meta.label_lower
            if whole:
                more = _missing(model, account) - reading.cursor["missing_before"][kind]
                reading.counts.setdefault(kind, {})["missing"] = max(0, more)
            if reading.complete:
                note(account, kind, How.READ if whole else How.READ_NEW, reading.started_at)
        if whole:
            Account.objects.filter(pk=account.pk).update(synced_at=reading.started_at)
        put_end(reading, Reading.State.FINISHED)
        record(
            READING_FINISHED,
            actor=actor_of(reading),
            target=Target.of(account),
            provider=account.provider,
            details=figures_of(reading),
        )


def fail(
    reading: Reading, end: Reading.End, *, error: ProviderError | None = None, message: str = ""
) -> None:
    """End an open reading before its time, inside the caller's transaction. What it has brought stays."""
    put_end(reading, Reading.State.FAILED, end=end)
    account = reading.account
    if error is not None:
        reading.end_code = error.code.value[:64]
        reading.end_message = error.exchange.message[:500]
    reading.end_message = reading.end_message or message[:500]
    reading.save(update_fields=["end_code", "end_message"])
    record(
        READING_FAILED,
        actor=actor_of(reading),
        target=Target.of(account),
        provider=account.provider,
        provider_code=reading.end_code,
        provider_message=reading.end_message,
        details={**figures_of(reading), "why": end.value},
    )


def put_end(reading: Reading, state: Reading.State, *, end: Reading.End | None = None) -> None:
    """Close the reading's row and let its steps go."""
    reading.state, reading.end = state, end.value if end else ""
    reading.complete = reading.complete and state == Reading.State.FINISHED
    reading.ended_at, reading.fence, reading.lease_until = database_now(), None, None
    reading.steps_ahead = 0
    reading.save()
    ReadingStep.objects.filter(reading=reading).delete()


def figures_of(reading: Reading) -> dict[str, Any]:
    """What the records say of a reading."""
    return {
        "reading": reading.pk,
        "scope": reading.scope,
        "complete": reading.complete,
        "requests": reading.requests,
        "problems": reading.problem_count,
        "by_kind": reading.counts,
        **{name: reading.total(name) for name in FIGURES},
    }


def actor_of(reading: Reading) -> Actor:
    """The person who had it read, acting through a worker; the schedule is the system."""
    if reading.started_by_id is None:
        return system("worker")
    return Actor(reading.started_by_id, reading.started_name, "worker", request_id=reading.request_id)


def _missing(model: type[MirrorRow], account: Account) -> int:
    rows: Any = model._default_manager
    return int(rows.filter(account=account, presence=MirrorRow.Presence.MISSING).count())
