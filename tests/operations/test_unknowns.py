"""Answers that say nothing clear: several of them in a row halt a run, also when one answer holds them all."""

from __future__ import annotations

import pytest

from operations.engine.claim import Request
from operations.engine.settle import Judged
from operations.engine.window import Window
from operations.engine.work import _lost_at_the_end
from operations.models import Item


def request_of(*pks: int) -> Request:
    return Request(operation=None, items=[Item(pk=pk) for pk in pks], attempt=None, fence=None)  # type: ignore[arg-type]  # only the items are read


@pytest.mark.parametrize(
    ("unknown", "lost"), [(set(), 0), ({1, 2, 3}, 3), ({2, 3}, 2), ({1, 2}, 0), ({1, 3}, 1)]
)
def test_those_at_the_end_of_an_answer_are_in_a_row(unknown, lost):
    assert _lost_at_the_end(request_of(1, 2, 3), Judged(unknown=unknown)) == lost


def test_a_clear_answer_ends_the_row():
    window = Window(limit=8)
    window.lost(2)
    window.good()
    window.lost()
    assert window.unknowns_in_a_row == 1
