"""The only writer of this app's mirror rows. Each function says what became true at ClassIn, and since when we know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from courses.models import Course
from operations.mirror import MirrorRow, origin
from operations.models import Account

_DELETED = MirrorRow.Presence.DELETED
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What a source says about one object: values by attribute name, and whether it says that the object is gone."""

    provider_id: str
    values: Mapping[str, Any]
    gone: bool = False


@dataclass(slots=True)
class Learned:
    """What came of taking in a source: how many rows were new, changed and as they had been."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    ids: dict[str, int] = field(default_factory=dict)
    """Primary keys by provider id, of every row that the source named."""


def course_edited(
    course_id: int, values: Mapping[str, Any], *, at: datetime, source: MirrorRow.Source
) -> None:
    """The course has these values at ClassIn now, by field name; each remembers where it came from."""
    course = Course.objects.select_for_update().get(pk=course_id)
    for name, value in values.items():
        setattr(course, name, value)
        course.provenance[name] = origin(source, at)
    course.save(update_fields=[*values, "provenance"])


def rows_learned(
    model: type[MirrorRow],
    account: Account,
    known: Iterable[Known],
    *,
    at: datetime,
    source: MirrorRow.Source,
) -> Learned:
    """A source that was true at `at` says this about objects of one account; rows are made or brought up to date.

    A value that we learned later than `at` stays, and what is deleted stays deleted whatever the source says.
    """
    learned = Learned()
    rest = iter(known)
    while chunk := list(islice(rest, _CHUNK)):
        _learn(model, account, chunk, learned, origin=origin(source, at), at=at)
    return learned


def _learn(
    model: type[MirrorRow],
    account: Account,
    chunk: Sequence[Known],
    learned: Learned,
    *,
    origin: dict[str, str],
    at: datetime,
) -> None:
    manager: Any = model._default_manager
    there = {
        row.provider_id: row
        for row in manager.select_for_update().filter(
            account=account, provider_id__in=[one.provider_id for one in chunk]
        )
    }
    new: dict[str, Any] = {}
    changed: list[Any] = []
    columns: set[str] = set()
    for one in chunk:
        row = there.get(one.provider_id)
        if row is None:
            new[one.provider_id] = _new_row(model, account, one, origin, at)
        elif moved := _bring_up_to_date(row, one, origin, at):
            changed.append(row)
            columns |= moved
    manager.bulk_create(new.values())
    if changed:
        manager.bulk_create(
            changed, update_conflicts=True, unique_fields=["id"], update_fields=sorted(columns)
        )
    learned.created += len(new)
    learned.changed += len(changed)
    learned.unchanged += len(chunk) - len(new) - len(changed)
    learned.ids |= {provider_id: row.pk for provider_id, row in (there | new).items()}


def _new_row(
    model: type[MirrorRow], account: Account, one: Known, origin: dict[str, str], at: datetime
) -> MirrorRow:
    row = model(account=account, provider_id=one.provider_id, **one.values)
    row.provenance = dict.fromkeys((_field_name(model, attribute) for attribute in one.values), origin)
    if one.gone:
        _set_gone(row, at)
    return row


def _bring_up_to_date(row: MirrorRow, one: Known, origin: dict[str, str], at: datetime) -> set[str]:
    """Change the row; returns the names of the columns that changed."""
    moved: set[str] = set()
    for attribute, value in one.values.items():
        name = _field_name(type(row), attribute)
        if getattr(row, attribute) != value and not _learned_later(row, name, at):
            setattr(row, attribute, value)
            row.provenance[name] = origin
            moved |= {name, "provenance"}
    if one.gone and row.presence != _DELETED:
        _set_gone(row, at)
        moved |= {"presence", "presence_at", "presence_how"}
    return moved


def _set_gone(row: MirrorRow, at: datetime) -> None:
    row.presence, row.presence_at, row.presence_how = _DELETED, at, "provider_says"


def _learned_later(row: MirrorRow, name: str, at: datetime) -> bool:
    known = row.provenance.get(name)
    return bool(known) and datetime.fromisoformat(known["at"]) > at


def _field_name(model: type[MirrorRow], attribute: str) -> str:
    return model._meta.get_field(attribute).name
