"""Files as people have them are read; what is none, or is made to hurt, is refused with a reason."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from intake.spreadsheets.tables import TableError, open_table, table, text, xlsx
from tests.factories.intake import csv_file, xlsx_file

ROWS = [["课程ID", "Name"], ["1001", "数学, A"], ["1002", "English; B"]]
CELLS = [["1001", "数学, A"], ["1002", "English; B"]]


def cells(file: Any) -> list[list[str]]:
    return [row.cells for row in open_table(file).rows_after(0)]


def why_not(content: bytes) -> str:
    with pytest.raises(TableError) as refused:
        list(open_table(io.BytesIO(content)).rows_after(0))
    assert str(refused.value.message)
    return refused.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file_is_read_whatever_program_wrote_it(encoding: str, delimiter: str):
    file = csv_file(ROWS, encoding=encoding, delimiter=delimiter)
    assert open_table(file).headings == ["课程ID", "Name"]
    assert cells(file) == CELLS


def test_a_workbook_is_read():
    file = xlsx_file(ROWS)
    assert open_table(file).headings == ["课程ID", "Name"]
    assert cells(file) == CELLS


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1001, "1001"),
        (123_456_789_012_345, "123456789012345"),
        (1_234_567_890_123_456, "1.23456789012346E+15"),
        (1.23e15, "1.23000000000000E+15"),
        (12345.5, "12345.5"),
        (True, "TRUE"),
        (dt.datetime(2026, 3, 2, 8, 30), "2026-03-02 08:30:00"),  # noqa: DTZ001 - a cell knows no zone
        (dt.date(2026, 3, 2), "2026-03-02 00:00:00"),
        (dt.time(8, 30), "08:30:00"),
        (dt.timedelta(hours=26, seconds=3), "26:00:03"),
        ("=1+1", xlsx.FORMULA),
    ],
)
def test_a_cell_of_a_workbook_says_what_it_would_say_in_a_csv_file(value: Any, said: str):
    assert cells(xlsx_file([["a", "b"], [value, "x"]])) == [[said, "x"]]


def test_a_title_above_the_headings_is_none_and_rows_keep_their_numbers():
    file = csv_file([["All courses", ""], [], ["ID", "Name"], ["1", "A"], ["", ""], ["2", "B"]])
    found = open_table(file)
    assert found.headings == ["ID", "Name"]
    assert [(row.number, row.cells[0]) for row in found.rows_after(0)] == [(4, "1"), (6, "2")]
    assert [row.number for row in found.rows_after(4)] == [6]


def test_a_cell_that_left_guarded_comes_back_as_it_was():
    assert cells(csv_file([["ID", "Name"], ["1", "'=SUM(A1)"], ["2", "'quoted'"]])) == [
        ["1", "=SUM(A1)"],
        ["2", "'quoted'"],
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"ID,Name\n", "no_rows"),
        (b"\n\n", "no_heading"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "old_office"),
        (b"PK\x03\x04 and nothing else", "no_workbook"),
        (b"ID,Name\n1,\x00\x00\n", "no_text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xff", "no_text"),
        (b'ID,Name\n1,"never closed\n', "no_csv"),
        (b",".join([b"h"] * 120) + b"\n1\n", "too_many_columns"),
        (b"ID,Name\n1," + b"x" * 40_000 + b"\n", "cell_too_long"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(content: bytes, code: str):
    assert why_not(content) == code


def test_rows_beyond_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(table, "MOST_ROWS", 3)
    assert why_not(b"ID,Name\n" + b"1,A\n" * 4) == "too_many_rows"
    monkeypatch.setattr(text, "MOST_ROWS", 3)
    assert why_not(b"ID,Name\n" + b"1,A\n" * 100) == "too_many_rows"


def bomb(name: str, content: bytes) -> bytes:
    """A small workbook with one part that unpacks to this."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(xlsx_file(ROWS)) as good,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in good.infolist():
            made.writestr(part.filename, content if part.filename == name else good.read(part))
    return file.getvalue()


def test_a_part_that_unpacks_to_a_thousand_times_its_size_is_not_opened():
    content = bomb("xl/worksheets/sheet1.xml", b"<a>" + b" " * 5_000_000 + b"</a>")
    assert len(content) < 20_000
    assert why_not(content) == "unpacks_too_large"


def test_entities_are_not_expanded():
    lol = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
    assert why_not(bomb("xl/worksheets/sheet1.xml", lol + sheet)) == "no_workbook"


def test_a_workbook_cut_in_its_middle_is_refused():
    whole = xlsx_file([["ID", "Name"], *([str(n), "x" * 50] for n in range(500))]).getvalue()
    assert why_not(whole[: len(whole) // 2]) == "no_workbook"


def test_a_cell_far_to_the_right_costs_no_wide_rows():
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"], sheet["A2"], sheet["B2"], sheet["XFD2"] = "ID", "Name", "1", "A", "far"
    file = io.BytesIO()
    book.save(file)
    found = open_table(file)
    assert len(next(found.rows_after(0)).cells) == 2


def test_a_hidden_sheet_is_not_the_table():
    book = Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.append(["secret", "x"])
    hidden.sheet_state = "hidden"
    shown = book.create_sheet()
    for row in ROWS:
        shown.append(row)
    file = io.BytesIO()
    book.save(file)
    assert open_table(file).headings == ["课程ID", "Name"]
