"""Nothing held, cancelled, unapproved, early or outside the frozen list is ever sent, whatever people and workers do.

The short tier is the same few examples every time and belongs to the ordinary suite. `RELIABILITY=full` runs 1,000 examples
of 50 steps in shards with seeds of their own, on whichever database the suite runs on.
"""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection

from tests.reliability.runs import SEED, STEPS, calls_in, first_violation, ready, shards
from tests.tiers import FULL, tier

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]

EXAMPLES = tier(quick=5, full=1000 if connection.vendor == "sqlite" else 200)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("examples", "start"), shards(EXAMPLES, SEED))
def test_nothing_is_sent_that_must_not_be(examples, start):
    with ready() as machine:
        violation, _made, seen = first_violation(machine, examples, start)
    assert violation is None
    print(
        f"\n{examples} examples of {STEPS} steps, seed {start}, {connection.vendor}: {calls_in(seen)} calls judged"
    )
    assert calls_in(seen) >= examples
    assert seen["confirm (rightly)"] >= examples
    assert not missing(seen)


def missing(seen: Counter[str]) -> list[str]:
    """What should have happened in a shard of the full tier and never did; in the short tier nothing must."""
    wanted = (
        "approve",
        "call: lost after its effect",
        "cancel",
        "decide",
        "late answer",
        "let lower limits count",
        "release hold",
        "resume",
        "retry",
        "send back",
        "sign",
    )
    return [what for what in wanted if FULL and not seen[what]]
