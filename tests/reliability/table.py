"""docs/reliability.md: `python -m tests.reliability.table [examples] [examples for each mutant] [processes]`.

Runs the machine in shards with seeds of their own, as the full tier does, then every mutant, and writes what came of it.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path
from string import Template
from typing import Any

import django
from django.test.utils import setup_databases, teardown_databases

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
_TEXT = Path(__file__).with_name("page.md")
_machine: list[Any] = []
"""This process's machine, once it has begun."""


@dataclass(frozen=True)
class Ran:
    """What came of one shard or of one mutant: `words` are those of the violation, "" without one."""

    examples: int
    seconds: float
    words: str
    seen: Counter[str]


def main(examples: int, at_most: int, processes: int) -> int:
    """Write the page; returns 1 when the machine found a bug in the engine, or missed a deliberate one."""
    _begin_django()
    from tests.reliability.mutants import MUTANTS
    from tests.reliability.runs import SEED, shards

    begun = time.monotonic()
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin_process) as pool:
        honest = list(pool.map(_shard, *zip(*shards(examples, SEED), strict=True)))
        machine_took = time.monotonic() - begun
        caught = list(pool.map(_mutant, range(len(MUTANTS)), [at_most] * len(MUTANTS)))
    begun += machine_took
    violations = [ran.words for ran in honest if ran.words]
    missed = [mutant.name for mutant, ran in zip(MUTANTS, caught, strict=True) if not ran.words]
    page = _page(honest, caught, at_most, machine_took, time.monotonic() - begun, processes)
    PAGE.write_text(page, encoding="utf-8")
    print(f"{PAGE.name}: {len(violations)} violations, {len(missed)} deliberate bugs missed: {missed}")
    return int(bool(violations or missed))


def _begin_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()


def _begin_process() -> None:
    """A database of its own, by the process's number, with the machine's rows in it; gone with the process."""
    _begin_django()
    from tests.reliability.runs import ready

    databases = setup_databases(verbosity=0, interactive=False)
    prepared = ExitStack()
    prepared.callback(teardown_databases, databases, 0)
    _machine.append(prepared.enter_context(ready()))
    Finalize(None, prepared.close, exitpriority=1)


def _shard(examples: int, start: int) -> Ran:
    return _run(examples, start, "")


def _mutant(number: int, at_most: int) -> Ran:
    from tests.reliability.mutants import MUTANTS
    from tests.reliability.runs import SEED

    return _run(at_most, SEED, MUTANTS[number].name)


def _run(examples: int, start: int, mutant: str) -> Ran:
    from tests.reliability.runs import first_violation

    begun = time.process_time()
    violation, made, seen = first_violation(_machine[0], examples, start, mutant)
    return Ran(made, time.process_time() - begun, str(violation or ""), seen)


def _page(
    honest: Iterable[Ran], caught: list[Ran], at_most: int, took: float, mutants_took: float, processes: int
) -> str:
    from django.db import connection

    from tests.reliability.mutants import LIFTED, MUTANTS
    from tests.reliability.runs import SEED, STEPS, calls_in

    seen: Counter[str] = sum((ran.seen for ran in honest), Counter())
    examples, calls = sum(ran.examples for ran in honest), calls_in(seen)
    rows = [
        f"| {mutant.name} | {ran.examples if ran.words else '–'} | {ran.words or '**not caught**'} |"
        f" {', '.join(LIFTED[lift] for lift in mutant.lifted)} |"
        for mutant, ran in zip(MUTANTS, caught, strict=True)
    ]
    return Template(_TEXT.read_text(encoding="utf-8")).substitute(
        examples=f"{examples:,}",
        steps=STEPS,
        seed=SEED,
        calls=f"{calls:,}",
        violations="; ".join(ran.words for ran in honest if ran.words) or "none",
        minutes=f"{took / 60:.1f}",
        processor=f"{sum(ran.seconds for ran in honest):.0f}",
        mutants_minutes=f"{mutants_took / 60:.1f}",
        mutants_processor=f"{sum(ran.seconds for ran in caught):.0f}",
        processes=processes,
        cores=os.cpu_count(),
        machine=_processor(),
        python=platform.python_version(),
        database=f"{connection.vendor} {connection.Database.sqlite_version if connection.vendor == 'sqlite' else ''}".strip(),
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        three_examples=f"{3 / max(1, examples):.2%}",
        three_calls=f"{3 / max(1, calls):.2%}",
        caught=sum(1 for ran in caught if ran.words),
        mutants=len(caught),
        at_most=at_most,
        rows="\n".join(rows),
        events="\n".join(f"| {what} | {count:,} |" for what, count in sorted(seen.items())),
    )


def _processor() -> str:
    """The processor's name where the system tells it."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    defaults = [1000, 100, os.cpu_count() or 1]
    sys.exit(main(*numbers, *defaults[len(numbers) :]))
