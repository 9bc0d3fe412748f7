"""The stranger's program: its signatures against RFC 8032 and another implementation, its tree against RFC 9162."""

from __future__ import annotations

import ast
import random
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit import canonical, merkle
from audit import verify_offline as stranger
from audit.checkpoint import Checkpoint, SigningKey
from audit.proofs import covering
from audit.verifier_file import PROGRAM
from tests.tiers import tier

# RFC 8032 7.1: tests 1, 2, 3 and SHA(abc): public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]
P, L = 2**255 - 19, stranger.L


def bytes_of(number: int) -> bytes:
    return number.to_bytes(32, "little")


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_published_signatures_hold(public: str, message: str, signature: str) -> None:
    assert stranger.verify_ed25519(*map(bytes.fromhex, (public, signature, message)))


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_nothing_else_passes_for_a_published_signature(public: str, message: str, signature: str) -> None:
    key, signed, text = bytes.fromhex(public), bytes.fromhex(signature), bytes.fromhex(message)
    s = int.from_bytes(signed[32:], "little")
    assert not stranger.verify_ed25519(
        key, signed[:32] + bytes_of(s + L), text
    )  # the same number, not in its one form
    assert not stranger.verify_ed25519(key, signed, text + b"\0")
    assert not stranger.verify_ed25519(key, signed[:-1], text)
    assert not stranger.verify_ed25519(key, signed + b"\0", text)
    assert not stranger.verify_ed25519(key[:-1], signed, text)
    assert not stranger.verify_ed25519(key, bytes(64), text)
    others = [bytes.fromhex(other) for other, _message, _signature in VECTORS if other != public]
    assert not any(stranger.verify_ed25519(other, signed, text) for other in others)
    for place in range(0, 64, 7):
        changed = bytearray(signed)
        changed[place] ^= 1
        assert not stranger.verify_ed25519(key, bytes(changed), text)


def test_points_that_are_none_or_not_in_their_one_form_are_refused() -> None:
    assert stranger._decompressed(bytes_of(1)) == (0, 1, 1, 0)
    assert stranger._decompressed(bytes_of(1 | 1 << 255)) is None  # zero has no sign
    assert stranger._decompressed(bytes_of(P + 1)) is None
    assert stranger._decompressed(bytes_of(2)) is None  # no point of the curve


def test_it_agrees_with_another_implementation() -> None:
    chance = random.Random(8032)
    for _trial in range(tier(quick=25, full=500)):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        message = chance.randbytes(chance.randrange(200))
        public, signature = private.public_key().public_bytes_raw(), private.sign(message)
        assert stranger.verify_ed25519(public, signature, message)
        changed = bytearray(signature)
        changed[chance.randrange(64)] ^= 1 << chance.randrange(8)
        with pytest.raises(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(public).verify(bytes(changed), message)
        assert not stranger.verify_ed25519(public, bytes(changed), message)


def test_its_tree_is_that_of_the_log_and_refuses_what_the_log_refuses() -> None:
    chance = random.Random(9162)
    leaves = [stranger.leaf_hash(str(number)) for number in range(70)]
    for size in range(1, 70):
        frontier = merkle.Frontier()
        frontier.extend(leaves[:size])

        def node(level: int, index: int) -> bytes:
            part = merkle.Frontier()
            part.extend(leaves[index << level : index + 1 << level])
            return part.root()

        index = chance.randrange(size)
        path, root = merkle.inclusion_proof(index, size, node), frontier.root()
        assert stranger.includes(leaves[index], index, size, path, root)
        for wrong in (
            (leaves[-1], index, size, path, root),
            (leaves[index], index + 1, size, path, root),
            (leaves[index], index, size, [*path, root], root),
            (leaves[index], index, size, path[:-1], b"x" * 32),
            (leaves[index], -1, size, path, root),
        ):
            assert stranger.includes(*wrong) is merkle.includes(*wrong) is False
        start, end = sorted(chance.sample(range(size + 1), 2))
        tree = stranger.Growing()
        for first, last, whole in ((0, start, False), (start, end, True), (end, size, False)):
            if whole:
                for leaf in leaves[first:last]:
                    tree.add(leaf)
                continue
            levels = list(stranger.covering(first, last))
            assert levels == [level for level, _index in covering(first, last)]
            for level, number in covering(first, last):
                tree.add(node(level, number), level)
        assert (tree.size, tree.root()) == (size, root)


def test_it_knows_the_form_of_the_log() -> None:
    assert stranger.HEAD.decode() == canonical.HEAD
    assert stranger.FIELDS == canonical.FIELDS
    assert stranger.GROUPS == canonical.GROUPS
    assert set(stranger.JSON_COLUMNS) == canonical.JSON_COLUMNS
    given: dict[str, object] = {
        "target_label": "冬", "reason": "x", "provider_message": "", "changes": {},
        "details": canonical.plain({"b": [1.5, "\n\x01", 1e30, None], "a": {"é": True}}),
    }  # fmt: skip
    assert stranger.commitment("words", {**given, "salt": "s"}) == canonical.commitment("words", given, "s")


def test_a_checkpoint_is_no_signature_of_a_file_and_a_file_no_checkpoint() -> None:
    key = SigningKey("school", bytes(32))
    note = Checkpoint("school", 3, b"r" * 32).signed_by([key])
    trusted = [stranger.parse_key(str(key.public))]
    assert stranger.parse_checkpoint(note, trusted).size == 3
    for kind in (stranger.EXPORT_KIND, stranger.RECEIPT_KIND):
        with pytest.raises(stranger.Wrong, match="signature"):
            stranger._manifest(note, kind, trusted)
        text = f'{kind}\n{{"bytes": 1}}\n'
        signed = f"{text}\n{key.line(text)}\n"
        assert stranger._manifest(signed, kind, trusted) == {"bytes": 1}
        with pytest.raises(stranger.Wrong, match="bad_checkpoint"):
            stranger.parse_checkpoint(signed, trusted)


def test_it_needs_nothing_but_the_standard_library_of_python_3_9() -> None:
    tree = ast.parse(PROGRAM.read_text("utf-8"), feature_version=(3, 9))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
    newer = {"bit_count", "removeprefix", "removesuffix", "pairwise"}  # the first and last came after 3.9
    assert not {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & newer


def test_every_text_is_there_in_both_languages() -> None:
    for english, chinese in stranger.TEXTS.values():
        assert english != chinese
        assert any("一" <= letter <= "鿿" for letter in chinese)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]\n", b'{"format": "back-office-receipt"', b'{"format": "back-office-audit-export"}\n', b"\xff\xfe", b"[" * 100_000]
)  # fmt: skip
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert stranger.main([str(tmp_path / "file"), "--lang", "en"]) == 1


def test_a_file_that_is_not_there_and_a_key_that_is_none_cannot_be_read(tmp_path: Path) -> None:
    assert stranger.main([str(tmp_path / "nothing")]) == 2
    (tmp_path / "file").write_bytes(b"")
    assert stranger.main([str(tmp_path / "file"), "--key", "x"]) == 2
