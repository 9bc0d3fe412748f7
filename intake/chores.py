"""Chores of what comes in; each subject registers its own."""

from intake.reading import chores as reading

__all__ = ["reading"]
