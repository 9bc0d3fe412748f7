"""The engine's own chores."""

from audit.sealer import seal
from operations.engine.chores import register_chore
from operations.outbox import send_due

_AT_ONCE = 10_000
"""Records that one sweep seals at most: runs that are due shall not wait for a long backlog."""


def seal_some() -> None:
    """The ledger's sealer, so that a set-up whose only clock is the sweeper seals as well. Beside another one it does nothing."""
    seal(limit=_AT_ONCE)


register_chore(send_due)
register_chore(seal_some)
