"""The screens of what comes in."""

from intake.receiving.admin import PushMessageAdmin

__all__ = ["PushMessageAdmin"]
