"""Deletions that count down, as every page shows them: which, when, and whether this person may cancel them."""

from __future__ import annotations

from typing import Any

from operations.clock import database_now
from operations.engine import waiting
from operations.engine.policy import policy
from operations.models import Run
from operations.person import Person
from operations.registry import registry
from operations.states import RunState
from screens.dates import age_text, clock_text

SHOWN = 3
"""Countdowns that the band shows; the list of runs has the others."""


def coming_deletions(user: Person, *, here: str) -> list[dict[str, Any]]:
    """The next deletions to start, the first one first, without the one whose page this is."""
    counting_down = Run.objects.filter(state=RunState.COUNTING_DOWN)
    soon = list(counting_down.order_by("not_before", "pk")[: SHOWN + 1])
    if not soon:
        return []
    rows, rules, now = [], policy(), database_now()
    for run in soon:
        url = run.get_absolute_url()
        if url != here:
            moment, after_quiet = waiting.goes_at(run, now, rules)
            rows.append(
                {
                    "run": run,
                    "url": url,
                    "at": clock_text(moment),
                    "starts_in": age_text(moment),
                    "after_quiet": after_quiet,
                    "may_cancel": may_cancel(run, user),
                }
            )
    return rows[:SHOWN]


def may_cancel(run: Run, user: Person) -> bool:
    """Whether this person has the right to every operation of the run."""
    return set(run.operations) <= cancellable_operations(user)


def cancellable_operations(user: Person) -> set[str]:
    """The operations whose runs this person may cancel."""
    return {operation.key for operation in registry if user.has_perm(operation.permission)}
