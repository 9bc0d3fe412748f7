"""Waking a worker for an account's messages, off the path of the answer: a broker that is away must not delay it."""

from __future__ import annotations

import os
import threading

from operations.engine.wake import queue

PAUSE = 0.25
"""Seconds between two wake-ups; whatever comes in between shares the next one."""


class Waker:
    """A thread that hands wake-ups to the broker; started by the first one, anew in a forked process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._accounts: set[int] = set()
        self._process = 0

    def wake(self, account_id: int) -> None:
        """Ask for a worker; returns at once. A wake-up that is lost is made up for by the sweeper."""
        with self._lock:
            self._accounts.add(account_id)
            if self._process != os.getpid():
                self._process = os.getpid()
                threading.Thread(target=self._run, name="push-waker", daemon=True).start()
        self._asked.set()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._asked.wait()
            self._asked.clear()
            with self._lock:
                accounts, self._accounts = self._accounts, set()
            for account_id in accounts:
                send(account_id)
            pause.wait(PAUSE)


def send(account_id: int) -> None:
    """Queue the task for one account; a broker that is away is only logged."""
    from intake.receiving.tasks import work_pushes  # noqa: PLC0415 - tasks are the thin shell around the work

    def once(pk: int) -> None:
        work_pushes.apply_async((pk,), retry=False)

    queue(once, account_id, what=f"the messages of account {account_id}")


waker = Waker()
