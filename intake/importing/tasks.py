"""Celery tasks: thin wake-ups around what came in."""

from celery import shared_task

from intake.importing.work import work_off


@shared_task(acks_late=True, max_retries=0)
def work_import(import_id: int) -> None:
    """Go on with an import; comes back at once when its time was up, else the sweeper calls."""
    if work_off(import_id):
        work_import.delay(import_id)
