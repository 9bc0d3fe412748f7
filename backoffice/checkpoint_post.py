"""Checkpoints to an address outside: the ledger says what is due, HTTP is spoken under providers/, and each sweep comes by."""

from django.conf import settings

from audit import outside
from operations.engine.chores import register_chore
from providers.posting import post_text


def connect() -> None:
    """Join the three; to be called once the models are loaded."""
    outside.post_with(_post)
    register_chore(outside.deliver)


def _post(address: str, text: str) -> None:
    post_text(address, text, allow_sandbox=settings.SANDBOX)
