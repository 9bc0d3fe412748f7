"""The screens of what comes in."""

from intake.reading.admin import ReadingAdmin

__all__ = ["ReadingAdmin"]
