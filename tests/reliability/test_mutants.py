"""A machine that finds no bug proves nothing: each deliberate bug of the engine must be found, by the model and not by a crash."""

from __future__ import annotations

import os

import pytest
from django.db import connection

from tests.reliability.model import Violation
from tests.reliability.mutants import MUTANTS, Mutant, function_at, mutated
from tests.reliability.runs import SEED, ready, run

EXAMPLES = 600
"""Examples within which every mutant must be found; most are within ten."""


def found(mutant: Mutant) -> Violation | None:
    """The violation by which the machine finds this mutant, None when it does not. Crashes come through."""
    with ready() as machine, mutant.applied():
        try:
            run(machine, examples=EXAMPLES)
        except Violation as violation:
            return violation
    return None


def in_this_tier(mutant: Mutant) -> bool:
    return mutant.fast or os.environ.get("RELIABILITY") == "full"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="constraints are lifted as SQLite lets them be")
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "mutant",
    [mutant for mutant in MUTANTS if in_this_tier(mutant)],
    ids=lambda mutant: mutant.name.replace(" ", "-"),
)
def test_the_machine_finds_it(mutant):
    violation = found(mutant)
    assert violation, f"not found in {EXAMPLES} examples of seed {SEED}"
    print(f"\n{mutant.name}: {violation}")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_every_mutant_changes_what_the_engine_does(mutant):
    for where in {change.where for change in mutant.changes}:
        here = [change for change in mutant.changes if change.where == where]
        assert mutated(where, here) is not function_at(where).__code__
