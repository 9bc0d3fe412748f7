"""Audit actions of what comes in; each subject registers its own."""

from intake.reading import audit_actions as reading

__all__ = ["reading"]
