"""The sweeper: finds what a crash or a lost message left behind, and wakes what is due."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from operations.clock import database_now
from operations.engine.chores import do_chores
from operations.engine.finish import finish_if_over
from operations.engine.fresh_look import wake_looks
from operations.engine.settle import settle_lost
from operations.engine.waiting import pass_time
from operations.engine.wake import wake
from operations.models import Item, Run
from operations.states import Halt, ItemState, RunState

_BATCH = 500


def sweep() -> int:
    """One pass; returns how many runs were woken. Safe to run anywhere, any number of times, by several at once."""
    for run_id in _runs_with_expired_leases():
        _take_over(run_id)
        finish_if_over(run_id)
    pass_time()
    wake_looks()
    runs = list(Run.objects.filter(state=RunState.RUNNING).values_list("pk", flat=True))
    now = database_now()
    looking = set(
        Item.objects.filter(
            Q(run__state=RunState.CANCELLED) | Q(run__state=RunState.HALTED, run__halt=Halt.SWITCH),
            state=ItemState.LOOKING,
            fence=None,
            due_at__lte=now,
        )
        .order_by()
        .values_list("run_id", flat=True)
        .distinct()
    )
    for run_id in looking:
        wake(run_id)
    due = set(
        Item.objects.filter(
            run_id__in=runs,
            state__in=[ItemState.QUEUED, ItemState.LOOKING],
            fence=None,
            due_at__lte=now,
            confirmed=True,
        )
        .order_by()
        .values_list("run_id", flat=True)
        .distinct()
    )
    for run_id in runs:
        if run_id in due:
            wake(run_id)
        else:
            finish_if_over(run_id)
    do_chores()
    return len(due)


def _runs_with_expired_leases() -> list[int]:
    expired = Item.objects.filter(
        state__in=[ItemState.SENDING, ItemState.LOOKING], fence__isnull=False, lease_until__lt=database_now()
    )
    return list(expired.order_by().values_list("run_id", flat=True).distinct())


def _take_over(run_id: int) -> None:
    """A worker died between claim and settlement: nobody knows the end of its calls, so they are unknown."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        items = list(
            Item.objects.select_for_update(skip_locked=True)
            .filter(
                run=run,
                state__in=[ItemState.SENDING, ItemState.LOOKING],
                fence__isnull=False,
                lease_until__lt=database_now(),
            )
            .order_by("pk")[:_BATCH]
        )
        settle_lost(run, items, message=_("The worker ended before it wrote down the answer."))
