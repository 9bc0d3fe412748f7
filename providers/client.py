"""What the three clients have in common."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from providers.call import Call
from providers.codes import CodeTable, Text
from providers.secrets import Secret
from providers.transport import Transport

_IDENTITY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)
_HEADER_SAFE: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)


class Client:
    """A client of one account at one provider."""

    table: ClassVar[CodeTable]

    def __init__(self, transport: Transport) -> None:
        """Talk through `transport`."""
        self._transport = transport

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._transport.base_url}>"

    @property
    def connect_timeout(self) -> float:
        """Seconds allowed for connecting."""
        return self._transport.connect_timeout

    @property
    def read_timeout(self) -> float:
        """Seconds allowed for the whole answer."""
        return self._transport.read_timeout

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()


def credential(value: Secret | str, what: str) -> Secret:
    """`value` as a secret; ValueError when it is empty or could not stand in a header."""
    secret = Secret(value)
    if not _HEADER_SAFE.fullmatch(secret.reveal()):
        raise ValueError(f"{what} is empty or contains blanks or characters other than ASCII.")
    return secret


def identity(call: Call, field: str, value: Any) -> str:
    """`value` as an id that names one object; anything empty or doubtful is refused.

    An id of zeros only is refused too: PHP takes "0" and .NET takes the GUID of zeros for "nothing
    given", and an id that is not given means "all" at two of the providers.
    """
    if not isinstance(value, str) or not value.strip() or not value.strip("0-"):
        raise call.refused(field, Text(f"{field} is empty", f"{field} 为空"))
    if not _IDENTITY.fullmatch(value):
        raise call.refused(field, Text(f"{field} is not an id", f"{field} 不是有效的编号"))
    return value


def text(call: Call, field: str, value: Any, longest: int, *, may_be_empty: bool = False) -> str:
    """`value` as text of at most `longest` characters, refused rather than cut."""
    if not isinstance(value, str) or (not may_be_empty and not value.strip()):
        raise call.refused(field, Text(f"{field} is empty", f"{field} 为空"))
    if len(value) > longest:
        why = Text(
            f"{field} has {len(value)} characters; at most {longest} are allowed",
            f"{field} 有 {len(value)} 个字符，最多允许 {longest} 个",
        )
        raise call.refused(field, why)
    return value
