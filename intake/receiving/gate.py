"""SQLite has one writer, and whoever waits for it sleeps longer and longer: here storing goes before working off.

The threads of one process take turns at a lock of their own, which wakes them at once; working off gives way while messages
are arriving, but not for ever. PostgreSQL needs none of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

QUIET: Final = 0.02
"""Seconds without a message after which working off goes on."""
PATIENCE: Final = 0.25
"""Seconds after which it goes on whatever arrives."""
_LOOK_EVERY: Final = 0.005


class Gate:
    """Who of this process may write messages just now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = float("-inf")

    @contextmanager
    def storing(self) -> Iterator[None]:
        """For the transaction that stores a message."""
        if connection.vendor != "sqlite":
            yield
            return
        self._last = time.monotonic()
        with self._lock:
            try:
                yield
            finally:
                self._last = time.monotonic()

    @contextmanager
    def working(self) -> Iterator[None]:
        """For a transaction that works messages off."""
        if connection.vendor != "sqlite":
            yield
            return
        until = time.monotonic() + PATIENCE
        while time.monotonic() - self._last < QUIET and time.monotonic() < until:
            time.sleep(_LOOK_EVERY)
        with self._lock:
            yield


gate = Gate()
