"""Working off a reading: several requests in flight, answers taken in by set, every step committed before the next.

Whoever holds the lease reads. A worker that dies leaves steps that are not done; the next one makes them again, which
costs at most the requests that were in flight. No call is made inside a transaction.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Min

from intake.models import Reading, ReadingStep
from intake.reading.ending import fail, finish
from intake.reading.readers import Reader, Settled, Told, readers
from intake.reading.steps import add_steps, steps_done
from operations.accounts import client_for
from operations.clock import database_now
from operations.engine import pace
from operations.engine.claim import lease
from operations.engine.priority import work_is_due
from operations.engine.send import Broken, pool
from operations.engine.window import Window
from operations.engine.work import stopping
from operations.models import Account
from providers.codes import CodeClass
from providers.outcome import (
    Ambiguous,
    InvalidRequest,
    NotConnected,
    NotSent,
    ProviderError,
    Rejected,
    Reply,
)

logger = logging.getLogger(__name__)

_LINGER = 0.01
"""Seconds to wait for more answers once one is there, so that they are taken in by set."""
_PATIENCE = 2.0
"""Seconds that a worker waits for the pace, or for work that goes first, before it gives its place away."""
_GIVES_WAY = timedelta(seconds=1)
"""How long a reading stands aside while confirmed work is due at its account."""
_MOST_TRIES = 6
"""Sendings of one step without a clear answer, while others are answered, before it is left unread."""
_LONGEST_PAUSE = 60.0

Sent = Reply[Any] | ProviderError | Broken
_ENDS = {
    CodeClass.CREDENTIALS: Reading.End.CREDENTIALS,
    CodeClass.MAINTENANCE: Reading.End.MAINTENANCE,
}
"""After such a refusal nothing more is asked of the account: Huawei locks a key after five."""


def read_on(reading_id: int, *, seconds: float = 60.0) -> datetime | None:
    """Read for at most about `seconds`; returns when to come back, None when it is over or somebody else's."""
    fence = uuid.uuid4()
    reading = _take(reading_id, fence)
    if reading is None:
        return None
    try:
        client = client_for(reading.account)
    except (NotConnected, ValueError):
        # ValueError: an address or a key that no request can be made of; the connections page says what is wrong.
        _end(reading_id, fence, Reading.End.NOT_CONNECTED)
        return None
    loop = _Loop(reading, fence, client, time.monotonic() + seconds)
    try:
        return loop.run()
    except _Lost:
        return None
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy: the sweeper has somebody go on
    except Exception as error:
        logger.exception("Reading %s failed in our own code", reading_id)
        _end(reading_id, fence, Reading.End.BROKEN, message=type(error).__name__)
        return None
    finally:
        _give_back(reading_id, fence)


class _Lost(Exception):
    """The reading is no longer ours: cancelled, or taken over after our lease ran out."""


@dataclass(slots=True)
class _Turn:
    """What one transaction brought: steps to send now, or when to come back; neither at the walk's end."""

    steps: Sequence[ReadingStep] = ()
    next_at: datetime | None = None
    over: bool = False


@dataclass(slots=True)
class _Loop:
    """One worker's walk. Answers are taken in and the next steps claimed in one transaction."""

    reading: Reading
    fence: uuid.UUID
    client: Any
    until: float
    window: Window = field(default_factory=lambda: Window(limit=settings.INTAKE["in_flight"]))
    in_flight: dict[Future[Sent], tuple[ReadingStep, datetime]] = field(default_factory=dict)

    @property
    def reader(self) -> Reader:
        return readers[self.reading.account.provider]

    def run(self) -> datetime | None:
        answers: list[tuple[ReadingStep, datetime, Sent]] = []
        while True:
            turn = self._turn(answers)
            answers = []
            now = database_now()
            for step in turn.steps:
                sent = pool(self.reading.account_id).submit(_send, self.reader, self.client, step)
                self.in_flight[sent] = (step, now)
            if self.in_flight:
                answers = self._finished(turn)
            elif turn.over:
                finish(self.reading.pk, self.reader)
                return None
            elif not self._may_go_on() or not _wait(turn.next_at):
                return turn.next_at

    def _may_go_on(self) -> bool:
        return time.monotonic() < self.until and not stopping.is_set()

    def _turn(self, answers: list[tuple[ReadingStep, datetime, Sent]]) -> _Turn:
        with transaction.atomic():
            reading = _ours(self.reading.pk, self.fence)
            now = database_now()
            reading.lease_until = now + lease()
            self._settle(reading, answers, now)
            turn = self._claim(reading, now) if reading.is_open else _Turn()
            if reading.is_open:
                reading.save()
            self.reading = reading
        if not reading.is_open:
            raise _Lost
        return turn

    def _claim(self, reading: Reading, now: datetime) -> _Turn:
        room = self.window.room(len(self.in_flight)) if self._may_go_on() else 0
        if not room:
            return _Turn(next_at=now)
        if reading.due_at > now:
            return _Turn(next_at=reading.due_at)
        if work_is_due(reading.account_id, now):
            reading.due_at = now + _GIVES_WAY
            return _Turn(next_at=reading.due_at)
        todo = reading.steps.filter(done=False).exclude(pk__in=[s.pk for s, _at in self.in_flight.values()])
        due = _due(todo, now, room)
        if len(due) < room and (more := self.reader.go_on(reading, room - len(due))):
            add_steps(reading, more)
            due = _due(todo, now, room)
        reading.steps_ahead = reading.steps.filter(done=False).count() + self.reader.ahead(reading)
        if not due:
            next_at = todo.aggregate(at=Min("due_at"))["at"]
            return _Turn(next_at=next_at, over=next_at is None and not self.in_flight)
        grant = pace.take_read(reading.account_id, len(due), now)
        if not grant.requests:
            return _Turn(next_at=grant.next_at or now)
        due = due[: grant.requests]
        ReadingStep.objects.filter(pk__in=[step.pk for step in due]).update(tries=F("tries") + 1)
        reading.requests += len(due)
        reading.repeats += sum(1 for step in due if step.tries)
        return _Turn(due, next_at=grant.next_at or now)

    def _finished(self, turn: _Turn) -> list[tuple[ReadingStep, datetime, Sent]]:
        """Whatever answers are there; with free places left, wait no longer than until the next request may go."""
        timeout = None
        if turn.next_at is not None and self.window.room(len(self.in_flight)) and self._may_go_on():
            timeout = max(0.01, min(_PATIENCE, (turn.next_at - database_now()).total_seconds()))
            timeout = _PATIENCE if timeout <= 0.01 and not turn.steps else timeout
        done, _rest = wait(self.in_flight, timeout=timeout, return_when=FIRST_COMPLETED)
        if done and len(done) < len(self.in_flight):
            more, _rest = wait(self.in_flight, timeout=_LINGER)
            done |= more
        return [(*self.in_flight.pop(future), future.result()) for future in done]

    def _settle(
        self, reading: Reading, answers: list[tuple[ReadingStep, datetime, Sent]], now: datetime
    ) -> None:
        told = [Told(step, answer.value, at) for step, at, answer in answers if isinstance(answer, Reply)]
        told.sort(key=lambda one: (one.step.name, one.step.pk))
        for _name, group in groupby(told, key=lambda one: one.step.name):
            add_steps(reading, self.reader.take_in(reading, list(group)))
        if told:
            reading.steps_done += steps_done(one.step for one in told)
            reading.failures_in_a_row = 0
            self.window.good()
            if reading.account.refused_at is not None:
                Account.objects.filter(pk=reading.account_id).update(refused_at=None, refused_code="")
        for step, _at, answer in answers:
            if not isinstance(answer, Reply) and reading.is_open:
                self._fail(reading, step, answer, now)

    def _fail(
        self, reading: Reading, step: ReadingStep, answer: ProviderError | Broken, now: datetime
    ) -> None:
        """What becomes of a step without an answer: asked again after a pause, left unread, or the end of the reading."""
        if isinstance(answer, Broken):
            fail(reading, Reading.End.BROKEN, message=answer.error)
            return
        if answer.retry_after:
            pace.block(reading.account_id, now + timedelta(seconds=answer.retry_after))
        if isinstance(answer, Rejected) and self._understood(reading, step, answer):
            return
        if isinstance(answer, Rejected | NotSent) and answer.code.kind in _ENDS:
            if answer.code.kind is CodeClass.CREDENTIALS:
                Account.objects.filter(pk=reading.account_id).update(
                    refused_at=now, refused_code=answer.code.value[:60]
                )
            fail(reading, _ENDS[answer.code.kind], error=answer)
            return
        if isinstance(answer, InvalidRequest) or (
            isinstance(answer, Rejected) and answer.code.kind is not CodeClass.RETRY_LATER
        ):
            self._leave(reading, step, answer)
            return
        self.window.throttled()
        reading.failures_in_a_row += 1
        if reading.failures_in_a_row >= settings.INTAKE["failures_before_end"]:
            fail(reading, Reading.End.NO_ANSWER, error=answer)
        elif isinstance(answer, Ambiguous) and step.tries + 1 >= _MOST_TRIES and reading.steps_done:
            self._leave(reading, step, answer)
        else:
            self._put_off(reading, step, now)

    def _understood(self, reading: Reading, step: ReadingStep, answer: Rejected) -> bool:
        settled: Settled | None = self.reader.refused(reading, step, answer)
        if settled is None:
            return False
        add_steps(reading, settled.instead)
        if settled.unread:
            _note(reading, step, answer, gap=False)
        reading.steps_done += steps_done([step])
        return True

    def _leave(self, reading: Reading, step: ReadingStep, answer: ProviderError) -> None:
        """One step stays unread and the others go on; where even the first is refused, there is nothing to go on with."""
        if not reading.steps_done:
            fail(reading, Reading.End.REFUSED, error=answer)
            return
        _note(reading, step, answer, gap=True)
        reading.steps_done += steps_done([step])

    def _put_off(self, reading: Reading, step: ReadingStep, now: datetime) -> None:
        """The step waits and others go before it; from the second failure in a row on, the whole reading does."""
        base = settings.INTAKE["repeat_seconds"]
        ReadingStep.objects.filter(pk=step.pk).update(due_at=now + _pause(base, step.tries))
        if reading.failures_in_a_row > 1:
            reading.due_at = now + _pause(base, reading.failures_in_a_row - 2)


def _note(reading: Reading, step: ReadingStep, answer: ProviderError, *, gap: bool) -> None:
    exchange = answer.exchange
    reading.add_problem(
        step.name, step.key, call=exchange.call, code=answer.code.value, message=exchange.message, gap=gap
    )


def _pause(base: float, doublings: int) -> timedelta:
    return timedelta(seconds=min(_LONGEST_PAUSE, base * 2.0 ** min(doublings, 10)))


def _send(reader: Reader, client: Any, step: ReadingStep) -> Sent:
    """Make the call and bring back whatever came of it; never raises."""
    try:
        return reader.ask(client, step)
    except ProviderError as answer:
        return answer
    except Exception as error:
        logger.exception("A step of reading %s failed in our own code", step.reading_id)
        return Broken(type(error).__name__)


def _due(todo: Any, now: datetime, room: int) -> list[ReadingStep]:
    return list(todo.filter(due_at__lte=now).order_by("due_at", "pk")[:room])


def _wait(next_at: datetime | None) -> bool:
    """Wait for the next turn if that is soon; says whether it was."""
    if next_at is None:
        return False
    seconds = (next_at - database_now()).total_seconds()
    if seconds > _PATIENCE:
        return False
    stopping.wait(max(0.0, seconds))
    return True


def _take(reading_id: int, fence: uuid.UUID) -> Reading | None:
    """The lease; None when the reading is over, or somebody else's."""
    with transaction.atomic():
        found = Reading.objects.select_for_update(of=("self",)).filter(pk=reading_id)
        reading = found.select_related("account").first()
        now = database_now()
        if reading is None or not reading.is_open or (reading.lease_until and reading.lease_until > now):
            return None
        reading.fence, reading.lease_until = fence, now + lease()
        reading.save(update_fields=["fence", "lease_until"])
        return reading


def _ours(reading_id: int, fence: uuid.UUID) -> Reading:
    reading = Reading.objects.select_for_update(of=("self",)).select_related("account").get(pk=reading_id)
    if reading.fence != fence or not reading.is_open:
        raise _Lost
    return reading


def _end(reading_id: int, fence: uuid.UUID, end: Reading.End, *, message: str = "") -> None:
    with transaction.atomic():
        try:
            reading = _ours(reading_id, fence)
        except _Lost:
            return
        fail(reading, end, message=message)


def _give_back(reading_id: int, fence: uuid.UUID) -> None:
    Reading.objects.filter(pk=reading_id, fence=fence).update(fence=None, lease_until=None)
