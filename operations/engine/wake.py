"""Waking the workers. A message carries ids only; losing it is harmless, since the sweeper finds what is due."""

import logging
from collections.abc import Callable

from kombu.exceptions import OperationalError

from operations.models import Item
from operations.states import OPEN_ITEM_STATES

logger = logging.getLogger(__name__)


def queue(send: Callable[..., object], *ids: int, what: str) -> None:
    """Hand one task with these ids to the broker; one that is away is only logged. `what` is what the task works at."""
    try:
        send(*ids)
    except (OperationalError, OSError):
        logger.warning("The broker is away; the sweeper will wake %s", what)


def wake(run_id: int) -> None:
    """Queue one task for each account that the run still has work at; a broker that is away is only logged."""
    from operations.tasks import work  # noqa: PLC0415 - tasks are the thin shell around the engine

    accounts = (
        Item.objects.filter(run_id=run_id, state__in=OPEN_ITEM_STATES)
        .order_by("account_id")
        .values_list("account_id", flat=True)
        .distinct()
    )
    for account_id in accounts:
        queue(work.delay, run_id, account_id, what=f"run {run_id}")
