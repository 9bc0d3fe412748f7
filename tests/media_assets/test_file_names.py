"""Rules for names of cloud files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_assets.file_names import LONGEST, extension, free_name, illegal_characters, same_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("handout.pdf", ".pdf"),
        ("Archive.TAR", ".TAR"),
        ("film.mp4", ".mp4"),
        ("old.3gp", ".3gp"),
        ("课件.pptx", ".pptx"),
        ("two.dots.docx", ".docx"),
        ("课件2017", ""),
        ("Lesson 2.1", ""),
        ("v1.0", ""),
        (".profile", ""),
        ("Mr. Smith", ""),
        ("ends with.", ""),
        ("", ""),
        ("a.averylongending", ""),
    ],
)
def test_an_extension_is_what_programs_go_by(name: str, expected: str) -> None:
    assert extension(name) == expected


@pytest.mark.parametrize("sign", list('\\/:*?"<>|'))
def test_signs_that_other_systems_refuse_are_found(sign: str) -> None:
    assert illegal_characters(f"a{sign}b{sign}.pdf") == [sign]


@pytest.mark.parametrize("sign", ["\x00", "\n", "\x7f", "\x85", "\u2028", "\u202e", "\u200f"])
def test_signs_that_nobody_sees_are_named(sign: str) -> None:
    assert illegal_characters(f"a{sign}b") == [f"U+{ord(sign):04X}"]


@pytest.mark.parametrize("name", ["课件 2017（上）.pdf", "It's - ok_1 [x] & y.pdf", "emoji 😀.png"])
def test_ordinary_names_are_fine(name: str) -> None:
    assert illegal_characters(name) == []


def test_names_clash_whatever_their_capitals_and_accents() -> None:
    assert same_name("Übung.PDF", "U\u0308bung.pdf")
    assert not same_name("a.pdf", "a.doc")


def test_the_first_free_name_is_suggested() -> None:
    assert free_name("a.pdf", ["a.pdf"]) == "a (2).pdf"
    assert free_name("a.pdf", ["a.pdf", "A (2).PDF"]) == "a (3).pdf"
    assert free_name("课件", ["课件"]) == "课件 (2)"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_a_suggestion_is_free_and_never_too_long(name: str) -> None:
    suggested = free_name(name, [name])
    assert not same_name(suggested, name)
    assert len(suggested) <= max(LONGEST, 4 + len(extension(name)))
