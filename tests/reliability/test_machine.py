"""Nothing held, cancelled, unapproved, early or outside the frozen list is ever sent, whatever people and workers do."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.reliability.runs import SEED, run, ready

pytestmark = pytest.mark.django_db(transaction=True)


def test_in_a_few_examples_nothing_is_sent_that_must_not_be():
    with ready() as machine:
        machine.seen = Counter()
        run(machine, examples=int(os.environ.get("N", "40")), start=int(os.environ.get("S", SEED)))
        print(sum(machine.seen.values()), machine.seen.most_common())
