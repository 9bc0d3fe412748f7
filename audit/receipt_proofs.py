"""What a receipt says about the log: each record's sealed text and proof, the checkpoint, and the signature over it all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from audit.checkpoint import SigningKey
from audit.export_file import in_base64, read_records, told
from audit.keys import NoKey, signing_keys
from audit.models import Leaf, Record
from audit.proofs import Tree, newest_basis
from audit.signed_file import MARK, Signer, compact

GROUPS = ("approver", "words")
"""Addresses and browsers of people stay in the log, and with them the values behind the same commitment."""


class Proofs:
    """Proofs for the records of one file, all against the checkpoint that was the newest when this was made.

    Raises NoteError when the newest checkpoint is none.
    """

    def __init__(self, kind: str) -> None:
        self.basis = newest_basis()
        self.not_sealed = 0
        self._keys = _keys()
        self._tree = Tree()
        self._signer = Signer(kind, self._keys)

    @property
    def head(self) -> dict[str, Any]:
        """Log, checkpoint and keys. The keys are those that sign the file and those that signed the checkpoint."""
        basis = self.basis
        keys = [*(str(key.public) for key in self._keys), *(basis.keys if basis else ())]
        return {
            "origin": basis.origin if basis else None,
            "checkpoint": basis.note if basis else None,
            "keys": list(dict.fromkeys(keys)),
        }

    def of(self, records: Sequence[int]) -> dict[int, str]:
        """For each of these records the inside of a JSON object: `sealed`, the sealed text, and position and proof if so."""
        size, found = self.basis.size if self.basis else 0, {}
        for number, position, *columns in read_records(records):
            sealed = position is not None and position < size
            place = ""
            if sealed:
                path = compact(in_base64(self._tree.proof(position, size)))
                place = f', "position": {position}, "proof": {path}'
            else:
                self.not_sealed += 1
            found[number] = f'"sealed": {compact(sealed)}{place}, {told(columns, GROUPS)}'
        return found

    def signed(self, parts: Iterator[str], manifest: dict[str, Any]) -> Iterator[bytes]:
        """The text of a JSON object that is not closed yet, then its signature as the last member, or null without a key.

        `manifest` is looked at when all parts have passed.
        """
        yield from self._signer.passing(parts)
        note = self._signer.note(manifest) if self._keys else None
        yield f",\n{MARK}{compact(note)}}}\n".encode()


def all_sealed(records: QuerySet[Record]) -> bool:
    """Whether each of these records is under the newest checkpoint."""
    basis = newest_basis()
    proven = Leaf.objects.filter(record_id=OuterRef("pk"), position__lt=basis.size if basis else 0)
    return not records.order_by().filter(~Exists(proven)).exists()


def _keys() -> list[SigningKey]:
    try:
        return signing_keys()
    except NoKey:
        return []
