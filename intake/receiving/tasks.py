"""Celery tasks of receiving: thin wake-ups."""

from celery import shared_task

from intake.receiving.work import work_off


@shared_task(acks_late=True, max_retries=0)
def work_pushes(account_id: int) -> None:
    """Work off an account's messages that are due; comes back at once when its time was up, else the sweeper calls."""
    if work_off(account_id):
        work_pushes.delay(account_id)
