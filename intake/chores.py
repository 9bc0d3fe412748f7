"""Chores of what comes in; each subject registers its own."""

from intake.receiving import chores as receiving

__all__ = ["receiving"]
