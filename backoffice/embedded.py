"""Worker, sweeper and sealer as threads of this process: what the embedded default runs beside the web server.

Messages live in this process's memory and die with it. That is harmless: the database knows what is due, and the
sweeper wakes it after the next start.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import Any, Self

from celery.platforms import EX_OK
from celery.worker import state as worker_state
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from audit.sealer import SealingError, seal
from backoffice.celery import app
from operations.engine.sweep import sweep
from operations.engine.work import stopping

logger = logging.getLogger(__name__)

STARTS_WITHIN = 20.0
STOPS_WITHIN = 30.0
"""Seconds that a stop waits for what is on its way to a provider."""
TASKS_AT_ONCE = 4


class EmbeddedWorker:
    """A Celery worker with a thread pool on the memory transport, the sweeper, and the ledger's sealer. Use as a context manager."""

    def __init__(self) -> None:
        self._worker: Any = None
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_unused: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the threads; returns once the worker takes messages. Raises RuntimeError when it does not."""
        worker_state.should_stop = None
        worker_state.should_terminate = None
        stopping.clear()
        threads = {
            "embedded-worker": self._work,
            "embedded-sweeper": self._sweep,
            "embedded-sealer": self._seal,
        }
        for name, target in threads.items():
            thread = threading.Thread(name=name, target=target, daemon=True)
            thread.start()
            self._threads.append(thread)
        if not self._ready.wait(STARTS_WITHIN):
            self.stop()
            raise RuntimeError("the embedded worker did not start")

    def stop(self) -> None:
        """Claim nothing more, wait for what is in flight, end the threads. A second call does nothing."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        stopping.set()
        worker_state.should_stop = EX_OK  # type: ignore[assignment]  # the stubs know its first value alone
        for thread in self._threads:
            thread.join(STOPS_WITHIN)
        if left := [thread.name for thread in self._threads if thread.is_alive()]:
            logger.warning(
                "%s did not end in time; the sweeper settles what it leaves behind", ", ".join(left)
            )
        else:
            stopping.clear()

    def _work(self) -> None:
        try:
            self._worker = app.WorkController(
                app=app,
                hostname=f"embedded-{os.getpid()}@localhost",  # RabbitMQ has one queue for each name
                pool_cls="threads",
                concurrency=TASKS_AT_ONCE,
                ready_callback=lambda *_unused: self._ready.set(),
                without_heartbeat=True,
                without_mingle=True,
                without_gossip=True,
                quiet=True,
            )
            self._worker.start()
        finally:
            worker_state.should_stop = None
            connections.close_all()

    def _sweep(self) -> None:
        try:
            while not self._stopping.is_set():
                close_old_connections()
                try:
                    sweep()
                except DatabaseError:
                    logger.exception("the sweeper could not reach the database and tries again")
                self._stopping.wait(settings.OPERATIONS["sweep_seconds"])
        finally:
            connections.close_all()

    def _seal(self) -> None:
        try:
            while not self._stopping.is_set():
                close_old_connections()
                try:
                    seal()
                except DatabaseError:
                    logger.exception("the sealer could not reach the database and tries again")
                except SealingError:
                    logger.exception("the audit log contradicts what was signed; run audit_verify")
                self._stopping.wait(settings.AUDIT["seal_seconds"])
        finally:
            connections.close_all()
