"""ClassIn's messages at a steady pace against a real web server, worked off by a real worker at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from bench.push_traffic import Answers, Traffic, send, traffic, wait_for
from courses.models import Course, CourseClass
from intake.models import PushMessage, TurnedAway
from media_assets.models import VideoAsset
from operations.accounts import ensure_accounts

MESSAGES_PER_SECOND = 200.0
STARTS_WITHIN = 60.0
ENDS_WITHIN = 60.0
WORKED_OFF_WITHIN = 3600.0
_PORT = 8_699


@dataclass(slots=True)
class Pushed:
    """The figures of one run."""

    sent: int
    answers: Answers
    server: str
    rest_seconds: float
    """How long after the last message everything was worked off."""
    mistakes: list[str]
    load: float
    """The machine's load while it ran: everything else on it included."""


def run(count: int, broker: str) -> Pushed:
    """Send `count` messages; `broker` names one that processes share, else web server and worker are one process."""
    ensure_accounts()
    account = settings.PROVIDER_ACCOUNTS["classin"]["default"]
    made = traffic(count, account["secret"], account["sid"])
    with _serving(broker) as (url, server):
        answers = send(url, made.bodies, per_second=MESSAGES_PER_SECOND)
        load, ended = os.getloadavg()[0], time.monotonic()
        done = wait_for(_is_worked_off, WORKED_OFF_WITHIN)
        rest = time.monotonic() - ended
    mistakes = [*answers.wrong[:5], *_mistakes(made, done=done)]
    return Pushed(len(made.bodies), answers, server, rest, mistakes, load)


def _is_worked_off() -> bool:
    return not PushMessage.objects.filter(state=PushMessage.State.WAITING).exists()


def _mistakes(made: Traffic, *, done: bool) -> list[str]:
    """What is not in the database as it must be."""
    state, rows = PushMessage.State, PushMessage.objects
    expected = {
        "messages stored": (rows.count(), made.stored),
        "courses": (Course.objects.count(), made.courses),
        "lessons": (CourseClass.objects.filter(seat_count=9).count(), made.lessons),
        "videos": (VideoAsset.objects.filter(duration_seconds=600).count(), made.videos),
        "kept": (rows.filter(state=state.KEPT).count(), made.kept),
        "broken ones in the list": (rows.filter(state=state.FAILED, proof="unreadable").count(), made.broken),
        "failed for another reason": (rows.filter(state=state.FAILED).exclude(proof="unreadable").count(), 0),
        "waiting": (rows.filter(state=state.WAITING).count(), 0),
    }
    found = [f"{what}: {is_} instead of {must}" for what, (is_, must) in expected.items() if is_ != must]
    found += [f"turned away: {row}" for row in TurnedAway.objects.exclude(kind=TurnedAway.Kind.WRONG_KEY)]
    return found if done else [*found, "not worked off in time"]


@contextmanager
def _serving(broker: str) -> Iterator[tuple[str, str]]:
    """Web server and worker on the scratch database; yields the address that takes messages, and what serves it."""
    environment = os.environ | {
        "DATABASE_URL": _address(),
        "CELERY_BROKER_URL": broker or "memory://localhost/",
    }
    if broker:
        commands = [
            ["-m", "gunicorn", "backoffice.wsgi", "--bind", f"127.0.0.1:{_PORT}", "--workers", "2", "--threads", "4"],
            ["-m", "celery", "-A", "backoffice", "worker", "--pool", "threads", "--concurrency", "4", "-l", "ERROR",
             "-Q", f"bench-{os.getpid()}"],
        ]  # fmt: skip
        environment["CELERY_TASK_DEFAULT_QUEUE"] = f"bench-{os.getpid()}"
        server = "gunicorn (2 processes of 4 threads), a Celery worker on Redis"
    else:
        commands = [["-m", "bench.push_server", str(_PORT)]]
        server = "the embedded default: threaded web server and worker in one process"
    processes = [subprocess.Popen([sys.executable, *command], env=environment) for command in commands]  # noqa: S603 - our own modules
    try:
        address = f"http://127.0.0.1:{_PORT}"
        if not wait_for(lambda: _answers(address), STARTS_WITHIN):
            raise RuntimeError("the web server did not start")
        yield f"{address}/webhooks/classin/default/", server
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(ENDS_WITHIN)


def _address() -> str:
    """The scratch database as other processes name it."""
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{told['NAME']}"
    return f"postgres://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:  # noqa: S310 - loopback http
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
