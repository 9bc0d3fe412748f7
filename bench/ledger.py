"""What a record costs on top of the change it speaks of, beside the peers; then sealing: how fast, and how late."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.admin.models import ADDITION, LogEntry
from django.db import connection, transaction

from audit.actions import ACCESS_REFUSED
from audit.actors import Actor
from audit.models import Leaf
from audit.sealer import seal
from audit.services import Entry, Target, record, record_many
from bench.meter import server_work
from bench.peers.models import Lesson, Plain
from operations.models import Account

SINGLES, MANY, ROUNDS = 100, 2_000, 15
PER_SECOND, SECONDS, PASS_EVERY = 200, 10, 1.0

Way = Callable[[list[Any]], None]


@dataclass(frozen=True, slots=True)
class Peer:
    """One way of keeping a history: µs of work a record, the change itself taken off; None where it has no such way."""

    name: str
    single: float | None
    bulk: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it. `insert` is a plain ORM insert in a transaction of its own, `change` one of many; both in µs of work."""

    insert: float
    change: float
    peers: list[Peer]
    missing: list[str]
    sealed_per_second: float
    lag_p50: float
    lag_p99: float


@dataclass(frozen=True, slots=True)
class _Contender:
    name: str
    model: type[Lesson]
    single: Way | None
    bulk: Way | None


def run(user: Any) -> Figures:
    """Measure every way in turns, so that what else the machine does falls on all of them alike."""
    contenders, missing = _contenders(user)
    account = Account.objects.get(provider="classin", name="default")
    singles: dict[str, list[float]] = {one.name: [] for one in contenders}
    bulks: dict[str, list[float]] = {one.name: [] for one in contenders}
    for turn in range(ROUNDS + 1):
        for one in contenders:
            for way, count, into in ((one.single, SINGLES, singles), (one.bulk, MANY, bulks)):
                if way is None:
                    continue
                rows = [one.model.made(number, account) for number in range(count)]
                start = _work()
                way(rows)
                if turn:  # the first one warms up
                    into[one.name].append((_work() - start) / count * 1e6)
    insert, change = (statistics.median(times[""]) for times in (singles, bulks))
    peers = [
        Peer(one.name, _above(singles[one.name], singles[""]), _above(bulks[one.name], bulks[""]))
        for one in contenders
        if one.name
    ]
    rate = _sealed_per_second()
    lags = sorted(_lags())
    return Figures(insert, change, peers, missing, rate, statistics.median(lags), lags[int(len(lags) * 0.99)])


def _work() -> float:
    """Seconds of processor time, ours and the database server's for us: what else the machine does is not in it."""
    return time.process_time() + server_work()


def _above(ours: list[float], plain: list[float]) -> float | None:
    """The median over the turns of what came on top in the same turn."""
    return statistics.median(a - b for a, b in zip(ours, plain, strict=True)) if ours else None


def _contenders(user: Any) -> tuple[list[_Contender], list[str]]:
    actor = Actor(user.pk, "Lin Yue 林月", "admin", "203.0.113.7", "Mozilla/5.0 (X11; Linux)", "a" * 32)

    def entry(row: Any) -> dict[str, Any]:
        return {
            "action": ACCESS_REFUSED,
            "actor": actor,
            "target": Target("peers.plain", row.pk, row.name, row.provider_id),
            "changes": {"name": {"after": row.name, "before": None}},
            "details": {"path": "/admin/courses/", "method": "POST"},
        }

    def own_bulk(rows: list[Any]) -> None:
        with transaction.atomic():
            Plain.objects.bulk_create(rows)
            record_many([Entry(**entry(row)) for row in rows])

    def log(rows: list[Any], *, single: bool) -> None:
        LogEntry.objects.log_actions(user.pk, rows, ADDITION, "added", single_object=single)

    def log_bulk(rows: list[Any]) -> None:
        with transaction.atomic():
            Plain.objects.bulk_create(rows)
            log(rows, single=False)

    found = [
        _Contender("", Plain, _each(), _bulk(Plain)),
        _Contender("The ledger", Plain, _each(lambda row: record(**entry(row))), own_bulk),
        _Contender("Django’s LogEntry", Plain, _each(lambda row: log([row], single=True)), log_bulk),
    ]
    missing = []
    if apps.is_installed("simple_history"):
        from simple_history.utils import bulk_create_with_history  # noqa: PLC0415 - only where it is installed

        historic = apps.get_model("peers", "Historic")
        found.append(
            _Contender(
                "django-simple-history",
                historic,
                _each(),
                lambda rows: bulk_create_with_history(rows, historic),
            )
        )
    else:
        missing.append("django-simple-history")
    if apps.is_installed("auditlog"):
        found.append(_Contender("django-auditlog", apps.get_model("peers", "Logged"), _each(), None))
    else:
        missing.append("django-auditlog")
    if apps.is_installed("pghistory"):
        tracked = apps.get_model("peers", "Tracked")
        found.append(_Contender("django-pghistory (triggers)", tracked, _each(), _bulk(tracked)))
        told = [_with_person(way, user) for way in (_each(), _bulk(tracked))]
        found.append(_Contender("django-pghistory (triggers), with the person", tracked, *told))
    elif connection.vendor == "postgresql":
        missing.append("django-pghistory")
    return found, missing


def _each(also: Callable[[Any], object] | None = None) -> Way:
    def work(rows: list[Any]) -> None:
        for row in rows:
            with transaction.atomic():
                row.save(force_insert=True)
                if also:
                    also(row)

    return work


def _bulk(model: Any) -> Way:
    def work(rows: list[Any]) -> None:
        with transaction.atomic():
            model.objects.bulk_create(rows)

    return work


def _with_person(way: Way, user: Any) -> Way:
    """The same inside pghistory's context, as its middleware opens one for each request: who, and at which address."""
    from pghistory import context  # noqa: PLC0415 - only where it is installed

    def work(rows: list[Any]) -> None:
        with context(user=user.pk, url="/admin/courses/"):
            way(rows)

    return work


def _sealed_per_second() -> float:
    """Over what the turns before have left behind."""
    start = time.perf_counter()
    return seal(sign=True) / (time.perf_counter() - start)


def _lags() -> list[float]:
    """Seconds from a record's commit to its seal, at an even pace; the sealer passes once a second, as in production."""
    committed: dict[int, float] = {}
    over = threading.Event()

    def keep_writing() -> None:
        actor = Actor(None, "system", "worker")
        begin = time.monotonic()
        try:
            for number in range(PER_SECOND * SECONDS):
                time.sleep(max(0.0, begin + number / PER_SECOND - time.monotonic()))
                row = record(ACCESS_REFUSED, actor=actor, details={"path": "/", "method": "GET"})
                committed[row.pk] = time.monotonic()
        finally:
            over.set()
            connection.close()

    writer = threading.Thread(target=keep_writing)
    place, lags = Leaf.objects.count(), []
    writer.start()
    while True:
        last = over.is_set()
        due = time.monotonic() + PASS_EVERY
        seal()
        now = time.monotonic()
        fresh = list(Leaf.objects.filter(position__gte=place).values_list("record_id", flat=True))
        place += len(fresh)
        lags += [now - committed[pk] for pk in fresh if pk in committed]
        if last:
            break
        time.sleep(max(0.0, due - time.monotonic()))
    writer.join()
    return lags
