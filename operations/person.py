"""Whom the engine asks for rights."""

from typing import Any, Protocol


class Person(Protocol):
    """A user of any user model: the engine needs a key and an answer to "may you?"."""

    @property
    def pk(self) -> Any: ...

    def has_perm(self, perm: str, /) -> bool: ...
