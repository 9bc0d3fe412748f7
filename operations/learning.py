"""Taking in what a source says of a provider's objects: rows are made or brought up to date, set by set.

The one way in which both apps' `mirror` learns from imports and reads; whose rows, and which, the mirrors say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from operations.mirror import MirrorRow, origin
from operations.models import Account

GONE_BY_PROVIDER = "provider_says"
"""Stored in `presence_how` when the source itself says that the object is gone."""

_DELETED = MirrorRow.Presence.DELETED
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What a source says about one object: values by attribute name, and since when it is gone, if it is."""

    provider_id: str
    values: Mapping[str, Any]
    gone_at: datetime | None = None


@dataclass(slots=True)
class Learned:
    """What came of taking in a source: how many rows were new, changed and as they had been."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    ids: dict[str, int] = field(default_factory=dict, repr=False)
    """Primary keys by provider id, of every row that the source named."""


def learn(
    model: type[MirrorRow],
    account: Account,
    known: Iterable[Known],
    *,
    at: datetime,
    source: MirrorRow.Source,
) -> Learned:
    """A source that was true at `at` says this about objects of one account; rows are made or brought up to date.

    A value that we learned later than `at` stays, and what is deleted stays deleted whatever the source says. A row that
    was missed is present again when the provider itself was read and shows it.
    """
    learned = Learned()
    rest = iter(known)
    while chunk := list(islice(rest, _CHUNK)):
        _learn(model, account, chunk, learned, at=at, source=source)
    return learned


def _learn(
    model: type[MirrorRow],
    account: Account,
    chunk: Sequence[Known],
    learned: Learned,
    *,
    at: datetime,
    source: MirrorRow.Source,
) -> None:
    manager: Any = model._default_manager
    there = {
        row.provider_id: row
        for row in manager.select_for_update(of=("self",)).filter(
            account=account, provider_id__in=[one.provider_id for one in chunk]
        )
    }
    new: dict[str, Any] = {}
    changed: list[Any] = []
    columns: set[str] = set()
    for one in chunk:
        row = there.get(one.provider_id)
        if row is None:
            new[one.provider_id] = _new_row(model, account, one, at=at, source=source)
        elif moved := _bring_up_to_date(row, one, at=at, source=source):
            changed.append(row)
            columns |= moved
    manager.bulk_create(new.values())
    if changed:
        manager.bulk_create(
            changed, update_conflicts=True, unique_fields=["id"], update_fields=sorted(columns)
        )
    _seen(manager, there, at=at, source=source)
    learned.created += len(new)
    learned.changed += len(changed)
    learned.unchanged += len(chunk) - len(new) - len(changed)
    learned.ids |= {provider_id: row.pk for provider_id, row in (there | new).items()}


def _new_row(
    model: type[MirrorRow], account: Account, one: Known, *, at: datetime, source: MirrorRow.Source
) -> Any:
    row = model(account=account, provider_id=one.provider_id, **one.values)
    row.provenance = {_field_name(model, name): origin(source, at) for name in one.values}
    if source is MirrorRow.Source.READ:
        row.seen_at = at
    if one.gone_at:
        _set_gone(row, one.gone_at)
    return row


def _bring_up_to_date(row: Any, one: Known, *, at: datetime, source: MirrorRow.Source) -> set[str]:
    """Change the row; returns the names of the fields that changed."""
    moved: set[str] = set()
    for attribute, value in one.values.items():
        name = _field_name(type(row), attribute)
        if getattr(row, attribute) != value and not _learned_later(row, name, at):
            setattr(row, attribute, value)
            row.provenance[name] = origin(source, at)
            moved |= {name, "provenance"}
    if one.gone_at and row.presence != _DELETED:
        _set_gone(row, one.gone_at)
        moved |= {"presence", "presence_at", "presence_how"}
    elif row.presence == MirrorRow.Presence.MISSING and source is MirrorRow.Source.READ:
        row.presence, row.presence_at, row.presence_how = MirrorRow.Presence.PRESENT, at, ""
        moved |= {"presence", "presence_at", "presence_how"}
    return moved


def _seen(manager: Any, there: dict[str, Any], *, at: datetime, source: MirrorRow.Source) -> None:
    """The provider showed these rows to us; an import is no such showing."""
    if source is MirrorRow.Source.READ and there:
        shown = manager.filter(pk__in=[row.pk for row in there.values()]).exclude(presence=_DELETED)
        shown.exclude(seen_at__gte=at).update(seen_at=at)


def _set_gone(row: Any, gone_at: datetime) -> None:
    row.presence, row.presence_at, row.presence_how = _DELETED, gone_at, GONE_BY_PROVIDER


def _learned_later(row: Any, name: str, at: datetime) -> bool:
    known = row.provenance.get(name)
    return bool(known) and datetime.fromisoformat(known["at"]) > at


def _field_name(model: type[MirrorRow], attribute: str) -> str:
    return model._meta.get_field(attribute).name
