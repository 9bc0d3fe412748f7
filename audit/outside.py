"""Checkpoints outside the database: who owns the database alone cannot rewrite the log without these telling."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from django.conf import settings
from django.core.mail import send_mail

from audit.checkpoint import split

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
