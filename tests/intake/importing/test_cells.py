"""What cells mean: the words of people and programs, in both languages; damaged values are refused, never guessed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from courses.models import Course
from intake.spreadsheets import kind_of, kinds, plain
from intake.spreadsheets.cells import (
    BytesField,
    IdField,
    MomentField,
    OpaqueIdField,
    SecondsField,
    WholeNumberField,
    YesNoField,
)


def code_of(field: Any, text: str) -> str:
    with pytest.raises(ValidationError) as refused:
        field.clean(text)
    assert refused.value.messages[0]
    return str(refused.value.error_list[0].code)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.23E+15", "rounded"), ("1.23457e+15", "rounded"), ("12345.0", "decimal"), ("12345.", "decimal"),
        ("12 345", "no_id"), ("A12", "no_id"), ("=?", "formula"), ("#N/A", "excel_error"), ("#REF!", "excel_error"),
        ("１２３", "no_id"), ("-5", "no_id"), ("9" * 21, "no_id"),
    ],
)  # fmt: skip
def test_an_id_that_a_spreadsheet_damaged_is_refused(text: str, code: str):
    assert code_of(IdField(), text) == code


@pytest.mark.parametrize(("text", "read"), [("352001", "352001"), (" 0012 ", "0012"), ("'352001", "352001")])
def test_an_id_stays_a_text(text: str, read: str):
    assert IdField().clean(text) == read


def test_a_file_id_may_have_letters_and_still_is_no_rounded_number():
    assert OpaqueIdField().clean("3270835009289411234-a_b") == "3270835009289411234-a_b"
    assert code_of(OpaqueIdField(), "5.28E+18") == "rounded"
    assert code_of(OpaqueIdField(), "a b") == "no_id"


AT = dt.datetime(2026, 3, 2, 0, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02 08:30", "2026-03-02 08:30:00", "2026/3/2 8:30", "2026.03.02 08:30", "2026年3月2日 08:30",
        "2026-03-02T00:30:00Z", "2026-03-02T08:30:00+08:00", "1772411400", "1772411400000", "2026-03-02T08:30:00.000",
    ],
)  # fmt: skip
def test_a_time_is_read_in_the_schools_zone(text: str):
    assert MomentField().clean(text) == AT


@pytest.mark.parametrize("text", ["02/03/2026", "2026-13-01", "2026-02-30", "soon", "12", "0001-01-01"])
def test_a_time_that_could_mean_two_things_is_none(text: str):
    assert code_of(MomentField(), text) == "no_moment"


def test_a_time_that_the_clock_skips_or_shows_twice_is_refused(settings: Any):
    settings.TIME_ZONE = "Europe/Berlin"
    assert code_of(MomentField(), "2026-03-29 02:30") == "no_such_time"
    assert code_of(MomentField(), "2026-10-25 02:30") == "no_such_time"
    assert MomentField().clean("2026-10-25 04:30") == dt.datetime(2026, 10, 25, 3, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3723", 3723), ("3,723", 3723), ("3723.0", 3723), ("1:02:03", 3723), ("62:03", 3723), ("01:02:03", 3723),
        ("1 h 2 min 3 s", 3723), ("1小时2分3秒", 3723), ("62分钟3秒", 3723), ("45秒", 45), ("45 s", 45),
    ],
)  # fmt: skip
def test_a_length_is_read_in_the_ways_that_exports_write_it(text: str, seconds: int):
    assert SecondsField().clean(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("746000000", 746_000_000), ("746 MB", 746_000_000), ("734.2M", 734_200_000), ("1.2 GB", 1_200_000_000),
        ("27KB", 27_000), ("1 MiB", 1_048_576), ("512字节", 512), ("1,024 B", 1024),
    ],
)  # fmt: skip
def test_a_size_is_read_with_its_unit(text: str, size: int):
    assert BytesField().clean(text) == size


@pytest.mark.parametrize(
    ("field", "text"),
    [(SecondsField(), "long"), (BytesField(), "big"), (BytesField(), "-3 MB"), (WholeNumberField(), "4.5")],
)
def test_what_is_no_number_is_refused(field: Any, text: str):
    assert code_of(field, text) == "no_number"


def test_bounds_are_those_of_the_column():
    assert code_of(WholeNumberField(most=32_767), "32768") == "out_of_bounds"


@pytest.mark.parametrize(("text", "value"), [("是", True), ("No", False), ("TRUE", True)])
def test_yes_and_no_in_both_languages(text: str, value: bool):
    assert YesNoField().clean(text) is value


# Headings


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.key)
def test_every_heading_stands_for_one_column_of_its_kind(kind: Any):
    known: dict[str, str] = {}
    for column in kind.columns:
        for heading in (column.name, *column.headings):
            assert known.setdefault(plain(heading), column.name) == column.name, heading


@pytest.mark.parametrize(
    ("key", "headings", "names"),
    [
        ("courses", ["课程编号", "课程名称", "班主任", "有效期至"], ["id", "name", "main_teacher_name", "expiry_time"]),
        ("courses", ["Course ID", "COURSE NAME", "course_status"], ["id", "name", "status"]),
        ("lessons", ["课节ID", "课程ID", "课节名称", "开始时间"], ["id", "course", "name", "begin_at"]),
        ("lessons", ["Class ID", "Course ID", "Class name", "Start Time"], ["id", "course", "name", "begin_at"]),
        ("videos", ["文件ID", "课节ID", "时长", "大小", "观看次数"], ["id", "lesson", "duration_seconds", "size_bytes", "watch_count"]),
    ],
)  # fmt: skip
def test_headings_of_exports_are_known_in_both_languages(key: str, headings: list[str], names: list[str]):
    kind = kind_of(key)
    assert kind is not None
    assert list(kind.guess([*headings, "Colour"]).values()) == names


@pytest.mark.parametrize("status", ["Running", "进行中", "2"])
def test_words_of_a_closed_list_are_known_in_both_languages(status: str):
    kind = kind_of("courses")
    assert kind is not None
    row = kind.clean(2, ["1", "A", status], {0: "id", 1: "name", 2: "status"})
    assert row.values["status"] == Course.Status.RUNNING
