"""Form fields as ClassIn's scripts read them, and how they refuse."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """ClassIn answers with this errno and changes nothing."""

    def __init__(self, errno: int) -> None:
        super().__init__(errno)
        self.errno = errno


class Form:
    """The fields of one call. A field that is missing and one that is empty are often the same to ClassIn."""

    def __init__(self, fields: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        self._fields = fields
        self.files = files
        self.school = fields.get("SID", "")

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def text(self, name: str) -> str:
        """The value, or "" when it is missing."""
        return self._fields.get(name, "")

    def number(self, name: str) -> str:
        """A value that has to be digits, "" when missing or empty. Refuses with 100."""
        value = self.text(name).strip()
        if value and not (value.isascii() and value.isdigit()):
            raise Refused(100)
        return value

    def required_number(self, name: str) -> str:
        """A number that has to be there. Refuses with 100."""
        value = self.number(name)
        if not value:
            raise Refused(100)
        return value
