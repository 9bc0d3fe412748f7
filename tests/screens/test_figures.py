"""Sizes, durations, dates, differences and bars as people read them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone, translation

from screens.bars import bar_segments
from screens.dates import age_text, day_text, full_moment_text, moment_text
from screens.figures import duration_text, number_text, size_parts, size_text
from screens.states import KINDS, state_of
from screens.word_diff import word_diff


@pytest.mark.parametrize(
    ("byte_count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 KB"),
        (746_000_000, "746 MB"),
        (999_400_000, "999 MB"),
        (999_960_000, "1.0 GB"),
        (1_700_000_000, "1.7 GB"),
        (412_600_000_000, "412.6 GB"),
        (5_520_000_000_000, "5.52 TB"),
        (12_345_000_000_000_000, "12,345.00 TB"),
    ],
)
def test_a_size_has_as_many_figures_as_its_unit_needs(byte_count: int, text: str) -> None:
    assert size_text(byte_count) == text
    assert " ".join(size_parts(byte_count)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (45, "45 s"), (60, "1 min"), (3120, "52 min"), (3840, "1 h 04 min"), (3599, "1 h 00 min")],
)
def test_a_length_is_told_in_hours_and_minutes(seconds: int, text: str) -> None:
    assert duration_text(seconds) == text


def test_thousands_have_a_comma() -> None:
    assert number_text(8214) == "8,214"


def test_a_date_is_written_as_the_language_writes_it() -> None:
    day = dt.date(2025, 2, 27)
    assert day_text(day) == "27 Feb 2025"
    with translation.override("zh-hans"):
        assert day_text(day) == "2025-02-27"


def test_today_and_yesterday_have_names() -> None:
    noon = timezone.localtime().replace(hour=12, minute=5, second=0, microsecond=0)
    assert moment_text(noon) == "today, 12:05"
    assert moment_text(noon - dt.timedelta(days=1)) == "yesterday, 12:05"
    assert moment_text(noon + dt.timedelta(days=1)) == "tomorrow, 12:05"
    assert moment_text(dt.datetime(2025, 2, 27, 2, 42, tzinfo=dt.UTC)).startswith("27 Feb 2025, ")


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (dt.timedelta(seconds=20), "just now"),
        (dt.timedelta(minutes=9), "9 min ago"),
        (dt.timedelta(hours=1), "1 hour ago"),
        (dt.timedelta(days=4), "4 days ago"),
        (dt.timedelta(days=275), "9 months ago"),
        (dt.timedelta(days=800), "2 years ago"),
        (-dt.timedelta(days=4, minutes=1), "in 4 days"),
    ],
)
def test_an_age_has_one_unit(ago: dt.timedelta, text: str) -> None:
    assert age_text(timezone.now() - ago) == text


def test_the_exact_time_names_both_clocks() -> None:
    text = full_moment_text(dt.datetime(2025, 2, 27, 2, 42, 13, tzinfo=dt.UTC))
    assert text.endswith("2025-02-27 02:42:13 UTC")
    assert "(UTC+08:00)" in text


def test_a_difference_marks_words_and_says_so_without_colour() -> None:
    found = word_diff("IELTS Speaking, autumn 2024", "IELTS Speaking, winter 2024")
    assert found.before.count("<del>") == found.after.count("<ins>") == 1
    assert "removed: </span>autumn</del>" in found.before
    assert "added: </span>winter</ins>" in found.after
    assert "<del>" not in word_diff("autumn", "autumn and winter").before


def test_chinese_is_compared_sign_by_sign() -> None:
    found = word_diff("高二数学提高班", "高三数学提高班")
    assert "</span>二</del>" in found.before
    assert "</span>三</ins>" in found.after


def test_a_difference_escapes_what_people_typed() -> None:
    found = word_diff(None, "<script>alert(1)</script>")
    assert found.before == ""
    assert "<script>" not in found.after


def test_a_bar_is_never_longer_than_it_is() -> None:
    pieces = bar_segments({"done": 9_997, "unknown": 1, "rejected": 2}, 20_000)
    assert [piece.key for piece in pieces] == ["done", "rejected", "unknown", "todo"]
    last = pieces[-1]
    assert float(last.start.rstrip("%")) + float(last.width.rstrip("%")) == pytest.approx(100, abs=0.1)
    assert min(float(piece.width.rstrip("%")) for piece in pieces) >= 0.5
    assert [piece.key for piece in bar_segments({}, 0)] == ["todo"]


def test_every_state_has_a_word_and_an_icon_of_the_sprite() -> None:
    from pathlib import Path

    import screens

    sprite = (Path(screens.__file__).parent / "static/screens/icons.svg").read_text()
    for table in KINDS.values():
        for state in table.values():
            assert str(state.label)
            assert not state.icon or f'id="{state.icon}"' in sprite


def test_a_state_that_nobody_knows_is_shown_raw() -> None:
    assert str(state_of("outcome", "exploded").label) == "exploded"
