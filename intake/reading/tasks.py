"""Celery tasks: thin wake-ups around the engine of readings."""

from celery import shared_task

from intake.reading.work import read_on
from operations.clock import database_now


@shared_task(acks_late=True, max_retries=0)
def read(reading_id: int) -> None:
    """Read on; comes back at once when its time was up, else the sweeper calls."""
    next_at = read_on(reading_id)
    if next_at is not None and next_at <= database_now():
        read.delay(reading_id)
