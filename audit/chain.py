"""Where a record stands in the sealed tree, whether its proof holds, and whether the newest part of the log does."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from audit import canonical, merkle
from audit.checkpoint import NoteError, parse
from audit.keys import NoKey, trusted_keys
from audit.models import Checkpoint, Leaf, Record
from audit.proofs import Basis, Tree, covering, newest_basis
from audit.sealed_rows import group_states, one_moment

RECENT = 10_000
"""Records that are checked while somebody waits: well under a second."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check came to, in words; `record` is the first one that is not as it was sealed."""

    holds: bool
    text: str
    record: int | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A record's place in the tree, counted from 0. `checkpoint` is the size of the first one that covers it.

    All is None while it waits for the sealer, and time and checkpoint while nothing was signed over it.
    """

    position: int | None = None
    sealed_at: dt.datetime | None = None
    checkpoint: int | None = None
    verdict: Verdict | None = None


def mark(record: int, *, verify: bool = False) -> Mark:
    """The mark of this record, and with `verify` whether its proof holds now."""
    position = Leaf.objects.filter(record_id=record).values_list("position", flat=True).first()
    if position is None:
        return Mark()
    first = (
        Checkpoint.objects.filter(size__gt=position).order_by("size", "pk").values_list("at", "size").first()
    )
    at, size = first or (None, None)
    return Mark(position, at, size, _proven(record, position) if verify and first else None)


def _proven(record: int, position: int) -> Verdict:
    """The record as it is now against the newest checkpoint: columns, commitments, leaf, path, signature."""
    try:
        basis = newest_basis()
        if basis is None or not _trusted(basis):
            return Verdict(False, _("The newest checkpoint is not signed by this log’s key."), record)
        states = group_states(record)
        if not all(states.values()):
            return Verdict(False, _("The record’s columns are not what was sealed."), record)
        text = Record._base_manager.values_list("canonical", flat=True).get(pk=record)
        path = Tree().proof(position, basis.size)
    except (NoteError, LookupError, ValueError):
        return Verdict(False, _("The stored tree is damaged."), record)
    if not merkle.includes(merkle.leaf_hash(text.encode()), position, basis.size, path, basis.root):
        return Verdict(False, _("The record is not the one that was sealed."), record)
    told = _("The record is as it was sealed: %(hashes)s hashes lead from it to the checkpoint over %(size)s records.")  # fmt: skip
    return Verdict(True, told % {"hashes": len(path), "size": f"{basis.size:,}"})


def check_recent(limit: int = RECENT) -> Verdict:
    """Recompute the newest `limit` sealed records and hold the root that they lead to against the signed one.

    What lies before enters by its stored hashes: an edit there is not found here, a whole verification finds it.
    """
    try:
        with one_moment():
            return _recent(limit)
    except (NoteError, LookupError, ValueError):
        return Verdict(False, _("The stored tree is damaged."))


def _recent(limit: int) -> Verdict:
    basis = newest_basis()
    if basis is None:
        return Verdict(False, _("Nothing is signed yet, so nothing can be checked."))
    if not _trusted(basis):
        return Verdict(False, _("The newest checkpoint is not signed by this log’s key."))
    start, tree = max(0, basis.size - limit), Tree()
    peaks = [tree.node(level, index) for level, index in covering(0, start)]
    frontier, leaves = merkle.Frontier(start, peaks), list[bytes]()
    for position, record, text, fits in _rows(start, basis.size):
        if position != start + len(leaves) or text is None:
            return Verdict(False, _("A sealed record is gone."), record)
        if not fits and not all(group_states(record).values()):
            return Verdict(False, _("The record’s columns are not what was sealed."), record)
        leaves.append(merkle.leaf_hash(text.encode()))
    found = _first_differing(start, leaves)
    frontier.extend(leaves)
    if found is not None:
        return Verdict(False, _("The record is not the one that was sealed."), found)
    if (frontier.size, frontier.root()) != (basis.size, basis.root):
        return Verdict(False, _("The tree is not the one that was signed."))
    told = _("The newest %(count)s sealed records are as they were sealed, up to the checkpoint over %(size)s records.")  # fmt: skip
    return Verdict(True, told % {"count": f"{len(leaves):,}", "size": f"{basis.size:,}"})


def _first_differing(start: int, leaves: list[bytes]) -> int | None:
    stored = Leaf.objects.filter(position__gte=start, position__lt=start + len(leaves)).order_by("position")
    for leaf, (record, digest) in zip(leaves, stored.values_list("record_id", "hash"), strict=True):
        if leaf != bytes(digest):
            return record
    return None


def _rows(start: int, end: int) -> list[tuple[int, int, str | None, bool | None]]:
    vendor = connection.vendor
    fits = " AND ".join(f"({sql}) = 1" for sql in canonical.groups_sql(vendor, "r").values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.position, l.record_id, r.canonical, r.canonical = {canonical.form_sql(vendor, 'r')} AND {fits}"  # noqa: S608 - made of constants
            " FROM audit_leaf l LEFT JOIN audit_record r ON r.id = l.record_id"
            " WHERE l.position >= %s AND l.position < %s ORDER BY l.position",
            [start, end],
        )
        return list(cursor.fetchall())


def _trusted(basis: Basis) -> bool:
    try:
        return bool(parse(basis.note).signers(trusted_keys()))
    except NoKey:
        return False
