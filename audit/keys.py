"""Where the signing key comes from. It is never in the database; the public halves are, for showing them.

A key is one line, `name+base64 of 32 bytes`, given by AUDIT_SIGNING_KEY or kept in a file. During a rotation there are two
lines: the new key first, the old one below it, until a checkpoint that both signed is written.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path

from django.conf import settings

from audit.checkpoint import PublicKey, SigningKey
from audit.merkle import HASH_BYTES


class NoKey(Exception):
    """There is no usable signing key: records are sealed, but nothing is signed."""


def signing_keys() -> list[SigningKey]:
    """The key to sign with, followed by the one that it takes over from, if any. Raises NoKey."""
    given = settings.AUDIT["signing_key"]
    text = given.replace(",", "\n") if given else _from_file()
    keys = [_parsed(line) for line in text.splitlines() if line.strip()]
    if not keys:
        raise NoKey("the audit log has no signing key: set AUDIT_SIGNING_KEY or AUDIT_SIGNING_KEY_FILE")
    return keys


def trusted_keys() -> list[PublicKey]:
    """Keys that this machine's operator vouches for, whatever the database says. Raises NoteError for a bad line."""
    keys = [PublicKey.parse(line) for line in settings.AUDIT["trusted_keys"]]
    try:
        keys += [key.public for key in signing_keys()]
    except NoKey:
        return keys
    return keys


def new_key() -> SigningKey:
    """A fresh key; names carry a random end, so that two keys of one log are told apart by eye."""
    name = f"{settings.AUDIT['origin'].replace('+', '-').replace(' ', '-')}-{secrets.token_hex(3)}"
    return SigningKey(name, secrets.token_bytes(HASH_BYTES))


def line_of(key: SigningKey) -> str:
    """The secret line of a key, for the file or the environment."""
    return f"{key.name}+{base64.b64encode(key.seed).decode('ascii')}"


def write(keys: list[SigningKey]) -> None:
    """Put these keys into the key file, readable by its owner alone, all or nothing."""
    path: Path = settings.AUDIT["signing_key_file"]
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("".join(f"{line_of(key)}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _from_file() -> str:
    path: Path = settings.AUDIT["signing_key_file"]
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        if not settings.AUDIT["make_key"]:
            return ""
    except (OSError, UnicodeDecodeError) as error:
        raise NoKey(f"the signing key cannot be read: {error}") from error
    write([new_key()])
    return path.read_text(encoding="ascii")


def _parsed(line: str) -> SigningKey:
    name, _plus, text = line.strip().partition("+")
    try:
        seed = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise NoKey("a signing key line is malformed") from error
    if not name or len(seed) != HASH_BYTES:
        raise NoKey("a signing key line is malformed")
    return SigningKey(name, seed)
