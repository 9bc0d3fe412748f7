"""Celery tasks of what comes in; each subject has its own module."""

from intake.reading.tasks import read

__all__ = ["read"]
