"""Strict reading of JSON that somebody else wrote: the expected shape, or Misshapen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

LARGEST: Final = 2**63


class Misshapen(Exception):
    """A part of an answer is missing or not of the expected kind; the text names the part."""


def objects(value: Any, name: str) -> list[dict[str, Any]]:
    """A list of objects; null counts as empty."""
    rows = [] if value is None else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Misshapen(name)
    return rows


def child(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The object under `key`; missing or null counts as empty."""
    value = row.get(key)
    if value is not None and not isinstance(value, dict):
        raise Misshapen(key)
    return value or {}


def words(row: Mapping[str, Any], key: str) -> str:
    """The text under `key`; missing or null counts as ""."""
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise Misshapen(key)
    return value or ""


def needed(row: Mapping[str, Any], key: str) -> str:
    """The text under `key`, which must not be empty."""
    value = words(row, key)
    if not value:
        raise Misshapen(key)
    return value


def amount(row: Mapping[str, Any], key: str) -> int | None:
    """The number under `key`, rounded down; None when missing or null."""
    value = row.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LARGEST:
        raise Misshapen(key)
    return int(value)
