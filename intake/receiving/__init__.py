"""Receiving what ClassIn pushes: stored and acknowledged at once, worked off later, whatever the order."""

from intake.receiving.state import PushState, state_of

__all__ = ["PushState", "state_of"]
