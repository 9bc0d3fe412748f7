"""Excel workbooks by openpyxl's reading mode: one row in memory, no formula computed, nothing unpacked without a bound."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from intake.spreadsheets.tables.table import (
    MOST_COLUMNS,
    MOST_ROWS,
    Row,
    Table,
    TableError,
    checked,
    table_from,
)

MOST_UNPACKED = 400 * 1024 * 1024
"""Bytes of all parts of a workbook; the XML of 100,000 rows with 20 columns is about half of it."""
MOST_SHARED_TEXT = 80 * 1024 * 1024
"""Bytes of the table of texts, which openpyxl keeps in memory."""
MOST_RATIO = 400
"""How many times smaller a part may be packed. XML of a table packs to a tenth, a bomb to a thousandth."""
MOST_PARTS = 2_000
EXACT_DIGITS = 15
"""Digits of a number that Excel keeps; it makes zeros of the others."""
FORMULA = "=?"
"""What stands for a formula: its result is only as good as the program that computed it, so it is not taken."""

_AT_ONCE = 256
_SMALL = 1024 * 1024
_BROKEN = (
    zipfile.BadZipFile, InvalidFileException, ParseError, DefusedXmlException,
    KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, EOFError, NotImplementedError, OverflowError,
)  # fmt: skip
"""What zipfile and openpyxl raise for files that are not what they say they are."""


def open_workbook(file: IO[bytes]) -> Table:
    """The table of the first sheet that has one. Raises TableError."""
    _look_at_parts(file)

    def lines() -> Iterator[Row]:
        try:
            yield from _lines(file)
        except _BROKEN as error:
            raise TableError("no_workbook") from error

    return table_from(lines, _about(file))


def _look_at_parts(file: IO[bytes]) -> None:
    """Refuse what would unpack to more than a table can be. A part cannot give more bytes than it declares."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except _BROKEN as error:
        raise TableError("no_workbook") from error
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise TableError("no_workbook")
    shared = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
    if (
        len(parts) > MOST_PARTS
        or sum(part.file_size for part in parts) > MOST_UNPACKED
        or shared > MOST_SHARED_TEXT
        or any(
            part.file_size > _SMALL and part.file_size > MOST_RATIO * max(1, part.compress_size)
            for part in parts
        )
    ):
        raise TableError("unpacks_too_large")


def _about(file: IO[bytes]) -> int:
    """About how many rows the largest sheet has: its row marks are counted, nothing is parsed."""
    most = 0
    try:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                    with archive.open(name) as part:
                        most = max(most, _row_marks(part))
    except _BROKEN as error:
        raise TableError("no_workbook") from error
    return min(most, MOST_ROWS)


def _row_marks(part: IO[bytes]) -> int:
    found, rest = 0, b""
    while block := part.read(1024 * 1024):
        text = rest + block
        found += text.count(b"<row ") + text.count(b"<row>") + text.count(b"<x:row ")
        rest = text[-4:]
    return found


def _lines(file: IO[bytes]) -> Iterator[Row]:
    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    try:
        sheet: Any = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
        if sheet is None:
            raise TableError("no_heading")
        sheet.reset_dimensions()
        cells = iter(sheet.iter_rows(max_col=MOST_COLUMNS + 1))
        number = 0
        while True:
            # openpyxl warns of dates that no calendar has; the cell says so itself.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                block = list(islice(cells, _AT_ONCE))
            if not block:
                return
            for row in block:
                number += 1
                yield checked(Row(number, [_text_of(cell) for cell in row]))
            if number > 20 * MOST_ROWS:
                raise TableError("too_many_rows")
    finally:
        book.close()


def _text_of(cell: Any) -> str:
    """A cell as the text that would stand in a CSV file. A number that lost digits keeps the look of one that did."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return FORMULA
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value) if len(str(abs(value))) <= EXACT_DIGITS else f"{value:.{EXACT_DIGITS - 1}E}"
    if isinstance(value, float):
        return repr(value) if abs(value) < 10**EXACT_DIGITS else f"{value:.{EXACT_DIGITS - 1}E}"
    if isinstance(value, dt.datetime):
        return value.replace(microsecond=0).isoformat(sep=" ")
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)
