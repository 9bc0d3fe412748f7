"""Files that leave the house as evidence: text of any length, and a signed note behind it that names its digest.

A stranger checks the bytes as they are: nothing has to be parsed, sorted or printed anew before the digest is taken. The
note is one of C2SP's, like a checkpoint, but its first line names the format of the file, so that neither can be passed
off as the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from audit.checkpoint import SigningKey

MARK = '"signed": '
"""What stands before the note, as JSON, in the last place of every signed file."""


class Signer:
    """Passes a file's text through and remembers what has to be signed."""

    def __init__(self, kind: str, keys: Iterable[SigningKey]) -> None:
        self.kind = kind
        self._keys = list(keys)
        self._digest = sha256()
        self._bytes = 0

    def passing(self, parts: Iterable[str]) -> Iterator[bytes]:
        """The same text, encoded."""
        for part in parts:
            data = part.encode()
            self._digest.update(data)
            self._bytes += len(data)
            yield data

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def note(self, told: dict[str, Any]) -> str:
        """The signed note over all that passed, and over `told`."""
        manifest = {**told, "bytes": self._bytes, "sha256": self.digest}
        text = f"{self.kind}\n{compact(manifest)}\n"
        return f"{text}\n" + "".join(f"{key.line(text)}\n" for key in self._keys)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
compact = _ENCODER.encode
"""JSON on one line, as the files are written with."""
