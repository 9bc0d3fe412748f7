"""The Merkle code against published roots, an independent naive implementation, and proofs that were tampered with."""

from __future__ import annotations

import os
import random
from hashlib import sha256

import pytest

from audit import merkle

FULL = os.environ.get("RELIABILITY") == "full"
SEED = 9162

# The tree of the Certificate Transparency reference implementation: its eight leaves, and the root after each of them.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 9162 2.1.1 word by word, over raw leaves; shares nothing with the code under test."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 9162 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_consistency(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """RFC 9162 2.1.4.1."""
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*naive_consistency(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_consistency(m - k, leaves[k:], False), naive_root(leaves[:k])]


class Stored:
    """Complete subtrees as a log would keep them."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.frontier = merkle.Frontier()
        self.nodes: dict[tuple[int, int], bytes] = {}
        for number, leaf in enumerate(leaves):
            digest = merkle.leaf_hash(leaf)
            self.nodes[0, number] = digest
            self.nodes |= {(level, index): top for level, index, top in self.frontier.append(digest)}

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]


def leaves_of(count: int) -> list[bytes]:
    return [f"leaf {number}".encode() for number in range(count)]


def test_the_published_roots_come_out() -> None:
    frontier = merkle.Frontier()
    assert frontier.root() == sha256(b"").digest()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        frontier.append(merkle.leaf_hash(leaf))
        assert frontier.root().hex() == root


def test_published_inclusion_paths_come_out() -> None:
    node = Stored(LEAVES).node
    assert [part.hex() for part in merkle.inclusion_proof(0, 8, node)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [part.hex() for part in merkle.consistency_proof(1, 8, node)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


def test_every_size_to_1025_agrees_with_the_naive_tree() -> None:
    leaves = leaves_of(1025)
    stored, grown, digests = Stored(leaves), merkle.Frontier(), [merkle.leaf_hash(leaf) for leaf in leaves]
    for size in range(1026):
        # The naive root of every size is cheap enough; extending by one must be the same as extending at once.
        expected = naive_root(leaves[:size]) if size % 7 == 0 or size < 70 or size > 1000 else grown.root()
        assert grown.root() == expected
        assert merkle.root_of(size, stored.node) == expected
        assert merkle.Frontier.from_bytes(size, grown.to_bytes()).root() == expected
        if size < len(digests):
            grown.extend([digests[size]])


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 255, 256, 257])
def test_proofs_are_those_of_the_rfc_and_hold(size: int) -> None:
    leaves = leaves_of(size)
    node, root = Stored(leaves).node, naive_root(leaves)
    for index in range(size):
        path = merkle.inclusion_proof(index, size, node)
        assert path == naive_path(index, leaves)
        assert merkle.includes(merkle.leaf_hash(leaves[index]), index, size, path, root)
    for old in range(1, size + 1):
        path = merkle.consistency_proof(old, size, node)
        assert path == naive_consistency(old, leaves)
        assert merkle.extends(old, size, naive_root(leaves[:old]), root, path)
    assert merkle.extends(0, size, merkle.EMPTY_ROOT, root, [])


def test_odd_sizes_to_1025_prove_and_nothing_else_does() -> None:
    leaves = leaves_of(1025)
    node, chance = Stored(leaves).node, random.Random(SEED)
    for size in range(1, 1026):
        root = merkle.root_of(size, node)
        index, old = chance.randrange(size), chance.randrange(1, size + 1)
        path = merkle.inclusion_proof(index, size, node)
        leaf = merkle.leaf_hash(leaves[index])
        assert merkle.includes(leaf, index, size, path, root)
        assert not merkle.includes(leaf, index, size, [*path, root], root)
        assert size == 1 or not merkle.includes(leaf, index, size, path[:-1], root)
        assert merkle.extends(
            old, size, merkle.root_of(old, node), root, merkle.consistency_proof(old, size, node)
        )


def test_an_inner_node_is_no_leaf() -> None:
    """Second preimage: two leaves' hashes joined must not pass for the data of a leaf one level up."""
    leaves = leaves_of(4)
    node, root = Stored(leaves).node, naive_root(leaves)
    forged = merkle.leaf_hash(node(0, 0) + node(0, 1))
    assert forged != node(1, 0)
    assert not merkle.includes(forged, 0, 2, [node(1, 1)], root)


def test_no_mutated_proof_is_accepted_and_none_breaks_the_check() -> None:
    chance = random.Random(SEED)
    leaves = leaves_of(300)
    node = Stored(leaves).node
    accepted = tried = 0
    while tried < (100_000 if FULL else 2_000):
        size = chance.randrange(2, 301)
        index, old = chance.randrange(size), chance.randrange(1, size)
        leaf, root, before = (
            merkle.leaf_hash(leaves[index]),
            merkle.root_of(size, node),
            merkle.root_of(old, node),
        )
        for kind in ("inclusion", "consistency"):
            whole = (
                merkle.inclusion_proof(index, size, node)
                if kind == "inclusion"
                else merkle.consistency_proof(old, size, node)
            )
            path = mutated(whole, chance)
            if path == whole:
                continue
            tried += 1
            if kind == "inclusion":
                accepted += merkle.includes(leaf, index, size, path, root)  # type: ignore[arg-type]  # garbage is meant
            else:
                accepted += merkle.extends(old, size, before, root, path)  # type: ignore[arg-type]  # garbage is meant
    assert accepted == 0


@pytest.mark.parametrize("path", [None, 5, "x", [None], [b""], [b"x" * 31], [b"x" * 32] * 500, {}, [["x"]]])
@pytest.mark.parametrize(
    ("first", "second"), [(0, 1), (-1, 4), (4, 2), (2**70, 2**71), (True, 2), (1.0, 2), (None, 3)]
)
def test_garbage_is_refused_and_not_answered_by_an_error(path: object, first: object, second: object) -> None:
    root = b"r" * 32
    assert not merkle.includes(root, first, second, path, b"s" * 32)  # type: ignore[arg-type]  # garbage is meant
    assert not merkle.extends(first, second, b"s" * 32, root, path)  # type: ignore[arg-type]  # garbage is meant


def mutated(path: list[bytes], chance: random.Random) -> list[object]:
    """A proof with one thing wrong."""
    parts: list[object] = list(path)
    act = chance.randrange(7)
    place = chance.randrange(len(path)) if path else 0
    if act == 0 and path:
        part = bytearray(path[place])
        part[chance.randrange(32)] ^= 1 << chance.randrange(8)
        parts[place] = bytes(part)
    elif act == 1:
        parts.insert(place, chance.randbytes(32))
    elif act == 2 and path:
        del parts[place]
    elif act == 3:
        chance.shuffle(parts)
    elif act == 4 and path:
        parts[place] = chance.choice([None, 7, "x" * 32, b"", chance.randbytes(31), [b"x" * 32]])
    elif act == 5 and path:
        parts.append(path[place])
    else:
        parts = [chance.randbytes(32) for _part in path]
    return parts
