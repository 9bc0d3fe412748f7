"""Sizes in ClassIn's words: about so many bytes, and never taken for more than that."""

from __future__ import annotations

import pytest

from media_assets.sync.cloud_disk import _size
from media_assets.sync.sizes import about_bytes


@pytest.mark.parametrize(
    ("words", "size", "off"),
    [
        ("27KB", 27_648, 1_024),
        ("1.5MB", 1_572_864, 104_858),
        ("2GB", 2_147_483_648, 1_073_741_824),
        ("812B", 812, 1),
        (" 3 mb ", 3_145_728, 1_048_576),
    ],
)
def test_a_size_and_how_far_off_it_may_be(words: str, size: int, off: int) -> None:
    assert about_bytes(words) == (size, off)


@pytest.mark.parametrize("words", ["", "unknown", "27", "KB", "-1KB", "1e3KB", "9" * 30 + "KB"])
def test_words_that_are_no_size(words: str) -> None:
    assert about_bytes(words) is None


def test_a_size_known_to_the_byte_stays_while_the_words_agree() -> None:
    assert _size("27KB", 27_700) == {}
    assert _size("27KB", 99_000) == {"size_bytes": 27_648}
    assert _size("27KB", None) == {"size_bytes": 27_648}
    assert _size("", 5) == {}
