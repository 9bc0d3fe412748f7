"""Celery tasks of the ledger."""

from celery import shared_task

from audit.sealer import seal as seal_once


@shared_task(max_retries=0, ignore_result=True)
def seal() -> None:
    """One pass of the sealer."""
    seal_once()
