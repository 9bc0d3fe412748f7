"""Waking the workers for readings. Losing a message is harmless: the sweeper finds what is due."""

from __future__ import annotations

from django.db.models import Q

from intake.models import Reading
from operations.clock import database_now
from operations.engine.wake import queue


def wake(reading_id: int) -> None:
    """Queue one task for this reading; a broker that is away is only logged."""
    from intake.reading.tasks import read  # noqa: PLC0415 - tasks are the thin shell around the engine

    queue(read.delay, reading_id, what=f"reading {reading_id}")


def wake_readings() -> None:
    """Wake the readings that are due and nobody's: a lost message and a dead worker are made up for here."""
    now = database_now()
    due = Reading.objects.filter(state=Reading.State.RUNNING, due_at__lte=now)
    for pk in due.filter(Q(lease_until=None) | Q(lease_until__lt=now)).values_list("pk", flat=True):
        wake(pk)
