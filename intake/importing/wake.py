"""Waking a worker for an import. Losing the message is harmless: the sweeper finds what is due."""

import logging

from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def wake(import_id: int) -> None:
    """Queue the task; a broker that is away is only logged."""
    from intake.importing.tasks import work_import  # noqa: PLC0415 - tasks are the thin shell around the work

    try:
        work_import.delay(import_id)
    except OperationalError:
        logger.warning("The broker is away; the sweeper will wake import %s", import_id)
