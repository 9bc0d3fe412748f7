"""The log as evidence: one file of JSON lines that a stranger checks with `verify.py` and nothing else.

The first line says what was asked for and which checkpoint everything is proven against. Each line behind it is a record or
a gap, in the order of the tree: a gap stands for records that were not asked for by the hashes of the subtrees that
they fill. Whoever puts leaves and gaps together arrives at the root that the checkpoint signed, so one file proves any
choice of records without a proof for each. The last line is a signed note over all that went before.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min, QuerySet
from django.http import QueryDict

from audit import canonical
from audit.checkpoint import SigningKey
from audit.clock import database_now
from audit.filters import Criteria
from audit.keys import signing_keys
from audit.models import Leaf, Record, Unsealed
from audit.proofs import Basis, Tree, newest_basis
from audit.signed_file import MARK, Signer, compact

FORMAT = "back-office-audit-export"
VERSION = 1
WINDOW = 500
"""Positions that are read at once: what a file of any length keeps in memory."""
_SEARCHED = 10_000
"""Positions among which a filter looks at once."""
_WAITING_LIMIT = 10_000
ALL_GROUPS = tuple(canonical.GROUPS)


class NotExportable(Exception):
    """There is nothing yet that could be proven: no checkpoint was ever signed."""


@dataclass(slots=True)
class Counted:
    """What a file came to, once it is written."""

    records: int = 0
    digest: str = ""
    complete: bool = False


class Export:
    """One export: decided when it is made, read while it is written.

    `first` and `end` (exclusive) are positions; a filter chooses among them. Raises NotExportable, NoKey, NoteError.
    """

    def __init__(
        self, criteria: Criteria | None = None, query: str = "", *, first: int = 0, end: int | None = None
    ) -> None:
        basis = newest_basis()
        if basis is None:
            raise NotExportable("no checkpoint was signed yet")
        self.keys: list[SigningKey] = signing_keys()
        self.basis: Basis = basis
        self.criteria = criteria if criteria is not None and criteria.any_set else None
        self.query = query if self.criteria else ""
        self.end = basis.size if end is None else min(end, basis.size)
        self.first = min(first, self.end)
        self.counted = Counted()
        self._signer = Signer(f"{FORMAT}/{VERSION}", self.keys)

    def parts(self) -> Iterator[bytes]:
        """The file, a few thousand records at a time."""
        head = self._head()
        yield from self._signer.passing([f"{compact(head)}\n"])
        yield from self._signer.passing(self._lines())
        self.counted.digest = self._signer.digest
        note = self._signer.note({**head, "records": self.counted.records})
        yield f"{{{MARK}{compact(note)}}}\n".encode()
        self.counted.complete = True

    def _head(self) -> dict[str, Any]:
        """What is known at the start. `not_sealed` counts no further than 10,001: those records are not in the file."""
        waiting = Unsealed.objects.order_by("record_id").values_list("pk", flat=True)[: _WAITING_LIMIT + 1]
        sealed_behind = Leaf.objects.filter(position__gte=self.basis.size)[: _WAITING_LIMIT + 1]
        return {
            "format": FORMAT,
            "version": VERSION,
            "origin": self.basis.origin,
            "made_at": database_now().isoformat(),
            "filter": self.query,
            "time_zone": settings.TIME_ZONE,
            "first": self.first,
            "end": self.end,
            "not_sealed": len(waiting) + len(sealed_behind),
            "keys": list(dict.fromkeys([*(str(key.public) for key in self.keys), *self.basis.keys])),
            "checkpoint": self.basis.note,
        }

    def _lines(self) -> Iterator[str]:
        tree, done = Tree(), 0
        for rows in self._windows():
            lines = []
            for position, _record, *columns in rows:
                if position > done:
                    lines.append(_gap(tree, done, position))
                lines.append(f'{{"position": {position}, {told(columns)}}}\n')
                done = position + 1
            self.counted.records += len(rows)
            yield "".join(lines)
        if done < self.basis.size:
            yield _gap(tree, done, self.basis.size)

    def _windows(self) -> Iterator[list[Sequence[Any]]]:
        narrow = None if self.criteria is None else self.criteria.matching()
        for start in range(self.first, self.end, _SEARCHED):
            stop = min(start + _SEARCHED, self.end)
            chosen = None if narrow is None else _chosen(narrow, start, stop)
            if chosen is not None and len(chosen) <= WINDOW:
                if chosen:
                    yield list(read(start, stop, chosen))
                continue
            among = None if chosen is None else set(chosen)
            for part in range(start, stop, WINDOW):
                end = min(part + WINDOW, stop)
                rows = list(read(part, end))
                if len(rows) != end - part:
                    raise LookupError(f"records are missing from position {part:,} on; verify the log")
                yield rows if among is None else [row for row in rows if row[1] in among]


def _chosen(matching: QuerySet[Record], start: int, stop: int) -> list[int]:
    """Which records of these positions match: looked for among the numbers that these positions hold."""
    window = Leaf.objects.filter(position__gte=start, position__lt=stop)
    ends = window.aggregate(low=Min("record_id"), high=Max("record_id"))
    found = matching.filter(pk__gte=ends["low"], pk__lte=ends["high"]).order_by()
    return list(found.values_list("pk", flat=True).iterator(chunk_size=WINDOW))


def _gap(tree: Tree, start: int, end: int) -> str:
    return f"{compact({'gap': [start, end], 'hashes': in_base64(tree.cover(start, end))})}\n"


def in_base64(hashes: Iterable[bytes]) -> list[str]:
    return [base64.b64encode(digest).decode("ascii") for digest in hashes]


_GROUP_COLUMNS = tuple((group, (f"{group}_salt", f"{group}_seal", *canonical.GROUPS[group])) for group in ALL_GROUPS)  # fmt: skip


def read(start: int, stop: int, chosen: Sequence[int] | None = None) -> Iterator[Sequence[Any]]:
    """Position, number, canonical text and the columns beside it, in the order of the tree; of `chosen` alone if given."""
    among = "" if chosen is None else f" AND r.id IN ({', '.join(['%s'] * len(chosen))})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.position, r.id, {_columns()} FROM audit_leaf l JOIN audit_record r ON r.id = l.record_id"  # noqa: S608 - constants and places
            f" WHERE l.position >= %s AND l.position < %s{among} ORDER BY l.position",
            [start, stop, *(chosen or ())],
        )
        yield from cursor.fetchall()


def read_records(chosen: Sequence[int]) -> Iterator[Sequence[Any]]:
    """Number, position (None while it waits for the sealer), canonical text and the columns beside it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.id, l.position, {_columns()} FROM audit_record r LEFT JOIN audit_leaf l ON l.record_id = r.id"  # noqa: S608 - constants and places
            f" WHERE r.id IN ({', '.join(['%s'] * len(chosen))})",
            list(chosen),
        )
        yield from cursor.fetchall()


def _columns() -> str:
    """JSON comes as the text that was committed to."""
    shown = "r.{}::text" if connection.vendor == "postgresql" else "r.{}"
    names = [name for _group, names in _GROUP_COLUMNS for name in names]
    texts = [shown.format(name) if name in canonical.JSON_COLUMNS else f"r.{name}" for name in names]
    return f"r.canonical, {', '.join(texts)}"


def told(columns: Sequence[Any], groups: Sequence[str] = ALL_GROUPS) -> str:
    """The inside of a record's JSON object: its canonical text, what that says, and the personal values of `groups`.

    A group is null where there was never a value, "erased", "withheld" when it is none of `groups`, or its salt and values.
    """
    text, values = columns[0], iter(columns[1:])
    parts = []
    for group, names in _GROUP_COLUMNS:
        given = dict(zip(names, values, strict=False))  # takes as many of the columns as the group has
        parts.append(f'"{group}": {_group(group, given, shown=group in groups)}')
    fields = {name: value for name, value in canonical.parse(text.encode()).items() if value}
    return f'"canonical": {compact(text)}, "fields": {compact(fields)}, "personal": {{{", ".join(parts)}}}'


def _group(group: str, given: Mapping[str, Any], *, shown: bool) -> str:
    salt, seal = given[f"{group}_salt"], given[f"{group}_seal"]
    if not seal:
        return "null"
    if not salt:
        return '"erased"'
    if not shown:
        return '"withheld"'
    values = [
        f'"{name}": {given[name] if name in canonical.JSON_COLUMNS else compact(given[name])}'
        for name in canonical.GROUPS[group]
    ]
    return f'{{"salt": "{salt}", {", ".join(values)}}}'


def query_text(given: QueryDict) -> str:
    """The filter of an address as it is recorded and signed: without the place in the list."""
    from audit.menus import Address  # noqa: PLC0415 - menus lead to screens that lead here

    return Address(given).without().removeprefix("?")
