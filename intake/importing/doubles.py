"""Ids that stand in a file twice: the first row counts, the others are told."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from intake.models import Import, ImportRow


def doubled(one: Import, rows: Sequence[ImportRow]) -> dict[int, ValidationError]:
    """What is wrong with those of the next rows whose id an earlier row has, by number."""
    ids = {row.provider_id for row in rows if row.provider_id}
    earlier = ImportRow.objects.filter(of=one, provider_id__in=ids, number__lt=rows[0].number)
    first = dict(earlier.order_by().values_list("provider_id").annotate(Min("number")))
    wrong = {}
    for row in rows:
        if not row.provider_id:
            continue
        if row.provider_id in first:
            text = _("This ID stands in row %(row)s already.")
            wrong[row.number] = ValidationError(text, params={"row": first[row.provider_id]})
        else:
            first[row.provider_id] = row.number
    return wrong
