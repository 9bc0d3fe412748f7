"""Chores of what comes in; each subject registers its own."""

from intake.importing import chores as importing
from intake.reading import chores as reading
from intake.receiving import chores as receiving

__all__ = ["importing", "reading", "receiving"]
