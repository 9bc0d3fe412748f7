"""Between a person's last "yes" and the first request: approval window and waiting time, by the database's clock alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from audit.actors import Actor, system
from audit.services import Entry, record_many
from operations.audit_actions import RUN_APPROVAL_EXPIRED, RUN_SCHEDULED, RUN_STARTED
from operations.clock import database_now
from operations.engine import news
from operations.engine.policy import needs_approval, policy, wait_seconds
from operations.models import Item, Policy, Run
from operations.registry import registry
from operations.states import ItemState, Outcome, Risk, RunState


def ask_policy(run: Run, now: datetime) -> None:
    """Set on a run that is being confirmed what the policy asks: an approval, a waiting time, or nothing."""
    rules = policy()
    risks, count = going(run)
    run.needs_approval = needs_approval(rules, risks, count)
    run.wait_seconds = wait_seconds(rules, risks)
    run.sent_back_name = run.sent_back_comment = ""
    if run.needs_approval:
        run.state = RunState.WAITING_APPROVAL
        run.not_before = None
        run.approve_until = now + timedelta(hours=rules.approval_hours)
    else:
        count_down(run, now)


def going(run: Run) -> tuple[set[Risk], int]:
    """The risks of what goes (or will go, in a plan), and how many items that is."""
    rows = Item.objects.filter(run=run, left_out="").order_by().values_list("operation")
    counts = dict(rows.annotate(Count("pk")))
    return {registry[key].risk for key in counts}, sum(counts.values())


def count_down(run: Run, now: datetime) -> None:
    """Let the waiting time begin; without one the run starts at once. The caller saves the run."""
    run.not_before = now + timedelta(seconds=run.wait_seconds)
    if run.wait_seconds:
        run.state = RunState.COUNTING_DOWN
    else:
        run.state = RunState.RUNNING
        run.started_at = now


def lengthen(run: Run, rules: Policy) -> None:
    """Where the policy became stricter since the confirmation, the longer waiting time counts; it never shrinks."""
    run.wait_seconds = max(run.wait_seconds, wait_seconds(rules, going(run)[0]))


def record_schedule(run: Run, actor: Actor) -> None:
    """The ledger's own line for a deletion that will come, apart from the deletion."""
    if run.state == RunState.COUNTING_DOWN and run.not_before:
        details = {"not_before": run.not_before.isoformat(), "wait_seconds": run.wait_seconds}
        record_many([Entry(action=RUN_SCHEDULED, actor=actor, run_id=run.pk, details=details)])


def start(run: Run, now: datetime) -> bool:
    """Start this run if its waiting time is over; one conditional UPDATE, inside the caller's transaction."""
    started = Run.objects.filter(pk=run.pk, state=RunState.COUNTING_DOWN, not_before__lte=now).update(
        state=RunState.RUNNING, started_at=now
    )
    if started:
        run.state, run.started_at = RunState.RUNNING, now
        record_many([Entry(action=RUN_STARTED, actor=system("worker"), run_id=run.pk)])
    return bool(started)


def pass_time() -> None:
    """What time alone does: countdowns that are over start, approvals that nobody gave run out."""
    now = database_now()
    for run in Run.objects.filter(state=RunState.COUNTING_DOWN, not_before__lte=now):
        with transaction.atomic():
            start(run, now)
    for run in Run.objects.filter(state=RunState.WAITING_APPROVAL, approve_until__lte=now):
        _expire(run, now)


def _expire(run: Run, now: datetime) -> None:
    with transaction.atomic():
        if not Run.objects.filter(pk=run.pk, state=RunState.WAITING_APPROVAL, approve_until__lte=now).update(
            state=RunState.CANCELLED, ended_at=now
        ):
            return
        count = Item.objects.filter(run=run, state=ItemState.QUEUED).update(
            state=ItemState.SETTLED, outcome=Outcome.CANCELLED, settled_at=now, due_at=None
        )
        details = {"count": count}
        record_many(
            [Entry(action=RUN_APPROVAL_EXPIRED, actor=system("worker"), run_id=run.pk, details=details)]
        )
        news.approval_expired(run)
