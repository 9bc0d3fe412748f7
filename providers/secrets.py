"""A wrapper that keeps a credential out of logs, messages, tracebacks and task arguments."""

from __future__ import annotations

import hmac
from typing import Final, NoReturn

HIDDEN: Final = "***"


class Secret:
    """A credential that prints as `***` and refuses to be pickled or copied."""

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]  # a hash would compare in variable time

    def __init__(self, value: Secret | str) -> None:
        """Wrap `value`; a secret may be wrapped again."""
        self._value: str = value.reveal() if isinstance(value, Secret) else value

    def reveal(self) -> str:
        """The credential itself, for the one place that signs or sends it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A secret is never pickled or copied; read it from the settings where it is needed.")
