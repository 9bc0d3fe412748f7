"""The engine's own chores."""

from operations.engine.chores import register_chore
from operations.outbox import send_due

register_chore(send_due)
