"""Reading the tables that people upload, row by row and within bounds; what a cell means is not known here."""

from __future__ import annotations

from typing import IO

from intake.spreadsheets.tables import text, xlsx
from intake.spreadsheets.tables.table import Row, Table, TableError

__all__ = ["Row", "Table", "TableError", "open_table"]

_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def open_table(file: IO[bytes]) -> Table:
    """The table in this file, by what is in it and not by its name. Raises TableError with a sentence for the person.

    The file must stay open as long as rows are read.
    """
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    if not start:
        raise TableError("empty")
    if start.startswith(_OLD_OFFICE):
        raise TableError("old_office")
    return xlsx.open_workbook(file) if start.startswith(_ZIP) else text.open_text(file)
