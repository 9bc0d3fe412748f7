"""How a run ends: finished when nothing is left to do, halted when going on would be senseless or dangerous."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from audit.actors import system
from audit.services import Entry, record_many
from operations.audit_actions import RUN_FINISHED, RUN_HALTED
from operations.clock import database_now
from operations.engine import news
from operations.models import Item, Run
from operations.states import OPEN_ITEM_STATES, Halt, RunState


def halt(run: Run, why: Halt, *, detail: str = "", now: datetime) -> None:
    """Stop claiming for this run, inside the caller's transaction; what is in flight still settles."""
    halted = Run.objects.filter(pk=run.pk, state=RunState.RUNNING).update(
        state=RunState.HALTED, halt=why, halt_detail=detail[:300]
    )
    if halted:
        record_many(
            [
                Entry(
                    action=RUN_HALTED,
                    actor=system("worker"),
                    run_id=run.pk,
                    reason=run.reason,
                    details={"why": why.value, "note": detail[:300]},
                )
            ]
        )
        news.halted(run, why, now=now)


def finish_if_over(run_id: int) -> bool:
    """Finish the run when every item is settled; whoever comes second finds it finished already.

    When all that is open are items that nobody confirmed, somebody put them there: the run halts and a person looks.
    """
    with transaction.atomic():
        still_open = Item.objects.filter(run_id=run_id, state__in=OPEN_ITEM_STATES)
        if still_open.filter(confirmed=True).exists():
            return False
        if still_open.exists():
            halt(Run.objects.select_for_update().get(pk=run_id), Halt.LIST_CHANGED, now=database_now())
            return False
        finished = Run.objects.filter(pk=run_id, state=RunState.RUNNING).update(
            state=RunState.FINISHED, ended_at=database_now()
        )
        if finished:
            counts = dict(
                Item.objects.filter(run_id=run_id).order_by().values_list("outcome").annotate(Count("pk"))
            )
            record_many(
                [
                    Entry(
                        action=RUN_FINISHED,
                        actor=system("worker"),
                        run_id=run_id,
                        details={"outcomes": counts},
                    )
                ]
            )
        run = Run.objects.get(pk=run_id)
        if finished:
            news.finished(run)
        news.unknown_left(run)
    return bool(finished)


def halt_words(run: Run) -> str:
    """The sentence that the run page shows for a halt."""
    if not run.halt:
        return ""
    label = Halt(run.halt).label
    return (
        _("%(label)s: %(detail)s") % {"label": label, "detail": run.halt_detail}
        if run.halt_detail
        else str(label)
    )
