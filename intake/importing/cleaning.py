"""What is not kept for ever: the rows of imports, after some weeks or as soon as one was discarded."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from audit.actors import system
from intake.importing.control import discard
from intake.models import Import, ImportPart, ImportRow
from operations.clock import database_now

AT_ONCE = 2_000
_A_PASS = 20
State = Import.State


def drop_old_rows() -> None:
    """Drop the rows of discarded imports and of those whose time is over; a part of them in each pass, in short transactions."""
    now = database_now()
    old = Q(uploaded_at__lt=now - timedelta(days=settings.IMPORT_KEEP_DAYS)) & ~Q(state=State.APPLYING)
    due = Import.objects.filter(old | Q(state=State.DISCARDED), rows_gone_at=None)
    for one in due.order_by("pk")[:_A_PASS]:
        if one.ended_at is None and one.state != State.DISCARDED:
            discard(one, actor=system("sweeper"))
        if not _drop(one):
            return


def _drop(one: Import) -> bool:
    """Whether nothing is left of it."""
    for _pass in range(_A_PASS):
        keys = list(ImportRow.objects.filter(of=one).values_list("pk", flat=True)[:AT_ONCE])
        if not keys:
            break
        ImportRow.objects.filter(pk__in=keys).delete()
    else:
        return False
    with transaction.atomic():
        ImportPart.objects.filter(of=one).delete()
        Import.objects.filter(pk=one.pk).update(rows_gone_at=database_now())
    return True
