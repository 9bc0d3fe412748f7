"""Proofs out of the stored tree for many records at once, against one checkpoint."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from audit import merkle
from audit.checkpoint import NoteError, PublicKey, parse
from audit.models import Checkpoint
from audit.models import PublicKey as StoredKey
from audit.tree import STEP, _tile

_TILES_KEPT = 64


@dataclass(frozen=True, slots=True)
class Basis:
    """The checkpoint that proofs are made against. `keys` are the key lines that its note is signed with."""

    origin: str
    size: int
    root: bytes
    note: str
    keys: tuple[str, ...]


def newest_basis() -> Basis | None:
    """The newest checkpoint, or None while nothing was signed. Raises NoteError when what is stored is none."""
    row = Checkpoint.objects.order_by("-pk").first()
    if row is None:
        return None
    note = parse(row.note)
    known = [_key(line) for line in StoredKey.objects.order_by("-pk").values_list("line", flat=True)]
    signers = note.signers([key for key in known if key is not None])
    stated = note.checkpoint
    return Basis(
        stated.origin, stated.size, stated.root, row.note, tuple(dict.fromkeys(str(key) for key in signers))
    )


class Tree:
    """Hashes of complete subtrees. Each part of a stored level is read and hashed once; few parts are kept.

    Neighbouring records share nearly all of a proof, so walking in the order of the tree costs a few look-ups for each.
    """

    def __init__(self) -> None:
        self._tiles: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()

    def node(self, level: int, index: int) -> bytes:
        """The hash of subtree `index` of this level. Raises LookupError when it is not stored."""
        depth = level % STEP
        base, place = level - depth, index & (1 << STEP - depth) - 1
        layers = self._layers(base, index >> STEP - depth)
        if place >= len(layers[depth]):
            raise LookupError(f"subtree {index} of level {level} is not stored")
        return layers[depth][place]

    def proof(self, position: int, size: int) -> list[bytes]:
        """The path from a leaf to the root of the first `size` leaves."""
        return merkle.inclusion_proof(position, size, self.node)

    def cover(self, start: int, end: int) -> list[bytes]:
        """The hashes of the fewest complete subtrees that make up the leaves `start` to `end` (exclusive)."""
        return [self.node(level, index) for level, index in covering(start, end)]

    def _layers(self, base: int, number: int) -> list[list[bytes]]:
        key = (base, number)
        if key in self._tiles:
            self._tiles.move_to_end(key)
            return self._tiles[key]
        layers = [_tile(base, number)]
        for _depth in range(STEP):
            below = layers[-1]
            pairs = zip(below[::2], below[1::2], strict=False)  # an odd one at the end has no partner yet
            layers.append([merkle.node_hash(left, right) for left, right in pairs])
        self._tiles[key] = layers
        if len(self._tiles) > _TILES_KEPT:
            self._tiles.popitem(last=False)
        return layers


def covering(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Level and index of the complete subtrees that make up a stretch of leaves, from left to right."""
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield level, start >> level
        start += 1 << level


def _key(line: str) -> PublicKey | None:
    try:
        return PublicKey.parse(line)
    except NoteError:
        return None
