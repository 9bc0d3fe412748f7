"""The checksum of a run's frozen list: what was confirmed is what is sent.

It has two levels, so that every claim can ask for it again. The confirmed items, in order, are cut into parts; each part
has a checksum of its own, which is kept, and the list's checksum is that of its parts' checksums.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from operations.models import Item, ListPart, Run

PART = 256
"""Confirmed items in a part; the last part may have fewer."""


def list_digest(run: Run) -> str:
    """SHA-256 (hex) over the checksums of the list's parts, each followed by a line feed, computed from the items anew.

    Items that were left out or unticked at the preview are not part of the list; what a hold stops later still is.
    """
    return _of_parts(part.digest for part in _parts(run))


def write_parts(run: Run) -> str:
    """Keep the checksums of the parts of the list that is being confirmed, inside the caller's transaction; returns the list's."""
    ListPart.objects.filter(run=run).delete()
    parts = ListPart.objects.bulk_create(_parts(run), batch_size=2000)
    return _of_parts(part.digest for part in parts)


def kept_digest(run: Run) -> str:
    """The list's checksum by the parts that are kept: cheap, and says nothing about the items."""
    kept = ListPart.objects.filter(run=run).order_by("first_item")
    return _of_parts(kept.values_list("digest", flat=True))


def are_confirmed(run: Run, items: Iterable[Item]) -> bool:
    """Whether these items are what was confirmed: each lies in a part that is kept, and those parts are unchanged.

    The caller has locked the items, and compares `kept_digest` with the run's. Costs one query and one more for each part.
    """
    keys = sorted(item.pk for item in items)
    if not keys:
        return True
    found: set[int] = set()
    for part in ListPart.objects.filter(run=run, first_item__lte=keys[-1], last_item__gte=keys[0]):
        if bisect_left(keys, part.first_item) == bisect_right(keys, part.last_item):
            continue
        rows = list(_rows(run, part))
        if _digest_of(rows) != part.digest:
            return False
        found.update(key for key, *_row in rows)
    return found.issuperset(keys)


def _parts(run: Run) -> Iterator[ListPart]:
    confirmed = _rows(run).iterator(chunk_size=PART * 8)
    while rows := list(islice(confirmed, PART)):
        yield ListPart(run=run, first_item=rows[0][0], last_item=rows[-1][0], digest=_digest_of(rows))


def _rows(run: Run, part: ListPart | None = None) -> Any:
    """The confirmed items of the list, or of one part of it, in order: the key, then what the checksum covers."""
    items = Item.objects.filter(run=run, confirmed=True)
    if part:
        items = items.filter(pk__gte=part.first_item, pk__lte=part.last_item)
    return items.order_by("pk").values_list(
        "pk", "operation", "account_id", "target_kind", "target_id", "identity", "params"
    )


def _digest_of(rows: Iterable[tuple[Any, ...]]) -> str:
    digest = hashlib.sha256()
    for _key, *row in rows:
        digest.update(json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _of_parts(digests: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for each in digests:
        digest.update(each.encode() + b"\n")
    return digest.hexdigest()
