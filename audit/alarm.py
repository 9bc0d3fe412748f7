"""Whether the sealer works, cheaply enough for every page."""

from __future__ import annotations

from django.db.models import Min, OuterRef, Subquery
from django.db.models.functions import Now

from audit.clock import database_now
from audit.models import Checkpoint, Record, Sealing, Unsealed
from audit.sealer import alarm_of


def alarm() -> str:
    """The word of `sealer.State.alarm`; "" while all is well. One query, a few more before the first sealing."""
    oldest = Record.objects.filter(pk=OuterRef("oldest_id")).values("at")
    found = (
        Sealing.objects.filter(pk=1)
        .annotate(
            now=Now(),
            oldest_id=Subquery(Unsealed.objects.order_by("record_id").values("record_id")[:1]),
            signed_at=Subquery(Checkpoint.objects.order_by("-pk").values("at")[:1]),
        )
        .annotate(oldest_at=Subquery(oldest))
        .values_list("now", "size", "passed_at", "oldest_at", "signed_at")
        .first()
    )
    if found is None:
        return _before_the_first()
    now, size, *moments = found
    ages = [(now - moment).total_seconds() if moment else None for moment in moments]
    return alarm_of(size, *ages)


def _before_the_first() -> str:
    first = Unsealed.objects.aggregate(first=Min("record_id"))["first"]
    written_at = Record.objects.filter(pk=first).values_list("at", flat=True).first()
    age = (database_now() - written_at).total_seconds() if written_at else None
    return alarm_of(0, None, age, None)
