"""Checkpoints outside the database: who owns the database alone cannot rewrite the log without these telling."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.core.mail import send_mail

from audit.checkpoint import split
from audit.clock import database_now
from audit.models import Checkpoint, Delivery

Poster = Callable[[str, str], object]
"""Posts a text to an address; raises OSError when it did not arrive."""
_AT_ONCE = 100
_TAIL = 16 * 1024
_posters: list[Poster] = []

logger = logging.getLogger(__name__)


def send(note: str, *, by_mail: bool) -> None:
    """Append a note to the file, and mail it where that is configured. What fails is logged: the database has it too."""
    try:
        _append(settings.AUDIT["checkpoint_file"], note)
    except OSError:
        logger.exception("the checkpoint could not be written to its file")
    if by_mail and settings.AUDIT["checkpoint_mail"]:
        try:
            send_mail("Audit log checkpoint", note, None, settings.AUDIT["checkpoint_mail"])
        except OSError:
            logger.exception("the checkpoint could not be mailed")


def post_with(poster: Poster) -> None:
    """Post checkpoints this way from now on: HTTP is spoken elsewhere."""
    _posters[:] = [poster]


def deliver() -> int:
    """Post the checkpoints that the configured address has not got yet, oldest first; returns how many.

    A new address begins with the newest one. What did not arrive is logged, shown with the log's key, and tried again when the
    next checkpoint is there; it stops nobody. Several may call this at once: each checkpoint is tried by one of them.
    """
    address = settings.AUDIT["checkpoint_url"]
    newest = Checkpoint.objects.order_by("-pk").values_list("pk", flat=True).first() if address else None
    if newest is None or not _posters:
        return 0
    row, _made = Delivery.objects.get_or_create(place=place_of(address), defaults={"delivered": newest - 1})
    mine = Delivery.objects.filter(pk=row.pk)
    if row.tried >= newest or not mine.filter(tried=row.tried).update(tried=newest):
        return 0
    due = list(
        Checkpoint.objects.filter(pk__gt=row.delivered, pk__lte=newest)
        .order_by("pk")
        .values_list("pk", "note")[:_AT_ONCE]
    )
    try:
        _posters[0](address, "".join(f"{note}\n" for _pk, note in due))
    except OSError as error:
        logger.warning("checkpoints could not be posted: %s", error)
        mine.update(failed_at=database_now(), trouble=str(error)[:100])
        return 0
    last = due[-1][0]
    mine.update(delivered=last, tried=last, delivered_at=database_now(), trouble="")
    return len(due)


def place_of(address: str) -> str:
    """A name for the address that says nothing about it: what is secret in it stays out of the database."""
    return sha256(address.encode()).hexdigest()


def newest_note(path: Path) -> str | None:
    """The last note of a checkpoint file, however long it is. Raises OSError when it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL))
            found = split(file.read().decode("utf-8", "replace"))
    except FileNotFoundError:
        return None
    return found[-1] if found else None


def notes(path: Path) -> list[str]:
    """The notes of a checkpoint file, oldest first; none without a file. Raises OSError when it cannot be read."""
    try:
        return split(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []


def _append(path: Path, note: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, f"{note}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
