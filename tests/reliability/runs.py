"""Running the machine: how many examples, from which seed, on which database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import get_state_machine_test

from operations.tasks import work
from tests.reliability.clock import set_by_hand
from tests.reliability.machine import LEASE
from tests.reliability.model import SCHOOL
from tests.reliability.scenarios import Machine
from tests.reliability.world import build

_CONNECTED = {
    "classin": {"default": {"sid": "1", "secret": "s"}},
    "syngrafii": {"default": {"base_url": "https://sign.example", "api_key": "k"}},
}
_UNHURRIED = dict.fromkeys(("classin", "huawei_vod", "syngrafii"), (10000.0, 1000000))

SEED = 20261122
STEPS = 50


@contextmanager
def ready() -> Iterator[type[Machine]]:
    """A machine class over freshly built rows, with the clock in hand and messages to workers dropped."""
    from operations.models import Policy

    Policy.objects.all().delete()
    operations = {**django_settings.OPERATIONS, "pace": _UNHURRIED, "lease_seconds": LEASE.total_seconds()}
    with (
        override_settings(PROVIDER_ACCOUNTS=_CONNECTED, OPERATIONS=operations, TIME_ZONE=SCHOOL.key),
        set_by_hand() as clock,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(work, "delay", lambda *_ids: None)
        patch.setattr("operations.engine.sweep.do_chores", lambda: None)  # they claim nothing
        yield type("Machine", (Machine,), {"world": build(), "clock": clock})


def run(
    machine: type[Machine],
    *,
    examples: int,
    steps: int = STEPS,
    start: int = SEED,
    shrink: bool = False,
) -> None:
    """Run `examples` examples of at most `steps` steps from this seed; raises what the first bad one raised."""
    phases = [Phase.generate, *([Phase.shrink] if shrink else [])]
    test = get_state_machine_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            database=None,
            deadline=None,
            phases=phases,
            report_multiple_bugs=False,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.normal if shrink else Verbosity.quiet,
        ),
    )
    seed(start)(test)()
