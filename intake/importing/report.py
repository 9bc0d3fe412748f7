"""What a step found of the rows, in words: for the page, the file and the command."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import DateTimeField, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from intake.models import Import, ImportRow
from screens.csv_cells import Echo, guarded
from screens.dates import full_moment_text
from screens.figures import number_text

Verdict = ImportRow.Verdict
Change = tuple[str, str, str]
"""A field's label, its value now, its value in the file."""
_AT_ONCE = 1_000
LONGEST = 200
"""Characters of a cell that pages show."""


def rows_of(one: Import, show: str = "") -> QuerySet[ImportRow]:
    """The rows that the last step went through, or those of one verdict, in the order of the file."""
    rows = ImportRow.objects.filter(of=one).order_by("number")
    return rows.filter(verdict=show) if show in Verdict.values else rows


def wrong_of(one: Import, row: ImportRow) -> list[tuple[str, str, str]]:
    """What is wrong with a row: the column's label, the cell's text, the sentence in the reader's language."""
    language = get_language() or ""
    places = {name: place for place, name in one.columns.items()}
    found = []
    for name, said in row.findings.get("wrong", ()):
        column = one.target.column(name) if one.target else None
        place = places.get(name, -1)
        cell = row.cells[place] if 0 <= place < len(row.cells) else ""
        text = said.get(language) or next(iter(said.values()), "")
        found.append((capfirst(str(column.label)) if column else name, cell[:LONGEST], text))
    return found


def changes_of(one: Import, row: ImportRow, which: str = "changed") -> list[Change]:
    """What a row changes, or with "kept" what it would have changed had we not learned it later."""
    return [
        (_label(one, name), _shown(one, name, now), _shown(one, name, told))
        for name, (now, told) in row.findings.get(which, {}).items()
    ]


def explained(one: Import, row: ImportRow) -> str:
    """All that was found of a row, in one line."""
    parts = [
        _("%(column)s: %(why)s") % {"column": column, "why": why} for column, _cell, why in wrong_of(one, row)
    ]
    parts += [
        _("%(field)s: %(now)s → %(told)s") % {"field": field, "now": now or "–", "told": told or "–"}
        for field, now, told in changes_of(one, row)
    ]
    parts += [
        _("%(field)s: stays %(now)s, learned later than the file") % {"field": field, "now": now or "–"}
        for field, now, _told in changes_of(one, row, "kept")
    ]
    return "; ".join(parts)


def csv_lines(one: Import, show: str) -> Iterator[str]:
    """The rows as the file had them, with what was found of each behind; guarded against formulas."""
    writer = csv.writer(Echo())
    yield "\ufeff"
    head = [guarded(heading) for heading in one.headings]
    yield writer.writerow([*head, _("Row"), _("Result"), _("Explanation")])
    for row in rows_of(one, show).iterator(chunk_size=_AT_ONCE):
        cells = [*row.cells, *[""] * (len(one.headings) - len(row.cells))]
        told = (row.number, row.get_verdict_display(), explained(one, row))
        yield writer.writerow([guarded(cell) for cell in (*cells, *told)])


def counted(one: Import) -> list[tuple[str, str, int]]:
    """Each verdict with its word and its number of rows."""
    return [(verdict.value, str(verdict.label), one.counts.get(verdict.value, 0)) for verdict in Verdict]


def text_lines(one: Import, *, most: int) -> Iterator[str]:
    """The report for a terminal, with the first rows that need a look."""
    yield _("%(import)s: %(kind)s of %(account)s, %(rows)s rows of “%(file)s”.") % {
        "import": one, "kind": one.kind_label, "account": one.account, "rows": number_text(one.rows),
        "file": one.file_name,
    }  # fmt: skip
    for place, name in one.columns.items():
        yield f"  {one.headings[place]} = {name}"
    for _verdict, label, count in counted(one):
        yield f"  {label}: {number_text(count)}"
    for verdict in (Verdict.WRONG, Verdict.CHANGED, Verdict.KEPT):
        for row in rows_of(one, verdict)[:most]:
            facts = {"number": row.number, "id": row.provider_id, "what": explained(one, row)}
            yield _("Row %(number)s (%(id)s): %(what)s") % facts


def _label(one: Import, name: str) -> str:
    model = one.target.model if one.target else None
    try:
        return capfirst(str(model._meta.get_field(name).verbose_name)) if model else name  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return name


def _shown(one: Import, name: str, value: Any) -> str:
    """A value that was stored as JSON, as people read it."""
    if value is None or value == "":
        return ""
    model = one.target.model if one.target else None
    field: Any = model._meta.get_field(name) if model else None
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, DateTimeField):
        moment = _moment(value)
        return full_moment_text(moment).partition(",")[0] if moment else str(value)
    return str(value)[:LONGEST]


def _moment(value: str) -> datetime | None:
    try:
        return parse_datetime(value)
    except (ValueError, ValidationError):
        return None
