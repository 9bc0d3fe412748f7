"""The figures of docs/reliability.md: `python -m tests.reliability.table [examples] [examples for each mutant]`."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter

import django
from django.db import connection
from django.test.utils import setup_databases, teardown_databases


def main(examples: int, at_most: int) -> int:
    """Run the machine and every mutant on a database of its own; prints Markdown, returns 1 when something is wrong."""
    from tests.reliability.model import Violation
    from tests.reliability.mutants import LIFTED, MUTANTS
    from tests.reliability.runs import SEED, STEPS, ready, run

    missed = 0
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        with ready() as machine:
            machine.seen = Counter()
            begun = time.process_time()
            run(machine, examples=examples)
            calls = sum(count for what, count in machine.seen.items() if what.startswith("call:"))
            print(
                f"{examples} examples of at most {STEPS} steps, seed {SEED}, {connection.vendor}:"
                f" 0 violations, {calls} calls judged, {time.process_time() - begun:.0f} s of processor time.\n"
            )
            if os.environ.get("VERBOSE"):
                print(machine.seen.most_common())
            print("| Deliberate bug | Found by | Lifted constraint |\n| --- | --- | --- |", flush=True)
            for mutant in MUTANTS:
                with mutant.applied():
                    try:
                        run(machine, examples=at_most)
                        words = "**not found**"
                        missed += 1
                    except Violation as violation:
                        words = str(violation)
                print(
                    f"| {mutant.name} | {words} | {', '.join(LIFTED[lift] for lift in mutant.lifted)} |",
                    flush=True,
                )
    finally:
        teardown_databases(databases, verbosity=0)
    print(f"\n{len(MUTANTS) - missed} of {len(MUTANTS)} deliberate bugs were found.")
    return int(bool(missed))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    numbers = [int(word) for word in sys.argv[1:]] or [1000, 600]
    sys.exit(main(numbers[0], numbers[-1]))
