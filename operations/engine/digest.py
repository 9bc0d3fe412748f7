"""The checksum of a run's frozen list: what was confirmed is what is sent."""

import hashlib
import json

from operations.models import Item, Run


def list_digest(run: Run) -> str:
    """SHA-256 (hex) over every confirmed item, in order: operation, account, target, identity and params.

    Items that were left out or unticked at the preview are not part of the list; what a hold stops later still is.
    """
    digest = hashlib.sha256()
    rows = (
        Item.objects.filter(run=run, confirmed=True)
        .order_by("pk")
        .values_list("operation", "account_id", "target_kind", "target_id", "identity", "params")
    )
    for row in rows.iterator(chunk_size=2000):
        digest.update(json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode())
        digest.update(b"\n")
    return digest.hexdigest()
