"""Waking a worker for an import. Losing the message is harmless: the sweeper finds what is due."""

from operations.engine.wake import queue


def wake(import_id: int) -> None:
    """Queue the task; a broker that is away is only logged."""
    from intake.importing.tasks import work_import  # noqa: PLC0415 - tasks are the thin shell around the work

    queue(work_import.delay, import_id, what=f"import {import_id}")
