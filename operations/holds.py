"""Which targets a hold covers: asked at the freeze and again in the transaction of every claim."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from operations.models import Hold
from operations.operation import Operation


def held(operation: Operation) -> Q:
    """Rows of the operation's target on which a hold in force lies, directly or through what they are part of."""
    model = operation.target
    covered = Q()
    for kind, path in operation.hold_paths.items():
        held_ids = Hold.objects.in_force().filter(target_kind=kind).values("target_id")
        covered |= Q(pk__in=model._default_manager.filter(**{f"{path}__in": held_ids}).values("pk"))
    return covered


def held_ids(operation: Operation, target_ids: Iterable[int]) -> set[int]:
    """Those of the given targets that a hold covers now."""
    if not operation.hold_paths:
        return set()
    rows = operation.target._default_manager.filter(held(operation), pk__in=list(target_ids))
    return set(rows.values_list("pk", flat=True))
