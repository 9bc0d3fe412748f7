"""Pages of the ledger by key, newest first: no COUNT and no OFFSET into what is shown, so page 1,000 costs what page 1 costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from audit.conditions import Search
from audit.models import Record

PAGE_SIZE = 50
SCAN_LIMIT = 100_000
"""How many records one page looks through for a filter that no index serves: they lie side by side."""
LED_LIMIT = 10_000
"""How many of another filter's records one page looks through: they lie scattered, each costs a read of its own."""

_LARGEST_ID = 2**63 - 1
_TABLE, _SEEN = '"audit_record"', '"seen"'
_NEWEST_FIRST = ("-at", "-id")
_Sql = tuple[str, tuple[Any, ...]]
# What a filter without an index may look at, and what pages are ordered by.
_LOOKED_AT = (
    "id", "at", "action", "outcome", "actor_id", "actor_name", "target_kind", "target_id", "target_provider_id", "target_label",
    "run_id", "request_id", "provider",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the ledger: beside the record with this id.

    The record's time is read from the database instead of being carried along: SQLite keeps fewer digits of a time
    than a parameter has, so a time that went through an address would not meet itself again.
    """

    id: int

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """The cursor that `str` wrote, or None for anything else."""
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            return None
        return cls(int(text)) if int(text) <= _LARGEST_ID else None

    def __str__(self) -> str:
        return str(self.id)

    @property
    def older(self) -> Q:
        """Records that come after this place on the way from new to old."""
        return Q(at__lte=self._at) & (Q(at__lt=self._at) | Q(id__lt=self.id))

    @property
    def newer(self) -> Q:
        """Records that come before this place on the way from new to old."""
        return Q(at__gte=self._at) & (Q(at__gt=self._at) | Q(id__gt=self.id))

    @property
    def _at(self) -> Subquery:
        return Subquery(Record.objects.filter(pk=self.id).values("at")[:1])


@dataclass(frozen=True, slots=True)
class Page:
    """Records of one page and the cursors of its neighbours ("" where there is none).

    `searched_back_to` is set when the page stopped looking because it had gone through enough records, `searched`.
    """

    records: list[Record] = field(default_factory=list)
    older: str = ""
    newer: str = ""
    searched_back_to: dt.datetime | None = None
    searched: int = 0


def page(
    *walks: QuerySet[Record], before: Cursor | None, after: Cursor | None, size: int = PAGE_SIZE
) -> Page:
    """The page older than `before`, or newer than `after`, or the newest one; walks are merged and share no record."""
    if after is not None:
        found = _first([walk.filter(after.newer) for walk in walks], ("at", "id"), size + 1)
        if len(found) > size:
            shown = found[:size][::-1]
            return Page(shown, older=str(shown[-1].pk), newer=str(shown[0].pk))
        before = None
    rows = [walk.filter(before.older) if before is not None else walk for walk in walks]
    found = _first(rows, _NEWEST_FIRST, size + 1)
    shown = found[:size]
    return Page(
        shown,
        older=str(shown[-1].pk) if len(found) > size else "",
        newer=str(shown[0].pk) if before is not None and shown else "",
    )


def look_through(
    search: Search, *, before: Cursor | None, size: int = PAGE_SIZE, limit: int | None = None
) -> Page:
    """A page of what fits `search.rest` too, among the next `limit` records on the way; says how far it came."""
    limit = limit or (LED_LIMIT if search.led else SCAN_LIMIT)
    if not search.walks:
        return Page()
    walks = [walk.filter(before.older) if before is not None else walk for walk in search.walks]
    each = max(1, limit // len(walks))
    found = list(_with_ids(_merged([_window(walk, search.rest, each, size + 1) for walk in walks], size + 1)))
    if len(found) > size and len(walks) == 1:
        return Page(found[:size], older=str(found[size - 1].pk))
    if (floor := _floor(walks, each)) is not None:
        # Below the highest place where a walk had to stop, that walk may have more than was seen.
        found = [record for record in found if (record.at, record.pk) >= (floor.at, floor.pk)]
    if len(found) > size:
        return Page(found[:size], older=str(found[size - 1].pk))
    if floor is None:
        return Page(found)
    return Page(found, older=str(floor.pk), searched_back_to=floor.at, searched=limit)


def _first(walks: Sequence[QuerySet[Record]], order: tuple[str, str], size: int) -> list[Record]:
    """The first records of all walks together: each is read no further than one page."""
    if len(walks) < 2:
        return [record for walk in walks for record in walk.order_by(*order)[:size]]
    parts = [_compiled(walk.order_by(*order)[:size].values("id", "at")) for walk in walks]
    return list(_with_ids(_merged(parts, size, order), order))


def _with_ids(ids: _Sql, order: tuple[str, str] = _NEWEST_FIRST) -> QuerySet[Record]:
    return Record.objects.filter(pk__in=RawSQL(*ids)).order_by(*order)  # noqa: S611 - compiled by the ORM, values as parameters


def _merged(parts: Sequence[_Sql], size: int, order: tuple[str, str] = _NEWEST_FIRST) -> _Sql:
    """The ids of the first records of all parts. The ORM cannot limit the parts of a union on SQLite."""
    names = ", ".join(f"{name.lstrip('-')} {'DESC' if name[0] == '-' else 'ASC'}" for name in order)
    union = " UNION ALL ".join(
        f"SELECT * FROM ({sql}) AS walk_{number}"  # noqa: S608 - compiled by the ORM
        for number, (sql, _) in enumerate(parts)
    )
    given = tuple(value for _, values in parts for value in values)
    return f"SELECT id FROM ({union}) AS merged ORDER BY {names} LIMIT {size}", given  # noqa: S608 - as above


def _window(walk: QuerySet[Record], rest: Q, limit: int, size: int) -> _Sql:
    """Those of the walk's first records that fit; reading stops as soon as there are enough.

    The limit inside keeps the database from looking further than promised, whatever it believes about the filter.
    """
    inner, looked_at = _compiled(walk.order_by(*_NEWEST_FIRST)[:limit].values(*_LOOKED_AT))
    outer, given = _compiled(Record.objects.filter(rest).order_by(*_NEWEST_FIRST)[:size].values("id", "at"))
    head, _, tail = outer.replace(_TABLE, _SEEN).partition(f"FROM {_SEEN}")
    return f"{head}FROM ({inner}) AS {_SEEN}{tail}", (*looked_at, *given)


def _floor(walks: Sequence[QuerySet[Record]], each: int) -> Record | None:
    """The highest record at which a walk had to stop; None when all were followed to their end."""
    last = [_compiled(walk.order_by(*_NEWEST_FIRST)[each - 1 : each].values("id", "at")) for walk in walks]
    return _with_ids(_merged(last, 1)).first()


def _compiled(rows: QuerySet[Record, Any]) -> _Sql:
    sql, values = rows.query.get_compiler(connection=connection).as_sql()
    return sql, tuple(values)
