"""Audit actions of what comes in; each subject registers its own."""

from intake.importing import audit_actions as importing
from intake.reading import audit_actions as reading
from intake.receiving import audit_actions as receiving

__all__ = ["importing", "reading", "receiving"]
