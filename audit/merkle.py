"""RFC 9162 Merkle trees: hashes, compact frontiers, inclusion and consistency proofs. Plain Python, no Django.

Whoever holds the hashes hands in a `node` function: the hash of the complete subtree of `2 ** level` leaves that is
number `index` from the left. The checks of proofs answer False to everything that is not a proof, and never raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
_DEEPEST = 64

Node = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf; the leading 0x00 keeps it apart from every inner node."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children."""
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """The complete subtrees at the right edge of a growing tree: all that appending and the root need.

    `peaks` are their hashes, the largest subtree first: one for each 1 in the binary form of `size`.
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)
        if len(self._peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(self._peaks)}")

    @classmethod
    def from_bytes(cls, size: int, stored: bytes) -> Frontier:
        """The frontier whose `to_bytes` was stored. Raises ValueError when it does not fit the size."""
        stops = range(0, len(stored), HASH_BYTES)
        return cls(size, [stored[start : start + HASH_BYTES] for start in stops])

    def to_bytes(self) -> bytes:
        return b"".join(self._peaks)

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf's hash; returns the subtrees that became complete by it, as (level, index, hash)."""
        complete = []
        size, level, top = self.size, 0, leaf
        while size >> level & 1:
            top = node_hash(self._peaks.pop(), top)
            level += 1
            complete.append((level, size >> level, top))
        self._peaks.append(top)
        self.size = size + 1
        return complete

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add many leaves' hashes: `append` without the news, a complete subtree at a time."""
        done, digest = 0, sha256
        while done < len(leaves):
            # The largest subtree that may stand at this place and for which there are leaves.
            most = 1 << (len(leaves) - done).bit_length() - 1
            count = min(most, self.size & -self.size or most)
            level = leaves[done : done + count]
            while len(level) > 1:
                level = [
                    digest(b"\1" + left + right).digest()
                    for left, right in zip(level[::2], level[1::2], strict=True)
                ]
            top, before = level[0], self.size // count
            while before & 1:
                top = node_hash(self._peaks.pop(), top)
                before >>= 1
            self._peaks.append(top)
            self.size += count
            done += count

    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def range_hash(start: int, end: int, node: Node) -> bytes:
    """The hash over leaves `start` to `end` (exclusive) as RFC 9162 2.1.1 splits them; `start` must fit the split."""
    count = end - start
    if count.bit_count() == 1 and start % count == 0:
        level = count.bit_length() - 1
        return node(level, start >> level)
    split = start + _split(count)
    return node_hash(range_hash(start, split, node), range_hash(split, end, node))


def root_of(size: int, node: Node) -> bytes:
    """The root of the tree over the first `size` leaves."""
    return range_hash(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The path from leaf `index` to the root of the first `size` leaves. Raises ValueError outside the tree."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    path = []
    start, end = 0, size
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            path.append(range_hash(split, end, node))
            end = split
        else:
            path.append(range_hash(start, split, node))
            start = split
    return path[::-1]


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of the one of `new`. Raises ValueError on odd sizes."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} leaves is no beginning of one of {new}")
    if old in (0, new):
        return []
    path = []
    start, end, whole = 0, new, True
    while old != end:
        split = start + _split(end - start)
        if old <= split:
            path.append(range_hash(split, end, node))
            end = split
        else:
            path.append(range_hash(start, split, node))
            start, whole = split, False
    if not whole:
        path.append(range_hash(start, end, node))
    return path[::-1]


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves the leaf's hash at `index` under the root of `size` leaves (RFC 9162 2.1.3.2)."""
    if not (_whole(index, size) and index < size and _hashes(path) and _hashes([leaf, root])):
        return False
    position, last, found = index, size - 1, leaf
    for part in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(part, found)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            found = node_hash(found, part)
        position >>= 1
        last >>= 1
    return last == 0 and found == root


def extends(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the new tree begins with the old one (RFC 9162 2.1.4.2)."""
    if not (_whole(old, new) and old <= new and _hashes(path) and _hashes([old_root, new_root])):
        return False
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    if not path:
        return False
    parts = list(path) if old.bit_count() > 1 else [old_root, *path]
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    first = second = parts[0]
    for part in parts[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(part, first), node_hash(part, second)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            second = node_hash(second, part)
        position >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _whole(*numbers: object) -> bool:
    return all(type(number) is int and 0 <= number < 2**_DEEPEST for number in numbers)


def _hashes(found: object) -> bool:
    return (
        isinstance(found, list | tuple)
        and len(found) <= 2 * _DEEPEST
        and all(type(part) is bytes and len(part) == HASH_BYTES for part in found)
    )
