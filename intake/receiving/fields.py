"""Reading the fields of a message. ClassIn writes the same name in several ways (`CourseID`, `CourseId`) and ids as numbers or texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from intake.receiving.registry import Unusable
from providers.classin.pushes import plain

EARLIEST: Final = 946_684_800
"""2000-01-01; a smaller time is none."""
LATEST: Final = 32_503_680_000
"""Year 3000; a larger one is in milliseconds, or nonsense."""


class Fields:
    """The fields of a message or of an object in it, by name whatever its capitals. Absent and null are the same."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name.lower(): value for name, value in values.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def get(self, name: str) -> Any:
        """The value as it came; None when absent."""
        return self._values.get(name.lower())

    def text(self, name: str, longest: int) -> str | None:
        """A text, cut at what its column holds; None when absent or blank. Raises Unusable for anything but text or number."""
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Unusable(name)
        return str(value).strip()[:longest] or None

    def raw(self, name: str, longest: int) -> str:
        """A value whose meaning is not sure, as text; "" when absent."""
        value = self.get(name)
        return "" if value is None or isinstance(value, dict | list) else str(value)[:longest]

    def id(self, name: str) -> str:
        """An id; "" when absent or zero. Raises Unusable for what is no id."""
        value = self.get(name)
        if value is None or value in (0, "0", ""):
            return ""
        text = plain(value)
        if not text or len(text) > 80:
            raise Unusable(name)
        return text

    def number(self, name: str, most: int) -> int | None:
        """A whole number from 0 to `most`; None when absent or blank. Raises Unusable for anything else."""
        value = self.get(name)
        if value in (None, ""):
            return None
        number = _whole(value)
        if number is None or not 0 <= number <= most:
            raise Unusable(name)
        return number

    def moment(self, name: str) -> datetime | None:
        """A time in seconds since 1970; None when absent or 0. Raises Unusable for anything else."""
        number = self.number(name, LATEST)
        if not number:
            return None
        if number < EARLIEST:
            raise Unusable(name)
        return datetime.fromtimestamp(number, UTC)

    def inner(self, name: str) -> Fields:
        """The object under this name; of a list its first; empty when absent. Raises Unusable for anything else."""
        value = self.get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if value in (None, ""):
            return Fields({})
        if not isinstance(value, dict):
            raise Unusable(name)
        return Fields(value)


def first_id(body: Mapping[str, Any], *names: str, longest: int) -> str:
    """The first of these ids that the message or its `opData` has, for finding it by; "" when there is none that is one."""
    for part in _parts(body):
        for name in names:
            try:
                found = part.id(name)
            except Unusable:
                continue
            if found and len(found) <= longest:
                return found
    return ""


def happened(body: Mapping[str, Any]) -> datetime | None:
    """When what the message says came about; None when it does not say, or says something impossible."""
    fields = Fields(body)
    for name in ("opTime", "ActionTime"):
        try:
            moment = fields.moment(name)
        except Unusable:
            continue
        if moment is not None:
            return moment
    return None


def _parts(body: Mapping[str, Any]) -> Iterator[Fields]:
    fields = Fields(body)
    yield fields
    try:
        yield fields.inner("opData")
    except Unusable:
        return


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
