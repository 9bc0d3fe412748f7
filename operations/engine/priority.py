"""What goes first at an account: the work that people confirmed, before anything that only reads."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from operations.engine.waiting import waits_for_quiet_hours
from operations.models import Item, Run
from operations.states import Halt, ItemState, RunState

_LOOKS_ON = Q(run__state__in=[RunState.RUNNING, RunState.CANCELLED]) | Q(
    run__state=RunState.HALTED, run__halt=Halt.SWITCH
)
"""Runs whose lost answers are still looked up."""


def work_is_due(account_id: int, now: datetime) -> bool:
    """Whether a confirmed item could be sent, or a lost answer looked up, at this account now."""
    due = Item.objects.filter(account_id=account_id, due_at__lte=now, fence=None, confirmed=True).order_by()
    # Both states, as the partial index of leases has them; what is being sent has a fence.
    if due.filter(_LOOKS_ON, state__in=[ItemState.SENDING, ItemState.LOOKING]).exists():
        return True
    return any(
        due.filter(run=run, state=ItemState.QUEUED).exists() and not waits_for_quiet_hours(run, now)
        for run in Run.objects.filter(state=RunState.RUNNING)
    )
