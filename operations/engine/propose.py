"""Proposals: plans that no person made. The system freezes a list and stops; a person takes it over, or nobody does."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.services import Entry, record_many
from operations.audit_actions import RUN_REPLACED, RUN_SIGNED, RUN_WITHDRAWN
from operations.clock import database_now
from operations.engine.confirm import check_rights, operations_of, refresh_left_out
from operations.engine.freeze import freeze
from operations.engine.refusals import Refused
from operations.models import Item, Run
from operations.operation import Operation
from operations.person import Person
from operations.registry import registry
from operations.states import ItemState, Outcome, RunState


class _Nobody:
    """Whom a proposal is frozen for: rights are asked of the person who takes it over, not before."""

    pk = None

    def has_perm(self, _perm: str, /) -> bool:
        return True


def propose(
    operations: Sequence[Operation],
    selection: QuerySet[Any],
    *,
    actor: Actor,
    proposed_by: str,
    name: str,
    filter_words: str = "",
) -> Run:
    """Freeze a proposal and return it; it takes the place of those of the same `proposed_by` that nobody took over.

    Nothing is ever confirmed here. Raises Refused when nothing of the selection can go; then nothing was changed.
    """
    with transaction.atomic():
        run = freeze(
            operations,
            selection,
            actor=actor,
            user=_Nobody(),
            filter_words=filter_words,
            proposal=(proposed_by, name),
        )
        if not Item.objects.filter(run=run, left_out="").exists():
            raise Refused("nothing_left", _("Nothing is left in this plan."))
        withdraw(proposed_by, actor=actor, by=run)
    return run


def withdraw(proposed_by: str, *, actor: Actor, by: Run | None = None) -> int:
    """Cancel the proposals of this `proposed_by` that nobody took over, `by` a newer one or by what the actor did.

    Returns how many that were; each has its record. A proposal that a person took over is that person's and stays.
    """
    with transaction.atomic():
        untouched = Run.objects.filter(proposed_by=proposed_by, state=RunState.DRAFT, requested_by=None)
        older = untouched.exclude(pk=by.pk) if by else untouched
        ids = list(older.select_for_update().values_list("pk", flat=True))
        now = database_now()
        Run.objects.filter(pk__in=ids).update(state=RunState.CANCELLED, ended_at=now)
        Item.objects.filter(run__in=ids).update(
            state=ItemState.SETTLED, outcome=Outcome.CANCELLED, settled_at=now
        )
        details = {"proposed_by": proposed_by, **({"by_run": by.pk} if by else {})}
        action = RUN_REPLACED if by else RUN_WITHDRAWN
        record_many([Entry(action=action, actor=actor, run_id=pk, details=details) for pk in ids])
    return len(ids)


def may_sign(run: Run, user: Person) -> bool:
    """Whether this person has the right to everything in the proposal."""
    return all(user.has_perm(operation.permission) for operation in operations_of(run))


def signable_by(user: Person) -> Q:
    """The proposals that wait for this person: those in which nothing is that they have no right to."""
    lacking = [operation.key for operation in registry if not user.has_perm(operation.permission)]
    beyond = Item.objects.filter(run=OuterRef("pk"), operation__in=lacking)
    return Q(~Exists(beyond), state=RunState.DRAFT, requested_by=None)


def sign(run: Run, *, actor: Actor, user: Person) -> Run:
    """Make this person the maker of a proposal, as if they had selected it now; returns the run.

    What must be left out is asked anew under their rights, and the plan's age counts from now. Raises Denied without the
    right to every operation, Refused when somebody was faster or the proposal is over.
    """
    check_rights(run, user)
    with transaction.atomic():
        locked = Run.objects.select_for_update().get(pk=run.pk)
        if not locked.is_unsigned:
            raise Refused(
                "signed_already", _("%(name)s has this plan already.") % {"name": locked.requested_name}
            )
        if locked.state != RunState.DRAFT:
            raise Refused("not_a_draft", _("This plan was already confirmed or discarded."))
        locked.requested_by_id, locked.requested_name = user.pk, actor.name
        locked.request_id, locked.token, locked.signed_at = actor.request_id, uuid.uuid4(), database_now()
        locked.save()
        items = Item.objects.filter(run=locked, state=ItemState.PLANNED)
        items.exclude(left_out__in=["", "unticked"]).update(left_out="")
        refresh_left_out(locked, user)
        left_out = dict(items.exclude(left_out="").order_by().values_list("left_out").annotate(Count("pk")))
        details = {
            "proposed_by": locked.proposed_by,
            "count": items.filter(left_out="").count(),
            "left_out": left_out,
        }
        record_many([Entry(action=RUN_SIGNED, actor=actor, run_id=locked.pk, details=details)])
    return locked
