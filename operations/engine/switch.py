"""The stop switch: one press stops every deletion of the school, another one allows them again."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actors import Actor, system
from audit.denials import Denied
from audit.services import Entry, record, record_many
from operations.audit_actions import DELETIONS_ALLOWED, DELETIONS_STOPPED, RUN_HALTED, SWITCH_DENIED
from operations.clock import database_now
from operations.engine import news
from operations.engine.gate import wait_for_claims
from operations.engine.refusals import Refused
from operations.models import Run, StopSwitch
from operations.person import Person
from operations.registry import registry
from operations.states import Halt, RunState

PERMISSION = "operations.operate_stop_switch"
REASON_LIMIT = 300


def stop_all(*, reason: str, actor: Actor, user: Person) -> StopSwitch:
    """Stop all deletions and halt the runs that delete; returns the switch.

    When this has committed, no claim that may delete commits any more; what is in flight settles by its answer. A second
    press changes nothing: the first one's reason stays. Raises Denied without the right, Refused without a reason.
    """
    words = _checked(reason, user)
    with transaction.atomic():
        wait_for_claims()
        switch = _switch()
        if switch.stopped_at is not None:
            return switch
        switch.stopped_at, switch.stopped_by_id, switch.reason = database_now(), user.pk, words
        switch.save()
        halted = _halt_deleting_runs(words, actor)
        record(DELETIONS_STOPPED, actor=actor, reason=words, details={"count": halted})
    return switch


def allow_again(*, reason: str, actor: Actor, user: Person) -> StopSwitch:
    """Allow deletions again; returns the switch. Halted runs stay halted: a person lets each of them go on.

    Raises Denied without the right, Refused without a reason; nothing changes when deletions are allowed already.
    """
    words = _checked(reason, user)
    with transaction.atomic():
        switch = _switch()
        if switch.stopped_at is None:
            return switch
        switch.stopped_at, switch.stopped_by, switch.reason = None, None, ""
        switch.save()
        record(DELETIONS_ALLOWED, actor=actor, reason=words)
    return switch


def _checked(reason: str, user: Person) -> str:
    if not user.has_perm(PERMISSION):
        raise Denied(SWITCH_DENIED, details={"why": "no_permission"})
    words = reason.strip()
    if not words:
        raise Refused(
            "reason_missing", _("Say why. The reason is kept for ever in the audit log."), field="reason"
        )
    if len(words) > REASON_LIMIT:
        raise Refused(
            "reason_too_long",
            _("Keep the reason within %(limit)s characters.") % {"limit": REASON_LIMIT},
            field="reason",
        )
    return words


def _switch() -> StopSwitch:
    StopSwitch.objects.get_or_create(pk=1)
    return StopSwitch.objects.select_for_update().get(pk=1)


def _halt_deleting_runs(reason: str, actor: Actor) -> int:
    runs = Run.objects.select_for_update().filter(state=RunState.RUNNING).order_by("pk")
    deleting = [run for run in runs if any(registry[key].risk.destructive for key in run.operations)]
    Run.objects.filter(pk__in=[run.pk for run in deleting]).update(
        state=RunState.HALTED, halt=Halt.SWITCH, halt_detail=reason
    )
    product = replace(system("worker"), request_id=actor.request_id)
    record_many(
        [
            Entry(
                action=RUN_HALTED,
                actor=product,
                run_id=run.pk,
                reason=run.reason,
                details={"why": Halt.SWITCH.value, "note": reason},
            )
            for run in deleting
        ]
    )
    now = database_now()
    for run in deleting:
        news.halted(run, Halt.SWITCH, now=now, by=actor.user_id)
    return len(deleting)
