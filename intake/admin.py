"""The screens of what comes in."""

from intake.importing.admin import ImportAdmin
from intake.reading.admin import ReadingAdmin
from intake.receiving.admin import PushMessageAdmin

__all__ = ["ImportAdmin", "PushMessageAdmin", "ReadingAdmin"]
