"""A machine that finds no bug proves nothing: each deliberate bug of the engine must be found, by the model and not by a crash."""

from __future__ import annotations

import os

import pytest
from django.db import connection

from tests.reliability.model import Violation
from tests.reliability.mutants import MUTANTS, Mutant, mutated
from tests.reliability.runs import SEED, ready, run

pytestmark = pytest.mark.django_db(transaction=True)

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


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_the_machine_finds_it(mutant):
    violation = found(mutant)
    print("FOUND", mutant.name, "::", violation)
    assert violation
