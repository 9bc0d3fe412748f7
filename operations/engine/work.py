"""Working off a run at one account: claim, send on the pool, settle in batches, until nothing is due."""

from __future__ import annotations

import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import datetime
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import transaction

from operations.accounts import client_for
from operations.clock import database_now
from operations.engine import finish
from operations.engine.claim import Claim, Request, claim
from operations.engine.send import Answer, Broken, pool, send
from operations.engine.settle import Judged, settle
from operations.engine.window import Window
from operations.models import Account, Run
from operations.states import Halt
from providers.codes import CodeClass
from providers.outcome import Ambiguous, NotConnected, NotSent, Rejected, Reply

_LINGER = 0.004
"""Seconds to wait for more answers once one is there, so that settlements and claims come in batches."""
_PATIENCE = 2.0
"""Seconds that a worker waits for the next due request before it gives its place to other runs."""

stopping = threading.Event()
"""Set when this process is about to end: nothing more is claimed here, what is in flight is still settled."""


def work_off(run_id: int, account_id: int, *, seconds: float = 60.0) -> datetime | None:
    """Work for at most about `seconds`; returns when more will be due, None when nothing is left here."""
    account = Account.objects.get(pk=account_id)
    try:
        client = client_for(account)
    except (NotConnected, ValueError):
        # ValueError: an address or a key that no request can be made of; the connections page says what is wrong.
        _halt_unconnected(run_id, account)
        return None
    return _Loop(run_id, account_id, client, time.monotonic() + seconds).run()


def _halt_unconnected(run_id: int, account: Account) -> None:
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        finish.halt(run, Halt.NOT_CONNECTED, detail=str(account), now=database_now())


class _Loop:
    """One worker's loop. Nothing is claimed ahead of a free place: what is claimed is being sent."""

    def __init__(self, run_id: int, account_id: int, client: Any, until: float) -> None:
        self.run_id, self.account_id, self.client, self.until = run_id, account_id, client, until
        self.window = Window(limit=settings.OPERATIONS["in_flight"])
        self.in_flight: set[Future[tuple[Request, Answer]]] = set()

    def run(self) -> datetime | None:
        while True:
            claimed = self._claim()
            for request in claimed.requests:
                self.in_flight.add(pool(self.account_id).submit(send, self.client, request))
            if self.in_flight:
                self._settle(self._finished(claimed))
            elif claimed.next_at is None or not self._may_go_on() or not self._wait(claimed.next_at):
                return claimed.next_at

    def _may_go_on(self) -> bool:
        return time.monotonic() < self.until and not stopping.is_set()

    def _claim(self) -> Claim:
        room = self.window.room(len(self.in_flight)) if self._may_go_on() else 0
        return claim(self.run_id, self.account_id, room) if room else Claim(next_at=database_now())

    def _finished(self, claimed: Claim) -> list[tuple[Request, Answer]]:
        done, _rest = wait(self.in_flight, timeout=self._until_next(claimed), return_when=FIRST_COMPLETED)
        if done and len(done) < len(self.in_flight):
            more, _rest = wait(self.in_flight, timeout=_LINGER)
            done |= more
        self.in_flight -= done
        return [future.result() for future in done]

    def _until_next(self, claimed: Claim) -> float | None:
        """With free places left, wait for answers only until the pace has room for the next request."""
        if claimed.next_at is None or not self.window.room(len(self.in_flight)):
            return None
        return max(0.01, min(_PATIENCE, (claimed.next_at - database_now()).total_seconds()))

    def _settle(self, answers: list[tuple[Request, Answer]]) -> None:
        if not answers:
            return
        judged = settle(self.run_id, answers)
        for request, answer in answers:
            self._feel(request, answer, judged)
        if self.window.unknowns_in_a_row >= settings.OPERATIONS["unknowns_before_halt"] and not judged.halt:
            self._halt_unknowns(judged)

    def _feel(self, request: Request, answer: Answer, judged: Judged) -> None:
        if isinstance(answer, Ambiguous | Broken):
            self.window.lost()
        elif isinstance(answer, NotSent) or (
            isinstance(answer, Rejected) and answer.code.kind is not CodeClass.FIX_INPUT
        ):
            self.window.throttled()
        elif isinstance(answer, Reply | Rejected):
            lost = _lost_at_the_end(request, judged) if isinstance(answer, Reply) else 0
            if lost < len(request.items):
                self.window.good()
            if lost:
                self.window.lost(lost)

    def _halt_unknowns(self, judged: Judged) -> None:
        with transaction.atomic():
            run = Run.objects.select_for_update().get(pk=self.run_id)
            finish.halt(run, Halt.UNKNOWNS, detail=str(self.window.unknowns_in_a_row), now=database_now())

    def _wait(self, next_at: datetime) -> bool:
        seconds = (next_at - database_now()).total_seconds()
        if seconds > _PATIENCE:
            return False
        stopping.wait(max(0.0, seconds))
        return True


def _lost_at_the_end(request: Request, judged: Judged) -> int:
    """How many items of one answer are unknown in a row at its end: an answer can be there and say nothing clear of them."""
    return sum(1 for _item in takewhile(lambda item: item.pk in judged.unknown, reversed(request.items)))
