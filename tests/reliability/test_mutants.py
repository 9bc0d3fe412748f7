"""A machine that finds no bug proves nothing: each deliberate bug of the engine must be found, by the model and not by a crash."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.reliability.mutants import MUTANTS, function_at, mutated
from tests.reliability.runs import SEED, first_violation, ready
from tests.tiers import FULL

EXAMPLES = 200
"""Examples within which every mutant must be found; most are within ten."""


@pytest.mark.walk
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="constraints are lifted as SQLite lets them be")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", [mutant.name for mutant in MUTANTS if FULL or mutant.fast])
def test_the_machine_finds_it(name):
    with ready() as machine:
        violation, made, _seen = first_violation(machine, EXAMPLES, SEED, name)
    assert violation, f"not found in {EXAMPLES} examples of seed {SEED}"
    print(f"\n{name}, example {made}: {violation}")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_every_mutant_changes_what_the_engine_does(mutant):
    for where in {change.where for change in mutant.changes}:
        here = [change for change in mutant.changes if change.where == where]
        assert mutated(where, here) is not function_at(where).__code__
