"""What a piece of work costs: time on the clock, processor time of this process, database time, statements, memory."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

_REFERENCES, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


@dataclass(slots=True)
class Cost:
    """Seconds by three clocks, and what the database was asked."""

    wall: float = 0.0
    cpu: float = 0.0
    """Of this process, all threads; the database server and the imitated providers are others."""
    database: float = 0.0
    """Waiting for statements and commits."""
    statements: int = 0
    commits: int = 0
    memory: int = 0
    """By how many bytes resident memory grew, at its peak."""


def server_work() -> float:
    """Seconds of processor time that PostgreSQL's process for this connection has used; 0.0 for a server elsewhere, and for SQLite."""
    if connection.vendor != "postgresql":
        return 0.0
    connection.ensure_connection()
    schedule = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return int(schedule.read_text("ascii").split()[0]) / 1e9 if schedule.exists() else 0.0


@contextmanager
def metered() -> Iterator[Cost]:
    """Measure the body; the yielded cost is complete after it."""
    cost = Cost()
    memory = _peak_from_here()
    with connection.execute_wrapper(_timing(cost)), _timed_commits(cost):
        wall, cpu = time.perf_counter(), time.process_time()
        yield cost
        cost.cpu = time.process_time() - cpu
        cost.wall = time.perf_counter() - wall
    cost.memory = max(0, memory())


def _timing(cost: Cost) -> Callable[..., Any]:
    def run(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            cost.database += time.perf_counter() - start
            cost.statements += 1

    return run


@contextmanager
def _timed_commits(cost: Cost) -> Iterator[None]:
    """A commit is no statement for Django, yet it waits for the disk. There is no public place to stand at."""
    database: Any = connection
    commit = database._commit  # noqa: SLF001 - see above

    def timed() -> None:
        start = time.perf_counter()
        commit()
        cost.database += time.perf_counter() - start
        cost.commits += 1

    database._commit = timed  # noqa: SLF001 - see above
    try:
        yield
    finally:
        del database._commit  # noqa: SLF001 - the class's own method is back


def _peak_from_here() -> Callable[[], int]:
    """A function that tells how far above the present the peak of resident memory has been since now."""
    if _REFERENCES.exists() and os.access(_REFERENCES, os.W_OK):
        _REFERENCES.write_text("5", encoding="ascii")
        start = _status("VmRSS")
        return lambda: _status("VmHWM") - start
    before = _highest()
    return lambda: _highest() - before


def _status(name: str) -> int:
    line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def _highest() -> int:
    """The process's highest memory ever; kilobytes everywhere but on macOS."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
