"""The records of the ledger that belong to a run's receipt."""

from __future__ import annotations

from django.db.models import QuerySet

from audit.models import Record
from audit.registry import registry
from operations.models import Run


def records_of(run: Run) -> QuerySet[Record]:
    """The records that a receipt holds: the run's own life, without what somebody did beside it."""
    beside = [action.code for action in registry if action.single]
    return Record.objects.filter(run_id=run.pk).exclude(action__in=beside).order_by("pk")
