"""Running the machine: how many examples, from which seed, on which database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import override_settings
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import get_state_machine_test

from operations.tasks import work
from tests.reliability.clock import set_by_hand
from tests.reliability.machine import LEASE
from tests.reliability.model import SCHOOL, Violation
from tests.reliability.mutants import MUTANTS
from tests.reliability.scenarios import Machine
from tests.reliability.world import build

_CONNECTED = {
    "classin": {"default": {"sid": "1", "secret": "s"}},
    "syngrafii": {"default": {"base_url": "https://sign.example", "api_key": "k"}},
}
_UNHURRIED = dict.fromkeys(("classin", "huawei_vod", "syngrafii"), (10000.0, 1000000))

SEED = 20261122
STEPS = 50
SHARD = 100


@contextmanager
def ready() -> Iterator[type[Machine]]:
    """A machine class over freshly built rows, with the clock in hand and messages to workers dropped."""
    from operations.models import Policy

    Policy.objects.all().delete()
    operations = {**django_settings.OPERATIONS, "pace": _UNHURRIED, "lease_seconds": LEASE.total_seconds()}
    with (
        override_settings(PROVIDER_ACCOUNTS=_CONNECTED, OPERATIONS=operations, TIME_ZONE=SCHOOL.key),
        set_by_hand() as clock,
        _unflushed(),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(work, "delay", lambda *_ids: None)
        patch.setattr("operations.engine.sweep.do_chores", lambda: None)  # they claim nothing
        yield type("Machine", (Machine,), {"world": build(), "clock": clock})


@contextmanager
def _unflushed() -> Iterator[None]:
    """Commits that no disk waits for: nobody pulls this database's plug. The connection is closed afterwards."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
    yield


def run(machine: type[Machine], *, examples: int, steps: int = STEPS, start: int = SEED) -> None:
    """Run `examples` examples of at most `steps` steps from this seed; raises what the first bad one raised."""
    test = get_state_machine_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        ),
    )
    seed(start)(test)()


def first_violation(
    machine: type[Machine], examples: int, start: int = SEED, mutant: str = ""
) -> tuple[Violation | None, int, Counter[str]]:
    """The first violation, if any, after how many examples, and what happened in them. Crashes come through."""
    machine.seen, machine.examples = Counter(), 0
    with next((each.applied() for each in MUTANTS if each.name == mutant), nullcontext()):
        try:
            run(machine, examples=examples, start=start)
        except Violation as violation:
            return violation, machine.examples - 1, machine.seen  # the last one was the first bad one again
        return None, machine.examples, machine.seen


def shards(examples: int, start: int) -> list[tuple[int, int]]:
    """The examples in parts of at most a hundred, each with its number of examples and its seed."""
    return [(min(SHARD, examples - done), start + done // SHARD) for done in range(0, examples, SHARD)]


def calls_in(seen: Counter[str]) -> int:
    """How many deletions arrived at the provider."""
    return sum(count for what, count in seen.items() if what.startswith("call:"))
