"""Nothing held, cancelled, unapproved, early or outside the frozen list is ever sent, whatever people and workers do.

The short tier is the same few examples every time and belongs to the ordinary suite. `RELIABILITY=full` runs 1,000 examples
of 50 steps in four parts with seeds of their own, on whichever database the suite runs on.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from django.db import connection

from tests.reliability.runs import SEED, STEPS, ready, run

pytestmark = pytest.mark.django_db(transaction=True)

FULL = os.environ.get("RELIABILITY") == "full"
PARTS = 4
EXAMPLES = 1000 if connection.vendor == "sqlite" else 200


def judged(examples: int, start: int) -> Counter[str]:
    """Run the machine; what happened in its examples. Raises Violation when anything was sent that must not be."""
    with ready() as machine:
        machine.seen = Counter()
        run(machine, examples=examples, start=start)
        return machine.seen


def calls_in(seen: Counter[str]) -> int:
    return sum(count for what, count in seen.items() if what.startswith("call:"))


@pytest.mark.skipif(FULL, reason="the full tier does more of the same")
def test_in_a_few_examples_nothing_is_sent_that_must_not_be():
    seen = judged(12, SEED)
    assert calls_in(seen) >= 10
    assert seen["confirm (rightly)"] >= 10


@pytest.mark.skipif(not FULL, reason="RELIABILITY=full runs it: make reliability")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_in_a_thousand_examples_nothing_is_sent_that_must_not_be(part):
    seen = judged(EXAMPLES // PARTS, SEED + part)
    print(
        f"\npart {part + 1} of {PARTS}: {EXAMPLES // PARTS} examples of at most {STEPS} steps, seed {SEED + part},"
        f" {connection.vendor}, {calls_in(seen)} calls judged: {seen.most_common()}"
    )
    assert calls_in(seen) >= EXAMPLES // PARTS
    for what in (
        "call: lost after its effect",
        "late answer",
        "retry",
        "decide",
        "approve",
        "cancel",
        "resume",
    ):
        assert seen[what], f"never happened: {what}"
