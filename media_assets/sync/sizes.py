"""Sizes as ClassIn's cloud disk words them: "27KB", "1.5MB"."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(\d{1,9})(?:\.(\d{1,3}))?\s*(B|KB|K|MB|M|GB|G|TB|T)", re.ASCII | re.IGNORECASE)
_POWER = {"B": 0, "K": 1, "M": 2, "G": 3, "T": 4}


def about_bytes(words: str) -> tuple[int, int] | None:
    """The size and how far off it may be, both in bytes; None for words that are no size.

    ClassIn counts in steps of 1,024 and rounds, so this orders and sums files and never is the exact size.
    """
    found = _SIZE.fullmatch(words.strip())
    if found is None:
        return None
    whole, fraction, unit = found[1], found[2] or "", found[3][0].upper()
    step = 1024 ** _POWER[unit]
    return round(float(f"{whole}.{fraction or 0}") * step), round(step / 10 ** len(fraction))
