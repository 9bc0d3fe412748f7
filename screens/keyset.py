"""Pages of a list by the last row seen instead of by number: as fast on page 10,000 as on page 1.

Order is total (a unique column comes last), NULLs come last in both directions and on both databases.
A nullable first column cuts the list into two parts, rows with a value and rows without: inside a part the
database can walk an ordinary index, which it cannot under ``ORDER BY ... NULLS LAST``.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections
from django.db.models import DateTimeField, F, Field, Model, Q, QuerySet, Subquery
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import OrderBy

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Term:
    """One column of an ordering: its path, its direction, whether it may be NULL, its field."""

    path: str
    descending: bool
    nullable: bool
    field: "Field[Any, Any]"

    def order(self, *, backward: bool, nulls_apart: bool) -> OrderBy:
        """The ORDER BY term, forward or backward through the list.

        ``nulls_apart`` says that rows without a value are in another part, so that their place need not be told.
        """
        descending = self.descending != backward
        placed = self.nullable and not nulls_apart
        column = F(self.path)
        last = True if placed and not backward else None
        first = True if placed and backward else None
        if descending:
            return column.desc(nulls_first=first, nulls_last=last)
        return column.asc(nulls_first=first, nulls_last=last)

    def same(self, value: Any) -> Q:
        """Rows that have this value."""
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})

    def beyond(self, value: Any, *, backward: bool) -> Q | None:
        """Rows that come after this value in the direction walked; None when there can be none."""
        if value is None:
            return Q(**{f"{self.path}__isnull": False}) if backward else None
        lookup = "lt" if self.descending != backward else "gt"
        further = Q(**{f"{self.path}__{lookup}": value})
        missing = Q(**{f"{self.path}__isnull": True})
        return further | missing if self.nullable and not backward else further

    def not_before(self, value: Any, *, backward: bool) -> Q:
        """A bound without OR that the database can start an index walk from."""
        lookup = "lte" if self.descending != backward else "gte"
        return Q(**{f"{self.path}__{lookup}": value})


class Ordering:
    """A named total order of a model's rows, made from field names such as ``("-recorded_at", "-pk")``."""

    def __init__(self, model: type[Model], name: str, fields: Sequence[str]) -> None:
        self.name = name
        self.terms = tuple(_term(model, field) for field in fields)
        if not fields or not (self.terms[-1].field.unique and not self.terms[-1].nullable):
            raise ValueError(
                f"The ordering {name!r} of {model.__name__} must end with a unique column, as 'pk'."
            )

    def reversed(self) -> "Ordering":
        """The same columns in the other direction; NULLs stay last."""
        other = Ordering.__new__(Ordering)
        other.name = self.name[1:] if self.name.startswith("-") else f"-{self.name}"
        other.terms = tuple(Term(t.path, not t.descending, t.nullable, t.field) for t in self.terms)
        return other

    def values_of(self, row: Model) -> list[Any]:
        """What a cursor must remember of a row."""
        return [_read(row, term.path) for term in self.terms]

    def encode(self, row: Model) -> str:
        """The place of a row in this order, safe in a URL."""
        text = json.dumps([self.name, self.values_of(row)], cls=_ExactEncoder, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()

    def decode(self, cursor: str) -> list[Any] | None:
        """The values of a cursor, or None for one that is malformed or belongs to another order."""
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            name, values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if name != self.name or len(values) != len(self.terms):
                return None
            return [_parsed(term, value) for term, value in zip(self.terms, values, strict=True)]
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, ValidationError):
            return None

    def anchored(self, rows: "QuerySet[Row]", cursor: list[Any]) -> list[Any]:
        """The cursor with times as the database holds them.

        SQLite compares times as texts, and one that the database's own clock wrote has three digits of a second
        where a parameter has six: such a value must be read from its row again to be equal to itself.
        """
        times = [place for place, term in enumerate(self.terms) if isinstance(term.field, DateTimeField)]
        if not times or connections[rows.db].vendor != "sqlite":
            return cursor
        every = rows.model._base_manager
        row = every.using(rows.db).filter(self.terms[-1].same(cursor[-1]))
        held = row.values_list(*(term.path for term in self.terms)).first()
        if held is None:
            return cursor
        return [
            Subquery(row.values(term.path)[:1])
            if place in times and cursor[place] is not None and held[place] == cursor[place]
            else cursor[place]
            for place, term in enumerate(self.terms)
        ]

    def take(
        self, rows: "QuerySet[Row]", count: int, *, cursor: list[Any] | None = None, backward: bool = False
    ) -> list[Row]:
        """Up to ``count`` rows beyond the cursor (from the start, or from the end, without one).

        Backward gives the rows nearest to the cursor first; the caller turns them round.
        """
        taken: list[Row] = []
        if cursor is not None:
            cursor = self.anchored(rows, cursor)
        for part, start in self._parts(cursor, backward=backward):
            if len(taken) == count:
                break
            found = rows.filter(part).order_by(*self._order_by(backward=backward))
            if start is not None:
                beyond = self._beyond(start, backward=backward)
                if beyond is None:
                    continue
                found = found.filter(beyond)
            taken.extend(found[: count - len(taken)])
        return taken

    def _order_by(self, *, backward: bool) -> list[OrderBy]:
        return [
            term.order(backward=backward, nulls_apart=place == 0) for place, term in enumerate(self.terms)
        ]

    def _parts(self, cursor: list[Any] | None, *, backward: bool) -> list[tuple[Q, list[Any] | None]]:
        """The parts of the list from the cursor on, the first one with the cursor to start from."""
        first = self.terms[0]
        if not first.nullable:
            return [(Q(), cursor)]
        valued, missing = Q(**{f"{first.path}__isnull": False}), Q(**{f"{first.path}__isnull": True})
        walk = [missing, valued] if backward else [valued, missing]
        if cursor is None:
            return [(part, None) for part in walk]
        here = missing if cursor[0] is None else valued
        rest = walk[walk.index(here) + 1 :]
        return [(here, cursor), *((part, None) for part in rest)]

    def _beyond(self, cursor: list[Any], *, backward: bool) -> Q | None:
        """Rows after the cursor: further in the first column, or equal there and further in the second, ..."""
        alternatives: list[Q] = []
        equal = Q()
        for place, (term, value) in enumerate(zip(self.terms, cursor, strict=True)):
            in_part = place == 0 and term.nullable
            # Inside its part the first column has no NULLs beside values.
            bare = Term(term.path, term.descending, False, term.field) if in_part else term
            further = None if in_part and value is None else bare.beyond(value, backward=backward)
            if further is not None:
                alternatives.append(equal & further)
            equal &= term.same(value)
        if not alternatives:
            return None
        condition = alternatives[0]
        for alternative in alternatives[1:]:
            condition |= alternative
        if cursor[0] is not None:
            condition = self.terms[0].not_before(cursor[0], backward=backward) & condition
        return condition


class _ExactEncoder(DjangoJSONEncoder):
    """Times with all their microseconds: Django's own encoder cuts them to milliseconds."""

    def default(self, o: Any) -> Any:
        if hasattr(o, "isoformat"):
            return o.isoformat()
        return super().default(o)


def _term(model: type[Model], name: str) -> Term:
    path = name.removeprefix("-")
    key = model._meta.pk
    chain: list[Any] = [key] if path == "pk" else list(get_fields_from_path(model, path))
    nullable = any(getattr(field, "null", False) for field in chain)
    return Term(path, name.startswith("-"), nullable, chain[-1])


def _read(row: Any, path: str) -> Any:
    for part in path.split(LOOKUP_SEP):
        if row is None:
            return None
        row = getattr(row, part)
    return row


def _parsed(term: Term, value: Any) -> Any:
    if value is None:
        if not term.nullable:
            raise ValueError("a column that is never empty")
        return None
    if isinstance(value, dict | list):
        raise TypeError("not a plain value")
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("a zero character")
    parsed = term.field.to_python(value)
    if isinstance(parsed, int) and not -(2**63) <= parsed < 2**63:
        raise OverflowError
    return parsed


@dataclass(frozen=True)
class BoundedCount:
    """A count that stops: ``10,000+`` instead of an exact number that takes seconds."""

    value: int
    capped: bool

    def __str__(self) -> str:
        return f"{self.value:,}+" if self.capped else f"{self.value:,}"

    def __bool__(self) -> bool:
        return self.value > 0


def bounded_count(rows: "QuerySet[Any]", limit: int = 10_000) -> BoundedCount:
    """Count rows up to ``limit`` by ``SELECT COUNT(*) FROM (SELECT ... LIMIT limit + 1)``."""
    seen = rows.order_by().values("pk")[: limit + 1].count()
    return BoundedCount(min(seen, limit), seen > limit)


@dataclass(frozen=True)
class KeysetPage(Generic[Row]):
    """One page: its rows in order, and the cursors of its neighbours where there are any."""

    rows: list[Row]
    after: str | None
    before: str | None

    @classmethod
    def load(
        cls, rows: "QuerySet[Row]", ordering: Ordering, per_page: int, *, after: str = "", before: str = ""
    ) -> "KeysetPage[Row]":
        """The page after or before a cursor. A malformed cursor gives the first page."""
        after_values = ordering.decode(after) if after else None
        before_values = ordering.decode(before) if before and after_values is None else None
        if before_values is not None:
            found = ordering.take(rows, per_page + 1, cursor=before_values, backward=True)
            if len(found) > per_page:
                shown = found[:per_page][::-1]
                return cls(shown, ordering.encode(shown[-1]), ordering.encode(shown[0]))
            # Fewer than a page before it: that is the first page, and it is shown full.
        found = ordering.take(rows, per_page + 1, cursor=after_values)
        shown = found[:per_page]
        has_next = len(found) > per_page
        has_previous = after_values is not None
        if not shown and has_previous:
            # All rows after the cursor went away since: the way back starts at the cursor itself.
            return cls([], None, after)
        return cls(
            shown,
            ordering.encode(shown[-1]) if has_next else None,
            ordering.encode(shown[0]) if has_previous else None,
        )
