"""Changing the signing key: one checkpoint that the old and the new key both sign, and a record of it."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from audit.actions import KEY_ROTATED
from audit.actors import Actor
from audit.checkpoint import PublicKey
from audit.keys import NoKey, new_key, signing_keys, write
from audit.sealer import SealingError, seal
from audit.services import record


def rotate(*, actor: Actor) -> PublicKey:
    """Make a new key in the key file, sign with both, keep the new one; returns its public half.

    Where the key is given by the environment, set AUDIT_SIGNING_KEY to `new,old` instead, wait for a checkpoint and drop the old
    one; this raises NoKey then. Interrupted half-way, both keys stay in the file and every checkpoint carries both signatures.
    """
    if settings.AUDIT["signing_key"]:
        raise NoKey(
            "the signing key is given by the environment: set AUDIT_SIGNING_KEY to the new and the old one"
        )
    old, new = signing_keys()[0], new_key()
    write([new, old])
    with transaction.atomic():
        record(KEY_ROTATED, actor=actor, details={"old": str(old.public), "new": str(new.public)})
    if not seal(sign=True):
        raise SealingError(
            "another sealer is at work; the next checkpoint carries both signatures. Rotate again later"
        )
    write([new])
    return new.public
