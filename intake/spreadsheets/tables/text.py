"""CSV as people save it: UTF-8 with and without its mark, UTF-16, GB18030; parted by commas, semicolons or tabs."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO

from intake.spreadsheets.tables.table import MOST_ROWS, Row, Table, TableError, checked, table_from
from screens.csv_cells import unguarded

_AT_ONCE = 1024 * 1024
_DELIMITERS = ",;\t"
_SAMPLE = 20
"""Lines by which the delimiter is told."""


def open_text(file: IO[bytes]) -> Table:
    """The table of a CSV file. Raises TableError for what is no text, no CSV, or beyond the bounds."""
    encoding, line_ends = _encoding_of(file)
    if line_ends > 20 * MOST_ROWS:
        raise TableError("too_many_rows")
    delimiter = _delimiter_of(file, encoding)

    def lines() -> Iterator[Row]:
        with _as_text(file, encoding) as text:
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            try:
                for number, cells in enumerate(reader, 1):
                    yield checked(Row(number, [unguarded(cell) for cell in cells]))
            except csv.Error as error:
                raise TableError("no_csv") from error

    return table_from(lines, min(line_ends + 1, MOST_ROWS))


def _encoding_of(file: IO[bytes]) -> tuple[str, int]:
    """The encoding that the whole file is valid in, and its number of line ends. Reads it through, a part at a time."""
    file.seek(0)
    start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        line_ends = _line_ends_in(file, encoding)
        if line_ends is not None:
            return encoding, line_ends
    raise TableError("no_text")


def _line_ends_in(file: IO[bytes], encoding: str) -> int | None:
    """None where the file is not valid in this encoding, or holds characters that no text has."""
    file.seek(0)
    decoder, line_ends = codecs.getincrementaldecoder(encoding)(), 0
    try:
        while part := file.read(_AT_ONCE):
            text = decoder.decode(part)
            if "\x00" in text:
                return None
            line_ends += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return line_ends


def _delimiter_of(file: IO[bytes], encoding: str) -> str:
    """The one that cuts the first lines into the same number of cells most often, and into the most."""

    def score(delimiter: str) -> tuple[int, int]:
        with _as_text(file, encoding) as text:
            try:
                widths = [len(row) for row in islice(csv.reader(text, delimiter=delimiter), _SAMPLE) if row]
            except csv.Error:
                return 0, 0
        cut = [width for width in widths if width > 1]
        return max((cut.count(width) for width in cut), default=0), max(cut, default=0)

    return max(_DELIMITERS, key=score)


@contextmanager
def _as_text(file: IO[bytes], encoding: str) -> Iterator[io.TextIOWrapper]:
    """The file's text from its start; the file itself stays open."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield text
    finally:
        text.detach()
