"""Pages of the ledger by key, newest first: no OFFSET and no COUNT, so page 1,000 costs what page 1 costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import Count, Min, Q, QuerySet, Subquery

from audit.models import Record

PAGE_SIZE = 50
SCAN_LIMIT = 100_000
"""How many records one page looks through for a filter that no index serves (free text, provider)."""

_LARGEST_ID = 2**63 - 1
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LATEST = 4_102_444_800_000_000  # 2100-01-01 in microseconds: later moments are garbage


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the ledger: beside the record with this id, or just before a moment up to which was searched.

    The record's time is read from the database instead of being carried along: SQLite keeps fewer digits of a time
    than a parameter has, so a time that went through an address would not meet itself again.
    """

    id: int = 0
    moment: dt.datetime | None = None

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """The cursor that `str` wrote, or None for anything else."""
        digits = text.removeprefix("t")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
            return None
        number = int(digits)
        if digits == text:
            return cls(number) if number <= _LARGEST_ID else None
        return cls(moment=_EPOCH + dt.timedelta(microseconds=number)) if number < _LATEST else None

    def __str__(self) -> str:
        return f"t{(self.moment - _EPOCH) // dt.timedelta(microseconds=1)}" if self.moment else str(self.id)

    @property
    def older(self) -> Q:
        """Records that come after this place on the way from new to old."""
        if self.moment:
            return Q(at__lt=self.moment)
        return Q(at__lte=self._at) & (Q(at__lt=self._at) | Q(id__lt=self.id))

    @property
    def newer(self) -> Q:
        """Records that come before this place on the way from new to old."""
        if self.moment:
            return Q(at__gte=self.moment)
        return Q(at__gte=self._at) & (Q(at__gt=self._at) | Q(id__gt=self.id))

    @property
    def _at(self) -> Subquery:
        return Subquery(Record.objects.filter(pk=self.id).values("at")[:1])


@dataclass(frozen=True, slots=True)
class Page:
    """Records of one page and the cursors of its neighbours ("" where there is none).

    `searched_back_to` is set when the page stopped looking because it had gone through enough records.
    """

    records: list[Record] = field(default_factory=list)
    older: str = ""
    newer: str = ""
    searched_back_to: dt.datetime | None = None


def page(
    records: QuerySet[Record], *, before: Cursor | None, after: Cursor | None, size: int = PAGE_SIZE
) -> Page:
    """The page older than `before`, or newer than `after`, or the newest one."""
    if after is not None:
        found = list(records.filter(after.newer).order_by("at", "id")[: size + 1])
        if len(found) > size:
            shown = found[:size][::-1]
            return Page(shown, older=str(shown[-1].pk), newer=str(shown[0].pk))
        before = None
    rows = records.filter(before.older) if before is not None else records
    found = list(rows.order_by("-at", "-id")[: size + 1])
    shown = found[:size]
    return Page(
        shown,
        older=str(shown[-1].pk) if len(found) > size else "",
        newer=str(shown[0].pk) if before is not None and shown else "",
    )


def scan(
    records: QuerySet[Record],
    narrow: Callable[[QuerySet[Record]], QuerySet[Record]],
    *,
    before: Cursor | None,
    size: int = PAGE_SIZE,
    limit: int = SCAN_LIMIT,
) -> Page:
    """A page of `narrow(records)` that looks through `limit` records at most, and says how far it came."""
    rows = records.filter(before.older) if before is not None else records
    window = rows.order_by("-at", "-id")[:limit].aggregate(floor=Min("at"), seen=Count("pk"))
    floor: dt.datetime | None = window["floor"] if window["seen"] == limit else None
    within = rows.filter(at__gte=floor) if floor else rows
    found = list(narrow(within).order_by("-at", "-id")[: size + 1])
    if len(found) > size:
        return Page(found[:size], older=str(found[size - 1].pk))
    if floor is None:
        return Page(found)
    return Page(found, older=str(Cursor(moment=floor)), searched_back_to=floor)
