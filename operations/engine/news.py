"""Whom the engine tells what of a run; each inside the transaction of what it speaks of."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count

from audit.actors import Actor
from operations.models import Item, Run
from operations.notices import tell
from operations.registry import registry
from operations.states import OPEN_ITEM_STATES, Halt, Outcome, RunState

_RIGHTS_BACKEND = "django.contrib.auth.backends.ModelBackend"


def approval_wanted(run: Run) -> None:
    """Everyone who may approve it, when it waits for that. Confirmed anew after it was sent back, they are told anew."""
    if run.state == RunState.WAITING_APPROVAL and run.confirmed_at:
        count = Item.objects.filter(run=run, confirmed=True).count()
        _tell(
            _people_with("operations.approve_run") - {run.requested_by_id},
            "operations.run.approval_wanted",
            run,
            step=run.confirmed_at.isoformat(),
            name=run.requested_name,
            count=count,
        )


def approved(run: Run) -> None:
    waits = int(run.state == RunState.COUNTING_DOWN)
    _tell({run.requested_by_id}, "operations.run.approved", run, name=run.approved_name, waits=waits)


def sent_back(run: Run) -> None:
    """The requester; `run.token` is a fresh one with each sending back."""
    name, comment = run.sent_back_name, run.sent_back_comment
    _tell(
        {run.requested_by_id},
        "operations.run.sent_back",
        run,
        step=str(run.token),
        name=name,
        comment=comment,
    )


def approval_expired(run: Run) -> None:
    _tell({run.requested_by_id}, "operations.run.approval_expired", run)


def finished(run: Run) -> None:
    """Who asked and who approved, with a number for each outcome. Edits that all went well are no news: their page says so."""
    rows = Item.objects.filter(run=run, confirmed=True).order_by().values_list("outcome")
    counts = dict(rows.annotate(Count("pk")))
    outcomes = {outcome.value: counts.get(outcome.value, 0) for outcome in Outcome}
    if counts.keys() <= {Outcome.DONE, Outcome.ALREADY} and not _destroys(run):
        return
    _tell(_both(run), "operations.run.finished", run, **outcomes)


def halted(run: Run, why: Halt, *, now: datetime, by: int | None = None) -> None:
    """Who asked and who approved; each halt of a run once. Not the person who halted it (`by`)."""
    _tell(_both(run) - {by}, "operations.run.halted", run, step=now.isoformat(), why=why.value)


def cancelled(run: Run, actor: Actor, count: int) -> None:
    """Who asked and who approved, unless they cancelled it themselves."""
    people = _both(run) - {actor.user_id}
    _tell(people, "operations.run.cancelled", run, name=actor.name, count=count)


def unknown_left(run: Run) -> None:
    """When nothing of the run is open any more: who asked for it and who may decide about what stayed unknown."""
    items = Item.objects.filter(run=run)
    count = items.filter(outcome=Outcome.UNKNOWN).count()
    if not count or items.filter(state__in=OPEN_ITEM_STATES).exists():
        return
    rights = {registry[key].permission for key in run.operations}
    deciders = reduce(set.intersection, (_people_with(right) for right in rights))
    _tell(deciders | {run.requested_by_id}, "operations.run.unknown", run, count=count)


def _destroys(run: Run) -> bool:
    return any(registry[key].risk.destructive for key in run.operations)


def _both(run: Run) -> set[int | None]:
    return {run.requested_by_id, run.approved_by_id}


def _people_with(right: str) -> set[int | None]:
    people: Any = get_user_model().objects
    return set(people.with_perm(right, backend=_RIGHTS_BACKEND).values_list("pk", flat=True))


def _tell(people: set[int | None], kind: str, run: Run, *, step: str = "", **details: str | int) -> None:
    known = [pk for pk in people if pk is not None]
    if known:
        tell(known, kind, run=run, details=details, link=run.get_absolute_url(), step=step)
