"""What both readers give: headings, rows of texts, and the reasons why a file cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from screens.states import Text

MOST_BYTES = 20 * 1024 * 1024
"""Of a file, as it is uploaded."""
MOST_ROWS = 100_000
MOST_COLUMNS = 100
LONGEST_CELL = 32_767
"""Characters, as Excel itself has it."""

_PROBLEMS: dict[str, Text] = {
    "empty": _("This file is empty."),
    "no_heading": _("There is no line with headings in this file."),
    "no_rows": _("There is no row below the headings."),
    "old_office": _(
        "This is an old Excel file (.xls) or a protected one. Save it as .xlsx without a password."
    ),
    "no_workbook": _("This is no Excel workbook, or it is damaged. Save it again as .xlsx or CSV."),
    "too_large": _("This file is larger than 20 MB. Split it."),
    "unpacks_too_large": _(
        "Unpacked, this workbook is far larger than its content can be. It is not opened."
    ),
    "no_text": _("This is no text file in UTF-8 or GB18030. Save it as CSV in UTF-8, or as .xlsx."),
    "no_csv": _("This is no CSV file: a quotation mark is never closed, or a line is far too long."),
    "too_many_rows": format_lazy(
        _("There are more than {most} rows. Split the file."), most=f"{MOST_ROWS:,}"
    ),
    "too_many_columns": format_lazy(
        _("There are more than {most} columns. Keep those that are needed."), most=MOST_COLUMNS
    ),
    "cell_too_long": _("A cell has more text than Excel itself allows."),
}


class TableError(Exception):
    """The file as a whole cannot be read; `code` says why, `message` says it to the person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> Text:
        return _PROBLEMS[self.code]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet shows it, and its cells as texts, "" for an empty one."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read: its headings, about how many rows follow, and the rows from after a number on."""

    headings: list[str]
    about: int
    rows_after: Callable[[int], Generator[Row]]

    @property
    def width(self) -> int:
        return len(self.headings)


def heading_of(lines: Iterator[Row]) -> Row:
    """The line of headings: the first one of the first ten with at least two filled cells, else the first filled one.

    Exports often begin with a title in one cell. Raises TableError when nothing is filled.
    """
    first: Row | None = None
    for place, line in enumerate(lines):
        filled = sum(1 for cell in line.cells if cell)
        if filled >= 2 or place >= 9:
            return line if filled >= 2 or first is None else first
        if filled and first is None:
            first = line
    if first is None:
        raise TableError("no_heading")
    return first


def checked(row: Row) -> Row:
    """The same row, trimmed. Raises TableError for one beyond the bounds."""
    cells = row.cells
    if len(cells) > MOST_COLUMNS:
        if any(cells[MOST_COLUMNS:]):
            raise TableError("too_many_columns")
        cells = cells[:MOST_COLUMNS]
    if any(len(cell) > LONGEST_CELL for cell in cells):
        raise TableError("cell_too_long")
    # A zero character is in no text, and PostgreSQL keeps none.
    return Row(row.number, [cell.replace("\x00", "").strip() for cell in cells])


def table_from(lines: Callable[[], Iterator[Row]], about: int) -> Table:
    """A table whose lines can be walked again and again. Raises TableError where there are no headings or no rows."""
    heading = heading_of(lines())
    headings = [cell[:200] for cell in heading.cells]
    while headings and not headings[-1]:
        headings.pop()
    if not headings:
        raise TableError("no_heading")

    def rows_after(number: int) -> Generator[Row]:
        after, count = max(number, heading.number), 0
        for row in lines():
            if row.number <= heading.number or not any(row.cells):
                continue
            count += 1
            if count > MOST_ROWS:
                raise TableError("too_many_rows")
            if row.number > after:
                yield Row(row.number, row.cells[: len(headings)])

    if next(rows_after(0), None) is None:
        raise TableError("no_rows")
    return Table(headings, max(1, about - 1), rows_after)
