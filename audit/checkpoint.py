"""Checkpoints as signed notes (C2SP tlog-checkpoint and signed-note): text, signature lines, keys. No Django.

A note is the text, an empty line, and one line `— name base64(key hash, signature)` for each signature. The text of a
checkpoint is the log's name, its size, its root in base64, and further lines; ours says when it was signed.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.merkle import HASH_BYTES

_ED25519 = b"\x01"
_DASH = "\N{EM DASH}"
_KEY_HASH_BYTES = 4
_SIGNATURE_LINE = re.compile(rf"{_DASH} (?P<name>[^\s+]+) (?P<blob>[A-Za-z0-9+/]+=*)")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_KEY = re.compile(r"(?P<name>[^\s+]+)\+(?P<hash>[0-9a-f]{8})\+(?P<blob>[A-Za-z0-9+/]+=*)")
TIME = "time "
"""Begins the line that says when the checkpoint was signed."""


class NoteError(ValueError):
    """The text is no checkpoint, or no key."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checkpoints are checked with. `str` is its signed-note form: `name+hash+base64`."""

    name: str
    raw: bytes

    @property
    def hash(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:_KEY_HASH_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{_base64(_ED25519 + self.raw)}"

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """The key of this line. Raises NoteError when it is none, or when its hash is another key's."""
        found = _KEY.fullmatch(text.strip())
        blob = _decoded(found["blob"]) if found else None
        if not found or blob is None or len(blob) != HASH_BYTES + 1 or blob[:1] != _ED25519:
            raise NoteError("this is no Ed25519 key line (name+hash+base64)")
        key = cls(found["name"], blob[1:])
        if key.hash.hex() != found["hash"]:
            raise NoteError("the hash of this key line belongs to another key")
        return key

    def signed(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that checkpoints are signed with; `seed` is the secret."""

    name: str
    seed: bytes

    @property
    def public(self) -> PublicKey:
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return PublicKey(self.name, private.public_key().public_bytes_raw())

    def line(self, text: str) -> str:
        """The signature line over a text, without its end of line."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"{_DASH} {self.name} {_base64(self.public.hash + signature)}"

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r})"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says about itself: its name, how many leaves it has, and the root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        lines = (self.origin, str(self.size), _base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @property
    def time(self) -> str:
        """When it was signed, as the log itself wrote it; "" when it says nothing."""
        return next((line[len(TIME) :] for line in self.extensions if line.startswith(TIME)), "")

    def signed_by(self, keys: Iterable[SigningKey]) -> str:
        """The note: this text with one signature line for each key."""
        return f"{self.text}\n" + "".join(f"{key.line(self.text)}\n" for key in keys)


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note, its signatures not checked yet."""

    checkpoint: Checkpoint
    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]
    """Name, key hash, signature."""

    def signers(self, keys: Sequence[PublicKey]) -> list[PublicKey]:
        """Those of the keys that signed it. A signature under a known key's name and hash must hold, or none counts."""
        found = []
        for name, key_hash, signature in self.signatures:
            for key in keys:
                if (key.name, key.hash) == (name, key_hash):
                    if not key.signed(self.text, signature):
                        return []
                    found.append(key)
        return found


def parse(note: str) -> Note:
    """A note's checkpoint and signatures. Raises NoteError on everything that is not exactly one."""
    head, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise NoteError("a note ends with an empty line and its signatures")
    lines = head.split("\n")
    if len(lines) < 3 or not lines[0] or any(not _plain(line) for line in lines):
        raise NoteError("a checkpoint begins with name, size and root")
    root = _decoded(lines[2])
    if not _NUMBER.fullmatch(lines[1]) or root is None or len(root) != HASH_BYTES:
        raise NoteError("the checkpoint’s size or root is malformed")
    signatures = tuple(_signature(line) for line in tail[:-1].split("\n"))
    return Note(Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:])), f"{head}\n", signatures)


def split(stored: str) -> list[str]:
    """The notes of a file that holds one after the other, each followed by an empty line. What is torn comes as it is."""
    notes, lines, signed = [], list[str](), False
    for line in stored.splitlines(keepends=True):
        if signed and line == "\n":
            notes.append("".join(lines))
            lines, signed = [], False
            continue
        signed = line.startswith(f"{_DASH} ")
        lines.append(line)
    if lines:
        notes.append("".join(lines))
    return notes


def _signature(line: str) -> tuple[str, bytes, bytes]:
    found = _SIGNATURE_LINE.fullmatch(line)
    blob = _decoded(found["blob"]) if found else None
    if not found or blob is None or len(blob) <= _KEY_HASH_BYTES:
        raise NoteError("a signature line is malformed")
    return found["name"], blob[:_KEY_HASH_BYTES], blob[_KEY_HASH_BYTES:]


def _plain(line: str) -> bool:
    return bool(line) and all(character >= " " for character in line)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decoded(text: str) -> bytes | None:
    """The bytes, or None for what is not the one way of writing them."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _base64(data) == text else None
