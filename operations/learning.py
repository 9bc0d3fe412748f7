"""Taking in what a source says of a provider's objects: rows are made or brought up to date, set by set.

The one way in which both apps' `mirror` learns from pushes, readings and imports, and the rule by which own edits land.

**Any order ends in the same mirror.** Messages are late, doubled and out of order, readings and edits overlap. So each value is
what the *winning* statement about it says: the one with the latest `at`; of two with one `at` that of the stronger source (own
edit, reading, push, import); of two of one source the value that sorts last, which is as good as any and always the same.
Whether the object is there follows rules of its own (`operations.presence`).

**A value's age is the newest moment at which it was said**, so a statement that only confirms a value counts as well: otherwise a
value that was read today would look as old as its first reading, and an older push that comes late would overrule what a
reading confirmed since. Writing that moment into the JSON of 100,000 rows at each reading would cost more than the reading.
So the provenance of a value that the *newest showing* of its row confirmed by reading has no moment of its own: it is as old as
`seen_at`, the one column that a reading writes anyway, by one statement for 1,000 rows. When `seen_at` moves and such a value was
not among what was shown, its moment is written down first. That form is a function of what was said, never of its order.

What others changed leaves one record for each row (`operations.mirror_records`). New rows and values that were unknown so far
leave none: the reading, message or import that brought them has a record of its own.

One limit: a row that is first heard of *after* a reading which should have shown it is judged by the next reading.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from audit.actors import Actor
from operations import mirror_records
from operations.mirror import AS_SEEN, MirrorRow, origin
from operations.models import Account
from operations.presence import How, mark_gives_way, shown_at_again

_PRESENT, _MISSING, _DELETED = (
    MirrorRow.Presence.PRESENT,
    MirrorRow.Presence.MISSING,
    MirrorRow.Presence.DELETED,
)
_PRESENCE = ("presence", "presence_at", "presence_how", "missed_at")
_STRENGTH = {
    MirrorRow.Source.IMPORT.value: 0,
    MirrorRow.Source.PUSH.value: 1,
    MirrorRow.Source.READ.value: 2,
    MirrorRow.Source.OWN_EDIT.value: 3,
}
_SHOWING = (MirrorRow.Source.READ, MirrorRow.Source.PUSH)
"""Sources that show an object: with an import a person says what once was, an own edit is our own word."""
_CHUNK = 1000
_FEW = 16
"""Fewer rows than this with one provenance are not worth a statement of their own."""


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


class Statement:
    """That a source said something at a moment; the order of two says which one stands."""

    def __init__(self, source: MirrorRow.Source, at: datetime) -> None:
        self.source, self.at = source, at
        self.entry = origin(source, at)
        self.order = (at, _STRENGTH[source.value])
        self.shows = source in _SHOWING
        self.reads = source is MirrorRow.Source.READ


def learn(
    model: type[MirrorRow],
    account: Account,
    known: Iterable[Known],
    *,
    at: datetime,
    source: MirrorRow.Source,
    actor: Actor | None = None,
) -> Learned:
    """A source says that this was so at `at` with objects of one account; rows are made or brought up to date.

    Each 1,000 objects are one transaction with their records, or part of the caller's. `actor` is who brought it; None for
    the product itself. A row that was missing is present again when the provider shows it; deleted rows stay deleted.
    """
    learned = Learned()
    said = Statement(source, at)
    rest = iter(known)
    while chunk := list(islice(rest, _CHUNK)):
        _learn(model, account, chunk, learned, said, actor or mirror_records.system_of(source))
    return learned


def merge(row: Any, values: Mapping[str, Any], said: Statement) -> dict[str, Any]:
    """Let a statement bear on a row in memory: values by attribute name. Returns what the changed attributes were before.

    `provenance` becomes another object only when it has to be written, and `seen_at` moves when the statement shows the row.
    """
    seen = row.seen_at
    moves_on = said.shows and (seen is None or said.at > seen)
    if moves_on and said.reads and row.provenance == _all_read(row.__class__, tuple(values)):
        held = row.__dict__
        if all(held[attribute] == value for attribute, value in values.items()):
            row.seen_at = said.at
            return {}
    provenance = _with_moments(row.provenance, seen)
    before = _merge(row, provenance, values, said)
    if moves_on:
        row.seen_at = said.at
    provenance = _without_moments(provenance, row.seen_at)
    if provenance != row.provenance:
        row.provenance = provenance
    return before


def _merge(
    row: Any, provenance: dict[str, Any], values: Mapping[str, Any], said: Statement
) -> dict[str, Any]:
    before: dict[str, Any] = {}
    order = said.order
    for attribute, value in values.items():
        name = _field_name(row.__class__, attribute)
        entry = provenance.get(name)
        held = getattr(row, attribute)
        had = None if entry is None else _order_of(entry["at"], entry["source"])
        if held == value:
            if had is not None and order <= had:
                continue
        elif had is None or order > had or (order == had and _sorting(value) > _sorting(held)):
            before[attribute] = held
            setattr(row, attribute, value)
        else:
            continue
        provenance[name] = said.entry
    return before


def _with_moments(provenance: Mapping[str, Any], seen_at: datetime | None) -> dict[str, Any]:
    """A copy in which every entry says its moment."""
    if seen_at is None:
        return dict(provenance)
    read = origin(MirrorRow.Source.READ, seen_at)
    return {name: entry if "at" in entry else read for name, entry in provenance.items()}


def _without_moments(provenance: dict[str, Any], seen_at: datetime | None) -> dict[str, Any]:
    """The form that is stored: what was read when the row was last seen says no moment."""
    if seen_at is None:
        return provenance
    read = origin(MirrorRow.Source.READ, seen_at)
    return {name: AS_SEEN if entry == read else entry for name, entry in provenance.items()}


def mark_missing(
    model: type[MirrorRow],
    account: Account,
    *,
    not_seen_since: datetime,
    at: datetime,
    how: str,
    up_to_pk: int,
    within: Q | None = None,
) -> int:
    """A complete reading that began at `not_seen_since` did not show these rows; we learned it at `at`. Returns how many are newly missing.

    Only rows of the account up to `up_to_pk`, which were there when the reading began, and that fit `within`. A row that
    the provider showed since then, by whatever source, is not missing. 1,000 rows a transaction.
    """
    manager: Any = model._default_manager
    began = Q(missed_at__lt=not_seen_since) | Q(missed_at=not_seen_since, presence_at__lt=at)
    looked = manager.filter(
        Q(presence=_PRESENT) | Q(Q(missed_at=None) | began, presence=_MISSING),
        Q(seen_at__lt=not_seen_since) | Q(seen_at=None),
        within or Q(),
        account=account,
        pk__lte=up_to_pk,
    ).order_by("pk")
    newly, last = 0, 0
    while True:
        with transaction.atomic(savepoint=False):
            rows = list(looked.filter(pk__gt=last).select_for_update(of=("self",))[:_CHUNK])
            if not rows:
                return newly
            lost = [row for row in rows if row.presence == _PRESENT]
            manager.filter(pk__in=[row.pk for row in rows]).update(
                presence=_MISSING, presence_at=at, presence_how=str(how), missed_at=not_seen_since
            )
            mirror_records.missing(lost, account, began=not_seen_since, at=at, how=str(how))
        newly += len(lost)
        last = rows[-1].pk


class _Moves:
    """What a chunk moved: rows by primary key, what was before, and which columns have to be written."""

    def __init__(self) -> None:
        self.changed: dict[int, Any] = {}
        self.before: dict[int, dict[str, Any]] = defaultdict(dict)
        self.columns: set[str] = {"provenance", "seen_at"}
        self.confirmed: dict[int, Any] = {}
        self.seen: dict[int, Any] = {}
        self.came_back: list[tuple[Any, datetime | None]] = []
        self.gone: list[Any] = []
        self.shown_again: list[Any] = []

    def change(self, row: Any, columns: Iterable[str]) -> None:
        self.changed[row.pk] = row
        self.columns.update(columns)


def _learn(
    model: type[MirrorRow],
    account: Account,
    chunk: Sequence[Known],
    learned: Learned,
    said: Statement,
    actor: Actor,
) -> None:
    with transaction.atomic(savepoint=False):
        for again in (True, False):
            there = _locked(model, account, chunk)
            new = _new_rows(model, account, [one for one in chunk if one.provider_id not in there], said)
            try:
                # Somebody else may make the same row at this moment; then theirs is brought up to date.
                _insert(model, new)
            except IntegrityError:
                if not again:
                    raise
            else:
                break
        moves = _Moves()
        for one in chunk:
            if row := there.get(one.provider_id):
                _bring_up_to_date(row, one, said, moves)
        _write(model, moves, said)
        mirror_records.changed(moves.changed, moves.before, account, said.source, at=said.at, actor=actor)
        mirror_records.presence(
            came_back=moves.came_back,
            gone=moves.gone,
            shown_again=moves.shown_again,
            account=account,
            at=said.at,
            actor=actor,
        )
    learned.created += len(new)
    learned.changed += len(moves.changed)
    learned.unchanged += len(there) - len(moves.changed)
    learned.ids |= {provider_id: row.pk for provider_id, row in (there | new).items()}


def _locked(model: type[MirrorRow], account: Account, chunk: Sequence[Known]) -> dict[str, Any]:
    ids = [one.provider_id for one in chunk]
    rows = model._default_manager.select_for_update(of=("self",)).filter(account=account, provider_id__in=ids)
    return {row.provider_id: row for row in rows.order_by("pk")}


def _new_rows(
    model: type[MirrorRow], account: Account, known: Iterable[Known], said: Statement
) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for one in known:
        row: Any = rows.get(one.provider_id)
        if row is None:
            row = rows[one.provider_id] = model(account=account, provider_id=one.provider_id)
        merge(row, one.values, said if one.gone_at is None else _of_what_is_gone(said))
        if one.gone_at is not None and mark_gives_way(row, How.PROVIDER_SAYS, one.gone_at):
            _set_gone(row, one.gone_at)
    return rows


def _insert(model: type[MirrorRow], new: Mapping[str, Any]) -> None:
    if new:
        with transaction.atomic():
            model._default_manager.bulk_create(new.values())


def _bring_up_to_date(row: Any, one: Known, said: Statement, moves: _Moves) -> None:
    seen, provenance = row.seen_at, row.provenance
    before = merge(row, one.values, said if one.gone_at is None else _of_what_is_gone(said))
    if before:
        moves.change(row, [_field_name(row.__class__, attribute) for attribute in before])
        moves.before[row.pk] = {**before, **moves.before[row.pk]}
    elif row.provenance is not provenance:
        moves.confirmed[row.pk] = row
    elif row.seen_at is not seen:
        moves.seen[row.pk] = row
    if one.gone_at is not None:
        _hear_that_it_is_gone(row, one.gone_at, moves)
    elif said.shows:
        _hear_that_it_is_there(row, said.at, seen, moves)


@lru_cache(maxsize=8)
def _of_what_is_gone(said: Statement) -> Statement:
    """Values of an object that the provider lists as deleted: they count, but show nothing that is there."""
    silent = Statement(said.source, said.at)
    silent.shows = False
    return silent


def _hear_that_it_is_gone(row: Any, gone_at: datetime, moves: _Moves) -> None:
    if mark_gives_way(row, How.PROVIDER_SAYS, gone_at):
        if row.presence != _DELETED:
            moves.gone.append(row)
        _set_gone(row, gone_at)
        moves.change(row, _PRESENCE)


def _hear_that_it_is_there(row: Any, at: datetime, seen: datetime | None, moves: _Moves) -> None:
    if row.presence == _MISSING and (row.missed_at is None or at >= row.missed_at):
        moves.came_back.append((row, row.presence_at))
        row.presence, row.presence_at, row.presence_how, row.missed_at = _PRESENT, None, "", None
        moves.change(row, _PRESENCE)
    elif shown_at_again(row, at) and not shown_at_again(row, seen):
        moves.shown_again.append(row)


def _set_gone(row: Any, gone_at: datetime) -> None:
    row.presence, row.presence_at, row.presence_how, row.missed_at = (
        _DELETED,
        gone_at,
        How.PROVIDER_SAYS.value,
        None,
    )


def _write(model: type[MirrorRow], moves: _Moves, said: Statement) -> None:
    """Changed rows by one statement, those that were only seen by another, confirmed ones by one for each provenance that many share."""
    manager: Any = model._default_manager
    alike: dict[Any, list[Any]] = defaultdict(list)
    for pk, row in moves.confirmed.items():
        if pk not in moves.changed:
            alike[row.seen_at, _form_of(row.provenance, said)].append(row)
    single = []
    for rows in alike.values():
        if len(rows) < _FEW:
            single += rows
        else:
            shown = {"provenance": rows[0].provenance, "seen_at": rows[0].seen_at}
            manager.filter(pk__in=[row.pk for row in rows]).update(**shown)
    if seen := moves.seen.keys() - moves.changed.keys() - moves.confirmed.keys():
        manager.filter(pk__in=seen).update(seen_at=said.at)
    for rows, columns in (
        (list(moves.changed.values()), moves.columns),
        (single, {"provenance", "seen_at"}),
    ):
        if rows:
            manager.bulk_create(
                rows, update_conflicts=True, unique_fields=["id"], update_fields=sorted(columns)
            )


def _form_of(provenance: dict[str, Any], said: Statement) -> Any:
    """What is equal for equal provenances, as cheap as can be."""
    if all(entry is said.entry or entry is AS_SEEN for entry in provenance.values()):
        return tuple(name if entry is AS_SEEN else f"={name}" for name, entry in provenance.items())
    return json.dumps(provenance, sort_keys=True)


@lru_cache(maxsize=256)
def _all_read(model: type[MirrorRow], attributes: tuple[str, ...]) -> dict[str, Any]:
    """The provenance of a row of which the newest reading showed just these attributes, and nobody else anything else."""
    return {_field_name(model, attribute): AS_SEEN for attribute in attributes}


@lru_cache(maxsize=4096)
def _order_of(at: str, source: str) -> tuple[datetime, int]:
    """The order of what is written in a provenance; a source that another version wrote is the weakest."""
    return datetime.fromisoformat(at), _STRENGTH.get(source, -1)


def _sorting(value: Any) -> tuple[bool, str]:
    return value is not None, str(value)


@lru_cache(maxsize=1024)
def _field_name(model: type[MirrorRow], attribute: str) -> str:
    return model._meta.get_field(attribute).name
