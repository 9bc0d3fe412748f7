"""What every CSV that leaves the house is written with, and how such a cell is read back."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        return value


def guarded(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    """The cell as it was before it was guarded, so that a list that left comes back unchanged."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
