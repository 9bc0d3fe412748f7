"""Placing and releasing holds: a person's "do not delete", on one object or on a whole selection.

A hold counts from the moment its transaction is over. Every claim asks for holds again in its own transaction, behind the
gate that placing a hold waits at, so no claim that a hold should have stopped commits after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actors import Actor
from audit.denials import Denied
from audit.services import Entry, Target, record_many
from operations.audit_actions import HOLD_DENIED, HOLD_PLACED, HOLD_RELEASED
from operations.clock import database_now
from operations.engine.gate import wait_for_claims
from operations.engine.refusals import Refused
from operations.models import Hold
from operations.person import Person

PERMISSION: Final = "operations.place_hold"
REASON_LIMIT: Final = 300
"""Characters of a reason, as the column has them."""
BATCH: Final = 500
"""Objects that one round of statements takes."""


def check_may_hold(user: Person, *, target: Target | None = None) -> None:
    """Raise Denied unless the person may place and release holds."""
    if not user.has_perm(PERMISSION):
        raise Denied(HOLD_DENIED, target=target, details={"why": "no_permission"})


def place_holds(
    model: type[Model],
    selection: QuerySet[Any],
    *,
    reason: str,
    until: datetime | None,
    actor: Actor,
    user: Person,
    expected: int | None = None,
    form_token: UUID | None = None,
) -> int:
    """Put every selected row on hold and return how many; one record each, in the same transaction.

    `until` is None for a hold that lasts until somebody releases it. `expected` is the number that the person was shown.
    A form that was sent twice, with the same `form_token`, places its holds once and returns the same number.
    Raises Refused for a bad reason or end, for an empty selection, and for one that is not `expected` rows any more.
    """
    check_may_hold(user)
    why = _checked(reason)
    with transaction.atomic():
        if form_token and (placed := _placed_by(form_token)):
            return placed
        if until is not None and until <= database_now():
            raise Refused("until_past", _("This is over already. Choose a later day."), field="until")
        ids = list(selection.order_by().values_list("pk", flat=True).distinct())
        _check_count(len(ids), expected)
        details = {"until": until.isoformat() if until else ""}
        for batch in _batches(ids):
            targets = [Target.of(row) for row in model._default_manager.filter(pk__in=batch).order_by("pk")]
            Hold.objects.bulk_create(
                Hold(
                    target_kind=target.kind,
                    target_id=target.id or 0,
                    target_label=target.label,
                    reason=why,
                    until=until,
                    placed_by_id=user.pk,
                    form_token=form_token,
                )
                for target in targets
            )
            record_many(
                [
                    Entry(action=HOLD_PLACED, actor=actor, target=target, reason=why, details=details)
                    for target in targets
                ]
            )
        # Last, so that placing many holds keeps claims waiting for a moment only: those under way end first.
        wait_for_claims()
    return len(ids)


def release(
    holds: QuerySet[Hold], *, actor: Actor, user: Person, reason: str, expected: int | None = None
) -> int:
    """Release those of the holds that are in force and return how many; one record each. Their rows stay.

    An object on which another hold lies stays held. Raises Refused as `place_holds` does.
    """
    check_may_hold(user)
    why = _checked(reason)
    with transaction.atomic():
        chosen = Hold.objects.in_force().filter(pk__in=holds.order_by().values("pk"))
        locked = list(chosen.order_by("pk").select_for_update())
        _check_count(len(locked), expected)
        for batch in _batches(locked):
            Hold.objects.filter(pk__in=[hold.pk for hold in batch]).update(
                released_at=Now(), released_by=user.pk
            )
            record_many(
                [
                    Entry(
                        action=HOLD_RELEASED,
                        actor=actor,
                        target=Target(hold.target_kind, hold.target_id, hold.target_label),
                        reason=why,
                    )
                    for hold in batch
                ]
            )
    return len(locked)


def _placed_by(form_token: UUID) -> int:
    """How many holds this form has placed already. Two clicks at once follow one another: the second one waits here."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [form_token.int % 2**63])
    return Hold.objects.filter(form_token=form_token).count()


def _checked(reason: str) -> str:
    """The reason without what surrounds it. Raises Refused for none and for one that is too long."""
    why = reason.strip()
    if not why:
        raise Refused("reason_missing", _("Say why."), field="reason")
    if len(why) > REASON_LIMIT:
        words = _("The reason has %(length)s characters, %(most)s at most.")
        raise Refused("reason_long", words % {"length": len(why), "most": REASON_LIMIT}, field="reason")
    return why


def _check_count(count: int, expected: int | None) -> None:
    if expected is not None and count != expected:
        words = ngettext(
            "The selection changed meanwhile: it is %(count)s now. Nothing was done; look again.",
            "The selection changed meanwhile: they are %(count)s now. Nothing was done; look again.",
            count,
        )
        raise Refused("count_moved", words % {"count": f"{count:,}"})
    if not count:
        raise Refused("nothing_selected", _("Nothing is selected."))


def _batches(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
