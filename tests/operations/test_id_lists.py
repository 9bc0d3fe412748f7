"""Lists of ids as people have them: every usual separator and encoding, and a sentence for what is none."""

from __future__ import annotations

import pytest

from operations.id_lists import MOST_IDS, IdListError, ids_in_csv, ids_in_text


@pytest.mark.parametrize(
    "text",
    ["1\n2\n3", "1\r\n2\r\n\r\n3\r\n", "1,2,3", "1\t2\t3", "1 2  3", "1; 2;3", "1，2，3", "\ufeff1、2；3"],
)
def test_every_usual_separator_parts_pasted_ids(text: str) -> None:
    assert ids_in_text(text) == ["1", "2", "3"]


def test_doubled_ids_and_their_order_are_kept() -> None:
    assert ids_in_text("b\na\nb") == ["b", "a", "b"]


@pytest.mark.parametrize("head", ["id", "ID", " Provider ID ", "provider_id", "编号"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_the_column_that_is_headed_as_ids_is_read(head: str, coding: str, between: str) -> None:
    rows = [["名称", head, "Size"], ["力学", "77 01", "1"], ["光学", " 7702 ", ""], ["", "", ""]]
    content = "\r\n".join(between.join(row) for row in rows).encode(coding)
    assert ids_in_csv(content) == ["77 01", "7702"]


def test_an_only_column_needs_no_head() -> None:
    assert ids_in_csv(b"7701\n7702\n") == ["7701", "7702"]


def test_the_first_of_two_fitting_columns_counts() -> None:
    assert ids_in_csv("id,编号\n1,2\n".encode()) == ["1"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There is no ID in it"),
        (b"id\n", "There is no ID in it"),
        (b"name,size\nx,1\n", "No column is headed"),
        (b"\xff\xff\xff\xff", "not a text file"),
        (b"12\n1\x002\n", "Entry 2 is no ID: “12”"),
        (b"id\n" + b"9" * 601, "Entry 1 is no ID"),
    ],
)
def test_what_is_no_list_is_refused_whole(content: bytes, said: str) -> None:
    with pytest.raises(IdListError, match=said):
        ids_in_csv(content)


def test_more_ids_than_the_limit_are_refused() -> None:
    with pytest.raises(IdListError, match="100,001 IDs, 100,000 at most"):
        ids_in_text("7\n" * (MOST_IDS + 1))
