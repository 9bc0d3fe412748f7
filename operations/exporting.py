"""Taking a list along: what is exported of each row, and the file, written a thousand rows at a time.

The rows are those that the list shows for the same address, in its order. Sizes stand in bytes and in words, times in ISO
with the school's offset, ids as texts; nothing that a spreadsheet would take for a formula gets through.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.utils import timezone
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screens.csv_cells import Echo, guarded
from screens.figures import duration_text, size_text
from screens.keyset import Ordering
from screens.states import Text

AT_ONCE = 1_000
MOST_ROWS_A_SHEET = 1_000_000
"""Rows of one sheet; Excel's own limit is 1,048,576."""
LONGEST_CELL = 32_767
_BLOCK = 64 * 1024
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Value = str | int | None
Finish = Callable[[Sequence[Any]], None]


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column of the file: its head and what stands in it for a row. Texts are guarded, whole numbers stay numbers."""

    head: Text
    value: Callable[[Any], Value]


def text(head: Text, path: str) -> ExportColumn:
    """What lies at this path of a row ("course__name"), as text; a choice by its word."""

    def value(row: Any) -> str:
        *way, name = path.split(LOOKUP_SEP)
        for part in way:
            row = getattr(row, part)
            if row is None:
                return ""
        said = getattr(row, f"get_{name}_display", None)
        found = said() if said is not None else getattr(row, name)
        return "" if found is None else str(found)

    return ExportColumn(head, value)


def number(head: Text, name: str) -> ExportColumn:
    """A whole number."""
    return ExportColumn(head, lambda row: getattr(row, name))


def moment(head: Text, name: str) -> ExportColumn:
    """A time in ISO with the school's offset."""
    return ExportColumn(head, lambda row: iso(getattr(row, name)))


def size(head: Text, name: str) -> tuple[ExportColumn, ExportColumn]:
    """A size twice: in bytes to reckon with, in words to read."""

    def words(row: Any) -> str:
        count = getattr(row, name)
        return "" if count is None else size_text(count)

    return number(_in_unit(head, "B"), name), ExportColumn(head, words)


def length(head: Text, name: str) -> tuple[ExportColumn, ExportColumn]:
    """A length twice: in seconds and in words."""

    def words(row: Any) -> str:
        seconds = getattr(row, name)
        return "" if seconds is None else duration_text(seconds)

    return number(_in_unit(head, "s"), name), ExportColumn(head, words)


def yes_no(head: Text, name: str) -> ExportColumn:
    """Yes, no, or nothing where it is not known."""

    def value(row: Any) -> str:
        found = getattr(row, name)
        return "" if found is None else _("Yes") if found else _("No")

    return ExportColumn(head, value)


def iso(at: datetime | None) -> str:
    """``2026-03-02T08:30:00+08:00``, empty for None."""
    return "" if at is None else timezone.localtime(at).isoformat(timespec="seconds")


def mirror_columns() -> tuple[ExportColumn, ...]:
    """What every mirror row ends with: whether it is still there, since when we know, when the provider last showed it."""
    return (
        text(gettext_lazy("Presence"), "presence"),
        moment(gettext_lazy("Presence learned"), "presence_at"),
        moment(gettext_lazy("Last seen at the provider"), "seen_at"),
        text(gettext_lazy("Account"), "account"),
    )


@dataclass(slots=True)
class Written:
    """How many rows a file has, once it is written."""

    rows: int = 0
    complete: bool = False


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list on its way into a file: its rows, its columns, and what stands on the sheet about it."""

    matching: QuerySet[Any]
    ordering: Ordering
    columns: Sequence[ExportColumn]
    finish: Finish
    about: Sequence[tuple[str, str]]
    written: Written

    def csv_parts(self) -> Iterator[bytes]:
        """The file as CSV, a thousand rows at a time."""
        writer = csv.writer(Echo())
        yield f"\ufeff{writer.writerow(self._heads())}".encode()
        for rows in self._pages():
            yield "".join(
                writer.writerow([guarded(value) for value in self._values(row)]) for row in rows
            ).encode()
        self.written.complete = True

    def xlsx_parts(self) -> Iterator[bytes]:
        """The file as a workbook: written to the disk row by row, then sent. Texts are never formulas in it."""
        with tempfile.TemporaryDirectory(prefix="export-") as directory:
            path = Path(directory) / "list.xlsx"
            self._write_book(path, directory)
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    yield block
        self.written.complete = True

    def _write_book(self, path: Path, directory: str) -> None:
        options = {
            "constant_memory": True, "tmpdir": directory, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False,
        }  # fmt: skip
        with xlsxwriter.Workbook(str(path), options) as book:
            bold = book.add_format({"bold": True})
            sheet, line = self._sheet(book, bold), 0
            for rows in self._pages():
                for row in rows:
                    if line == MOST_ROWS_A_SHEET:
                        sheet, line = self._sheet(book, bold), 0
                    line += 1
                    for place, value in enumerate(self._values(row)):
                        _write_cell(sheet, line, place, value)
            last = book.add_worksheet(_("About this file")[:31])
            last.set_column(0, 1, 30)
            about = (*self.about, (_("Rows"), f"{self.written.rows:,}"))
            for line, (label, value) in enumerate(about):
                last.write_string(line, 0, label, bold)
                last.write_string(line, 1, _plain(value))

    def _sheet(self, book: Any, bold: Any) -> Any:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(self.columns) - 1, 18)
        for place, head in enumerate(self._heads()):
            sheet.write_string(0, place, head, bold)
        return sheet

    def _heads(self) -> list[str]:
        return [guarded(capfirst(str(column.head))) for column in self.columns]

    def _values(self, row: Any) -> list[Value]:
        return [column.value(row) for column in self.columns]

    def _pages(self) -> Iterator[Sequence[Any]]:
        """The list's rows from its beginning, by the place of the last one: flat in memory, and as fast at the end."""
        cursor: list[Any] | None = None
        while rows := self.ordering.take(self.matching, AT_ONCE, cursor=cursor):
            self.finish(rows)
            self.written.rows += len(rows)
            yield rows
            cursor = self.ordering.values_of(rows[-1])


def _write_cell(sheet: Any, line: int, place: int, value: Value) -> None:
    if value is None or value == "":
        return
    # Excel keeps fifteen digits of a number.
    if isinstance(value, int) and abs(value) < 10**15:
        sheet.write_number(line, place, value)
    else:
        sheet.write_string(line, place, _plain(str(value)))


def _plain(said: str) -> str:
    """A text that XML can hold, no longer than Excel allows."""
    return _NOT_IN_XML.sub("\ufffd", said)[:LONGEST_CELL]


def _in_unit(head: Text, unit: str) -> Text:
    """A head with a unit that is written alike in every language."""
    return format_lazy("{head} ({unit})", head=head, unit=unit)


def flat(parts: Iterable[ExportColumn | tuple[ExportColumn, ...]]) -> tuple[ExportColumn, ...]:
    """Columns and pairs of columns as one row of columns."""
    return tuple(column for part in parts for column in (part if isinstance(part, tuple) else (part,)))
