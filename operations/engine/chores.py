"""Chores: what each pass of the sweeper does besides runs. A chore decides itself whether it is time, by the database's clock."""

from __future__ import annotations

import logging
from collections.abc import Callable

Chore = Callable[[], object]

logger = logging.getLogger(__name__)

_chores: list[Chore] = []


def register_chore(chore: Chore) -> Chore:
    """Have this called by each sweep, outside any transaction; registering it again changes nothing.

    Several sweepers may call it at the same moment, and none may call it for hours: it must stand both.
    """
    if chore not in _chores:
        _chores.append(chore)
    return chore


def do_chores() -> None:
    """Call every chore once; one that fails is logged and stops no other one."""
    for chore in tuple(_chores):
        try:
            chore()
        except Exception:
            logger.exception("a chore failed: %s", getattr(chore, "__qualname__", chore))
