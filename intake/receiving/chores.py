"""What each pass of the sweeper does for receiving: wake who has work, close the hours of what was turned away, forget."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from audit.actors import system
from audit.registry import AuditAction
from audit.services import Target, record
from intake.models import PushMessage, TurnedAway
from intake.receiving.audit_actions import DROPPED, FORGOTTEN, TURNED_AWAY
from intake.receiving.waking import send
from operations.clock import database_now
from operations.engine.chores import register_chore
from operations.models import Account

UNPROVEN_FOR: Final = timedelta(days=30)
"""How long a message that nothing proves to come from ClassIn is kept."""
_BATCH: Final = 500


def wake_for_messages() -> None:
    """Wake a worker for each account that has messages due: what a lost wake-up left behind, and what waited its time."""
    waiting = PushMessage.objects.filter(due_at__lte=Now())
    for account_id in waiting.order_by().values_list("account_id", flat=True).distinct():
        send(account_id)


def record_turned_away() -> None:
    """One record for each account, kind and hour that is over: however many requests it were."""
    this_hour = database_now().replace(minute=0, second=0, microsecond=0)
    over = TurnedAway.objects.filter(recorded_at=None, hour__lt=this_hour)
    for pk in over.order_by("pk").values_list("pk", flat=True)[:_BATCH]:
        with transaction.atomic():
            row = TurnedAway.objects.select_for_update().select_related("account").get(pk=pk)
            if row.recorded_at is None:
                TurnedAway.objects.filter(pk=pk).update(recorded_at=Now())
                record(
                    TURNED_AWAY,
                    actor=system("webhook"),
                    target=Target.of(row.account),
                    details=row.values(),
                )


def forget_unproven() -> None:
    """Remove old messages that nothing proves to come from ClassIn and that were never worked off, with one record an account."""
    unproven = PushMessage.objects.filter(
        state=PushMessage.State.FAILED, received_at__lt=Now() - UNPROVEN_FOR
    ).exclude(proof=PushMessage.Proof.SIGNED)
    _remove(unproven, unproven.order_by("pk").values_list("pk", flat=True)[:_BATCH], FORGOTTEN)


def drop_old() -> None:
    """Remove what was worked off, or changed nothing here, when its time is over, with one record an account and batch.

    Rows are in order of arrival, so that only the oldest ones need a look however many there are.
    """
    days = settings.PUSHES["keep_days"]
    if days <= 0:
        return
    limit = database_now() - timedelta(days=days)
    for state in (PushMessage.State.APPLIED, PushMessage.State.KEPT):
        settled = PushMessage.objects.filter(state=state)
        oldest = settled.order_by("pk").values_list("pk", "received_at")[:_BATCH]
        _remove(settled, (pk for pk, received_at in oldest if received_at < limit), DROPPED, days=days)


def _remove(rows: QuerySet[PushMessage], pks: Iterable[int], action: AuditAction, **details: int) -> None:
    ids = list(pks)
    if not ids:
        return
    with transaction.atomic():
        old = rows.filter(pk__in=ids)
        for account in Account.objects.filter(
            pk__in=list(old.order_by().values_list("account_id", flat=True))
        ):
            count, _each = old.filter(account=account).delete()
            told = {"count": count, **details}
            record(action, actor=system("sweeper"), target=Target.of(account), details=told)


register_chore(wake_for_messages)
register_chore(record_turned_away)
register_chore(forget_unproven)
register_chore(drop_old)
