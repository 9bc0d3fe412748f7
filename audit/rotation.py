"""Changing the signing key: one checkpoint that the old and the new key both sign, and a record of it."""

from __future__ import annotations

import time

from django.conf import settings
from django.db import transaction

from audit import checkpoint
from audit.actions import KEY_ROTATED
from audit.actors import Actor
from audit.checkpoint import PublicKey, SigningKey
from audit.keys import NoKey, new_key, signing_keys, write
from audit.models import Checkpoint, Leaf, Record
from audit.sealer import LEASE_SECONDS, SealingError, seal
from audit.services import record

PATIENCE_SECONDS = 2 * LEASE_SECONDS
"""A sealer that died gives its lease back after one lease; one that lives needs no longer for its pass."""
_PAUSE_SECONDS = 0.2


def rotate(*, actor: Actor, patience: float = PATIENCE_SECONDS) -> PublicKey:
    """Make a new key in the key file, sign with both, keep the new one; returns its public half.

    While another sealer is at work this waits for it, `patience` seconds at most; raises SealingError after that. Both
    keys are then in the file, every checkpoint carries both signatures, and the next call goes on where this one stopped.
    Where the key is given by the environment, set AUDIT_SIGNING_KEY to `new,old` instead, wait for a checkpoint and drop the old
    one; this raises NoKey then.
    """
    if settings.AUDIT["signing_key"]:
        raise NoKey(
            "the signing key is given by the environment: set AUDIT_SIGNING_KEY to the new and the old one"
        )
    keys = signing_keys()
    if len(keys) == 1:
        keys = [new_key(), keys[0]]
        write(keys)
    new, old = keys[0], keys[1]
    told = _told(new, old, actor)
    give_up = time.monotonic() + patience
    while not _signed_by_both(told, new, old):
        if time.monotonic() > give_up:
            raise SealingError("another sealer was at work all the time. Rotate again to finish the change")
        if not seal(sign=True):
            time.sleep(_PAUSE_SECONDS)
    write([new])
    return new.public


def _told(new: SigningKey, old: SigningKey, actor: Actor) -> int:
    """The record of this change, once also when it is gone on with."""
    details = {"old": str(old.public), "new": str(new.public)}
    before = Record.objects.filter(action=KEY_ROTATED.code, details__new=details["new"]).first()
    if before is not None:
        return before.pk
    with transaction.atomic():
        return record(KEY_ROTATED, actor=actor, details=details).pk


def _signed_by_both(told: int, new: SigningKey, old: SigningKey) -> bool:
    """Whether the newest checkpoint carries both signatures and the record of the change lies under it."""
    newest = Checkpoint.objects.order_by("-pk").first()
    position = Leaf.objects.filter(record_id=told).values_list("position", flat=True).first()
    if newest is None or position is None or newest.size <= position:
        return False
    return len(checkpoint.parse(newest.note).signers([new.public, old.public])) == 2
