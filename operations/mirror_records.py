"""What the ledger keeps of changes that others made: one record for each row, written in the transaction of the change.

Before and after are kept as values, not as words of one language; only names of other objects are kept as they were.
Names of people are in it (a head teacher), in that part of a record which can be erased (docs/adr/0011).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import ForeignKey, Q

from audit.actors import Actor, system
from audit.registry import AuditAction
from audit.services import Entry, Target, record_many
from operations import mirror_actions
from operations.mirror import MirrorRow
from operations.models import Account, Item
from operations.registry import registry
from operations.states import ItemState, Outcome

_CHANGED = {
    MirrorRow.Source.PUSH: mirror_actions.CHANGED_BY_PUSH,
    MirrorRow.Source.READ: mirror_actions.CHANGED_BY_READING,
    MirrorRow.Source.IMPORT: mirror_actions.CHANGED_BY_IMPORT,
}
_DOORS = {
    MirrorRow.Source.PUSH: "webhook",
    MirrorRow.Source.READ: "reading",
    MirrorRow.Source.IMPORT: "import",
    MirrorRow.Source.OWN_EDIT: "worker",
}
_ON_ITS_WAY = Q(state__in=(ItemState.SENDING, ItemState.LOOKING)) | Q(
    state=ItemState.SETTLED, outcome=Outcome.UNKNOWN
)


def system_of(source: MirrorRow.Source) -> Actor:
    """The product itself, learning from this source."""
    return system(_DOORS[source])


def changed(
    rows: Mapping[int, Any],
    before: Mapping[int, Mapping[str, Any]],
    account: Account,
    source: MirrorRow.Source,
    *,
    at: datetime,
    actor: Actor,
) -> None:
    """Rows by primary key whose attributes were `before`; what our own edits bring about has records of its own."""
    action = _CHANGED.get(source)
    told = {pk: moved for pk in rows if (moved := _told(rows[pk], before.get(pk, {})))}
    if action is None or not told:
        return
    coming = _coming(rows, told)
    names = _names_of_others(rows, before, told)
    entries = []
    for pk, fields in told.items():
        row, was = rows[pk], before[pk]
        changes = {
            name: {
                "before": _kept(row, name, was, names),
                "after": _kept(row, name, {}, names),
            }
            for name in fields
            if (name, _value(row, name, {})) not in coming[pk]
        }
        if changes:
            entries.append(_entry(action, row, account, actor, {"at": _text(at)}, changes))
    record_many(entries)


def missing(rows: Iterable[Any], account: Account, *, began: datetime, at: datetime, how: str) -> None:
    """A complete reading that began then did not show these rows."""
    actor = system_of(MirrorRow.Source.READ)
    record_many(
        [
            _entry(
                mirror_actions.MISSING,
                row,
                account,
                actor,
                {"at": _text(at), "how": how, "reading_began": _text(began), "last_seen": _text(row.seen_at)},
            )
            for row in rows
        ]
    )


def presence(
    *,
    came_back: Sequence[tuple[Any, datetime | None]],
    gone: Sequence[Any],
    shown_again: Sequence[Any],
    account: Account,
    at: datetime,
    actor: Actor,
) -> None:
    """Rows that are there again (with when they were found missing), that the provider lists as deleted, or shows although deleted."""
    when = {"at": _text(at)}
    record_many(
        [
            *(
                _entry(
                    mirror_actions.CAME_BACK, row, account, actor, {**when, "missing_since": _text(missed)}
                )
                for row, missed in came_back
            ),
            *(_entry(mirror_actions.GONE, row, account, actor, when) for row in gone),
            *(
                _entry(
                    mirror_actions.SHOWN_AGAIN,
                    row,
                    account,
                    actor,
                    {**when, "deleted_at": _text(row.presence_at), "how": row.presence_how},
                )
                for row in shown_again
            ),
        ]
    )


def _entry(
    action: AuditAction,
    row: Any,
    account: Account,
    actor: Actor,
    details: Mapping[str, Any],
    changes: Mapping[str, Any] | None = None,
) -> Entry:
    return Entry(
        action=action,
        actor=actor,
        target=Target.of(row),
        provider=account.provider,
        details={name: value for name, value in details.items() if value},
        changes=changes or {},
    )


def _told(row: Any, before: Mapping[str, Any]) -> list[str]:
    """The changed fields that a record tells of: on the model's list, and not merely known now for the first time."""
    told = []
    for name in row.history_fields:
        field = row._meta.get_field(name)
        named_by = row.named_by.get(name, "")
        if field.attname in before:
            if not _was_unknown(field, before[field.attname]):
                told.append(name)
        elif named_by in before and before[named_by] and name not in before:
            told.append(name)
    return told


def _was_unknown(field: Any, value: Any) -> bool:
    return value in (None, "") or (field.has_default() and value == field.get_default())


def _coming(rows: Mapping[int, Any], told: Iterable[int]) -> dict[int, set[tuple[str, Any]]]:
    """Values that edits of ours, sent and not settled yet, are about to bring, by row: not the work of others."""
    coming: dict[int, set[tuple[str, Any]]] = defaultdict(set)
    kind = next(iter(rows.values()))._meta.label_lower
    for item in Item.objects.filter(_ON_ITS_WAY, target_kind=kind, target_id__in=list(told)):
        operation = registry.get(item.operation)
        if operation is not None:
            coming[item.target_id or 0].update(operation.becoming(item).items())
    return coming


def _names_of_others(
    rows: Mapping[int, Any], before: Mapping[int, Mapping[str, Any]], told: Mapping[int, Sequence[str]]
) -> dict[tuple[str, Any], str]:
    """Names of the objects that changed foreign keys point at: one query for each key."""
    wanted: dict[str, set[Any]] = defaultdict(set)
    for pk, fields in told.items():
        for name in fields:
            if isinstance(rows[pk]._meta.get_field(name), ForeignKey):
                wanted[name] |= {_value(rows[pk], name, before[pk]), _value(rows[pk], name, {})}
    names: dict[tuple[str, Any], str] = {}
    for name, keys in wanted.items():
        related: Any = next(iter(rows.values()))._meta.get_field(name).related_model
        found = related._default_manager.in_bulk([key for key in keys if key is not None])
        names |= {(name, key): str(row) for key, row in found.items()}
    return names


def _value(row: Any, name: str, before: Mapping[str, Any]) -> Any:
    attribute = row._meta.get_field(name).attname
    return before[attribute] if attribute in before else getattr(row, attribute)


def _kept(row: Any, name: str, before: Mapping[str, Any], names: Mapping[tuple[str, Any], str]) -> Any:
    """A value as the ledger keeps it: the name of what an id stands for, moments in UTC, else as it is."""
    value = _value(row, name, before)
    if (name, value) in names:
        return names[name, value]
    if named_by := row.named_by.get(name):
        return _value(row, named_by, before) or value
    if isinstance(value, datetime):
        return _text(value)
    return str(value) if isinstance(value, str) else value


def _text(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""
