"""What a person can do with a confirmed run: pause it, cancel the rest, let it go on, retry."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.denials import Denied
from audit.services import Entry, record_many
from operations.audit_actions import RUN_CANCELLED, RUN_PAUSED, RUN_RESUMED
from operations.clock import database_now
from operations.engine import news, waiting
from operations.engine.confirm import is_destructive, operations_of
from operations.engine.digest import list_digest
from operations.engine.finish import finish_if_over
from operations.engine.freeze import freeze
from operations.engine.lost import unless_lost
from operations.engine.refusals import Refused
from operations.engine.wake import wake
from operations.models import Item, Run, StopSwitch
from operations.person import Person
from operations.registry import registry
from operations.states import ItemState, Outcome, RunState

CANCELLABLE = (
    RunState.WAITING_APPROVAL,
    RunState.COUNTING_DOWN,
    RunState.RUNNING,
    RunState.PAUSED,
    RunState.HALTED,
)
RETRIABLE = (Outcome.NOT_SENT, Outcome.REJECTED, Outcome.CANCELLED)


def check_may(run: Run, user: Person) -> None:
    """Raise Denied unless the person has the right to every operation of this run."""
    for operation in operations_of(run):
        if not user.has_perm(operation.permission):
            raise Denied(operation.audit["denied"], details={"why": "no_permission"})


def cancel_rest(run: Run, *, actor: Actor, user: Person) -> int:
    """Cancel everything that is not yet at the provider; returns how many items of the confirmed list that were.

    What is in flight settles with its answer, lost answers are still looked up or stay unknown; nothing is sent any more.
    """
    check_may(run, user)
    with transaction.atomic():
        locked = Run.objects.select_for_update().get(pk=run.pk)
        if locked.state not in CANCELLABLE:
            raise Refused("not_running", _("This run is over; nothing is left to cancel."))
        now = database_now()
        queued = Item.objects.filter(run=locked, state=ItemState.QUEUED)
        count = queued.filter(confirmed=True).exclude(outcome=Outcome.UNKNOWN).count()
        queued.update(
            state=ItemState.SETTLED,
            outcome=unless_lost(Outcome.CANCELLED),
            settled_at=now,
            due_at=None,
            fence=None,
        )
        Run.objects.filter(pk=locked.pk).update(
            state=RunState.CANCELLED, ended_at=now, halt="", halt_detail=""
        )
        record_many([Entry(action=RUN_CANCELLED, actor=actor, run_id=run.pk, details={"count": count})])
        news.cancelled(locked, actor, count)
        news.unknown_left(locked)
    return count


def pause(run: Run, *, actor: Actor, user: Person) -> None:
    """Claim nothing more for this run until somebody lets it go on; what is in flight settles. Twice is harmless.

    A run that still counts down keeps the rest of its waiting time.
    """
    check_may(run, user)
    with transaction.atomic():
        locked = Run.objects.select_for_update().get(pk=run.pk)
        if locked.state == RunState.PAUSED:
            return
        if locked.state not in (RunState.RUNNING, RunState.COUNTING_DOWN):
            raise Refused("not_running", _("This run is not running."))
        Run.objects.filter(pk=run.pk).update(state=RunState.PAUSED, paused_at=database_now())
        record_many([Entry(action=RUN_PAUSED, actor=actor, run_id=run.pk)])


def resume(run: Run, *, actor: Actor, user: Person) -> None:
    """Let a halted or paused run go on. While all deletions are stopped, none that deletes does."""
    check_may(run, user)
    with transaction.atomic():
        if is_destructive(run) and StopSwitch.is_on():
            raise Refused(
                "switch",
                _("All deletions are stopped for now. This run can go on when they are allowed again."),
            )
        locked = Run.objects.select_for_update().get(pk=run.pk)
        if locked.state not in (RunState.HALTED, RunState.PAUSED):
            raise Refused("not_halted", _("This run is not halted."))
        if locked.started_at is None:
            waiting.count_on(locked, database_now())
        else:
            locked.state, locked.paused_at = RunState.RUNNING, None
        locked.halt = locked.halt_detail = ""
        locked.save()
        record_many([Entry(action=RUN_RESUMED, actor=actor, run_id=run.pk)])
        waiting.record_schedule(locked, actor)
        transaction.on_commit(lambda: _go_on(run.pk))


def _go_on(run_id: int) -> None:
    """The last answers may have come while the run stood still: then it is over."""
    if not finish_if_over(run_id):
        wake(run_id)


def retry(run: Run, *, actor: Actor, user: Person) -> Run:
    """Make a new plan, a child of this run, of the items that are safe to send again. Unknown ones never are.

    Only what was confirmed comes into it, and nothing where the list is not the one that was confirmed, and approved.
    """
    check_may(run, user)
    if not _is_as_confirmed(run):
        raise Refused(
            "list_changed",
            _("The list of this run is not the one that was confirmed, so nothing of it is sent again."),
        )
    again = Item.objects.filter(run=run, confirmed=True, state=ItemState.SETTLED, outcome__in=RETRIABLE)
    operations = [
        registry[key] for key in again.order_by("operation").values_list("operation", flat=True).distinct()
    ]
    if not operations:
        raise Refused("nothing_to_retry", _("Nothing in this run can be sent again safely."))
    models = {operation.target for operation in operations}
    if len(models) > 1:
        raise Refused("mixed_targets", _("These items are of different kinds; retry them from their lists."))
    selection = models.pop()._default_manager.filter(pk__in=again.values("target_id"))
    words = _("Retry of R-%(run)s") % {"run": run.pk}
    return freeze(operations, selection, actor=actor, user=user, filter_words=words, parent=run)


def _is_as_confirmed(run: Run) -> bool:
    if run.confirmed_at is None:
        return True  # nothing of it is confirmed, so nothing is taken
    approved = run.approved_by_id is None or run.approved_digest == run.digest
    return approved and list_digest(run) == run.digest
