"""The screens of what comes in."""

from intake.reading.admin import ReadingAdmin
from intake.receiving.admin import PushMessageAdmin

__all__ = ["PushMessageAdmin", "ReadingAdmin"]
