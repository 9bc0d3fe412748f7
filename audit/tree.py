"""The stored tree: leaves by position and complete subtrees of 256, 65,536 and more, read a few rows at a time."""

from __future__ import annotations

from audit import merkle
from audit.models import Leaf, Subtree

STEP = 8
"""Levels between two stored ones: 2 ** 8 hashes of one lie under one of the next."""


def stored_node() -> merkle.Node:
    """A `merkle.Node` over the database; one query for each part of a stored level that it comes across."""
    read: dict[tuple[int, int], list[bytes]] = {}

    def tile(level: int, index: int) -> list[bytes]:
        if (level, index) not in read:
            read[level, index] = _tile(level, index)
        return read[level, index]

    def node(level: int, index: int) -> bytes:
        depth = level % STEP
        base, start, count = level - depth, index << depth, 1 << depth
        hashes = tile(base, start >> STEP)[start % 2**STEP :][:count]
        if len(hashes) != count:
            raise LookupError(f"subtree {index} of level {level} is not stored")
        frontier = merkle.Frontier()
        frontier.extend(hashes)
        return frontier.root()

    return node


def _tile(level: int, index: int) -> list[bytes]:
    first, end = index << STEP, index + 1 << STEP
    if level == 0:
        rows = Leaf.objects.filter(position__gte=first, position__lt=end).order_by("position")
        found = list(rows.values_list("position", "hash"))
    else:
        rows_above = Subtree.objects.filter(level=level, index__gte=first, index__lt=end).order_by("index")
        found = list(rows_above.values_list("index", "hash"))
    hashes = [(place, bytes(digest)) for place, digest in found]
    if [place for place, _digest in hashes] != list(range(first, first + len(hashes))):
        raise LookupError(f"the stored tree has a hole at level {level}")
    return [digest for _place, digest in hashes]


def inclusion(index: int, size: int) -> list[bytes]:
    """The proof that the leaf at this position is in the tree of `size` leaves."""
    return merkle.inclusion_proof(index, size, stored_node())


def consistency(old: int, new: int) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with that of `old`."""
    return merkle.consistency_proof(old, new, stored_node())


def root(size: int) -> bytes:
    """The root over the first `size` leaves."""
    return merkle.root_of(size, stored_node())
