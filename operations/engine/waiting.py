"""Between a person's last "yes" and the first request: approval window and waiting time, by the database's clock alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from django.db import transaction
from django.db.models import Count

from audit.actors import Actor, system
from audit.services import Entry, record_many
from operations.audit_actions import RUN_APPROVAL_EXPIRED, RUN_SCHEDULED, RUN_STARTED
from operations.clock import database_now
from operations.engine import news
from operations.engine.limits import expire_proposals
from operations.engine.policy import needs_approval, policy, quiet_hours, wait_seconds
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
    run.price_per_gb_month, run.price_currency = rules.price_per_gb_month, rules.price_currency
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


def _deletes(run: Run) -> bool:
    return any(registry[key].risk.destructive for key in run.operations)


def after_quiet_hours(run: Run, moment: datetime, rules: Policy | None = None) -> datetime:
    """This instant or, if it lies in quiet hours and the run deletes, their end."""
    quiet = quiet_hours(rules or policy()) if _deletes(run) else None
    return quiet.next_allowed(moment) if quiet else moment


def waits_for_quiet_hours(run: Run, now: datetime) -> datetime | None:
    """When the quiet hours end that keep a run from sending now; None when none do."""
    allowed = after_quiet_hours(run, now)
    return allowed if allowed > now else None


def goes_at(run: Run, now: datetime, rules: Policy) -> tuple[datetime, bool]:
    """When a countdown ends by what is known now, and whether that is the end of quiet hours."""
    end = run.not_before or now
    quiet = quiet_hours(rules) if _deletes(run) else None
    if quiet is None:
        return end, False
    allowed = quiet.next_allowed(max(end, now))
    if allowed > max(end, now):
        return allowed, True
    return end, quiet.covers(end - timedelta(microseconds=1))


def count_down(run: Run, now: datetime) -> None:
    """Let the waiting time begin; without one, and outside quiet hours, the run starts at once. The caller saves the run."""
    run.not_before = after_quiet_hours(run, now + timedelta(seconds=run.wait_seconds))
    if run.not_before > now:
        run.state = RunState.COUNTING_DOWN
    else:
        run.state = RunState.RUNNING
        run.started_at = now


def rest_seconds(run: Run) -> int:
    """The rest of the waiting time, in whole seconds, that a run had when its countdown was paused; else 0."""
    if run.state != RunState.PAUSED or run.started_at or run.not_before is None or run.paused_at is None:
        return 0
    return max(0, ceil((run.not_before - run.paused_at).total_seconds()))


def count_on(run: Run, now: datetime) -> None:
    """Let a countdown that was paused go on with the rest that it had; never to an earlier end than the old one."""
    if run.not_before is None or run.paused_at is None:
        raise RuntimeError(f"run {run.pk} was not paused while it counted down")
    rest = timedelta(seconds=rest_seconds(run))
    run.not_before = after_quiet_hours(run, max(run.not_before, now + rest))
    run.state = RunState.COUNTING_DOWN
    run.paused_at = None


def lengthen(run: Run, rules: Policy) -> None:
    """Where the policy became stricter since the confirmation, the longer waiting time counts; it never shrinks."""
    run.wait_seconds = max(run.wait_seconds, wait_seconds(rules, going(run)[0]))


def record_schedule(run: Run, actor: Actor) -> None:
    """The ledger's own line for a deletion that will come, apart from the deletion."""
    if run.state == RunState.COUNTING_DOWN and run.not_before:
        details = {"not_before": run.not_before.isoformat(), "wait_seconds": run.wait_seconds}
        record_many([Entry(action=RUN_SCHEDULED, actor=actor, run_id=run.pk, details=details)])


def start(run: Run, now: datetime) -> bool:
    """Start this run if its waiting time is over and no quiet hours are; one conditional UPDATE, inside the caller's transaction."""
    if run.state != RunState.COUNTING_DOWN or waits_for_quiet_hours(run, now):
        return False
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
    expire_proposals(now)


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
