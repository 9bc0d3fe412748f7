"""The schedule: everything once a day, what is new once an hour, for every account that is connected."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from audit.actors import system
from intake.models import Reading
from intake.reading.control import UnderWay, start_reading
from intake.reading.readers import readers
from operations.accounts import is_connected
from operations.clock import database_now
from operations.models import Account


def schedule_readings() -> None:
    """A chore: start what is due. The account's row is locked between the question and the start, so two sweepers start one."""
    if not settings.INTAKE["scheduled"]:
        return
    for account in Account.objects.order_by("pk"):
        if account.provider in readers and is_connected(account):
            _start_if_due(account)


def due_scope(account: Account) -> Reading.Scope | None:
    """What the schedule would have read of this account now; None when nothing is due.

    A reading that ended early is not followed at once: at least the hour of the short ones passes between two.
    """
    now = database_now()
    mine = Reading.objects.filter(account=account)
    newest = mine.order_by("-pk").first()
    if newest is not None and (
        newest.is_open or newest.started_at > now - timedelta(hours=settings.INTAKE["new_hours"])
    ):
        return None
    full = mine.filter(scope=Reading.Scope.FULL, state=Reading.State.FINISHED).order_by("-pk").first()
    if full is None or full.started_at <= now - timedelta(hours=settings.INTAKE["full_hours"]):
        return Reading.Scope.FULL
    return Reading.Scope.NEW if readers[account.provider].reads_new else None


def _start_if_due(account: Account) -> None:
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        scope = due_scope(account)
        if scope is None:
            return
        try:
            start_reading(account, scope=scope, actor=system("sweeper"), user=None)
        except UnderWay:
            return
