"""Celery tasks: thin wake-ups around the engine."""

from celery import shared_task

from operations.clock import database_now
from operations.engine.fresh_look import look_on
from operations.engine.sweep import sweep as sweep_once
from operations.engine.work import work_off


@shared_task(acks_late=True, max_retries=0)
def work(run_id: int, account_id: int) -> None:
    """Work off what is due of a run at one account; comes back at once when its time was up, else the sweeper calls."""
    next_at = work_off(run_id, account_id)
    if next_at is not None and next_at <= database_now():
        work.delay(run_id, account_id)


@shared_task(acks_late=True, max_retries=0)
def look_fresh(look_id: int) -> None:
    """Go on with a fresh look; comes back at once when its time was up, else the sweeper calls."""
    next_at = look_on(look_id)
    if next_at is not None and next_at <= database_now():
        look_fresh.delay(look_id)


@shared_task(max_retries=0)
def sweep() -> None:
    """One pass of the sweeper."""
    sweep_once()
