"""Which targets a hold covers, asked at the freeze and again in the transaction of every claim; and, for people, why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Model, Q, QuerySet

from audit.actors import person_name
from operations.models import Hold, Item
from operations.operation import Operation
from operations.registry import registry


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


def covered(model: type[Model], selection: QuerySet[Any]) -> dict[type[Model], int]:
    """How many rows of other kinds lie in the selected ones, and are covered by a hold on these."""
    kind = model._meta.label_lower
    counts: dict[type[Model], int] = {}
    for operation in registry:
        target, path = operation.target, operation.hold_paths.get(kind, "")
        if not path or target is model or target in counts:
            continue
        if target._meta.get_field(path.split("__")[0]).one_to_many:
            continue  # what the rows are part of, not what is in them
        inside = target._default_manager.filter(**{f"{path}__in": selection.order_by().values("pk")})
        counts[target] = inside.count()
    return counts


def holds_over(target: Model) -> list[Hold]:
    """The holds in force on one row and on what it is part of, oldest first. At most two queries."""
    lying = Q(target_kind=target._meta.label_lower, target_id=target.pk)
    paths = {
        kind: path
        for operation in registry
        if operation.target is type(target)
        for kind, path in operation.hold_paths.items()
        if not target._meta.get_field(path.split("__")[0]).one_to_many
    }
    if paths:
        row = type(target)._default_manager.filter(pk=target.pk).values(*set(paths.values())).first() or {}
        for kind, path in paths.items():
            if row.get(path) is not None:
                lying |= Q(target_kind=kind, target_id=row[path])
    return list(Hold.objects.in_force().filter(lying).select_related("placed_by").order_by("pk"))


@dataclass(frozen=True, slots=True)
class HoldReason:
    """What one person said why things stay, and of how many items that is true."""

    reason: str
    who: str
    count: int


def reasons_in(items: QuerySet[Item]) -> list[HoldReason]:
    """Why the items' targets are on hold now, what covers most of them first; an item under two holds counts twice.

    The number of queries depends on the kinds of things that can be held, not on the items.
    """
    same: dict[tuple[type[Model], tuple[tuple[str, str], ...]], list[str]] = {}
    for key in items.order_by().values_list("operation", flat=True).distinct():
        operation = registry[key]
        same.setdefault((operation.target, tuple(operation.hold_paths.items())), []).append(key)
    reasons: Counter[tuple[str, str]] = Counter()
    for (target, paths), operations in same.items():
        chosen = items.filter(operation__in=operations).order_by().values("target_id")
        rows = target._default_manager.filter(pk__in=chosen).order_by()
        reasons.update(_reasons_over(rows, dict(paths)))
    return [HoldReason(*said, count) for said, count in reasons.most_common()]


def _reasons_over(rows: QuerySet[Any], paths: Mapping[str, str]) -> Counter[tuple[str, str]]:
    """Reason and person of the holds on these rows and above them, with how many rows each covers."""
    reasons: Counter[tuple[str, str]] = Counter()
    lying = Hold.objects.in_force().filter(target_kind__in=paths).order_by()
    for kind in lying.values_list("target_kind", flat=True).distinct():
        path = paths[kind]
        holds = Hold.objects.in_force().filter(target_kind=kind)
        covered = rows.filter(**{f"{path}__in": holds.values("target_id")})
        counts = dict(covered.values_list(path).annotate(count=Count("pk", distinct=True)))
        over = holds.filter(target_id__in=covered.values(path)).select_related("placed_by").order_by("pk")
        for hold in over.iterator(chunk_size=2_000):
            said = (hold.reason, person_name(hold.placed_by))
            reasons[said] += counts.get(hold.target_id, 0)
    return reasons
