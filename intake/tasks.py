"""Celery tasks of what comes in; each subject has its own module."""

from intake.importing.tasks import work_import
from intake.reading.tasks import read
from intake.receiving.tasks import work_pushes

__all__ = ["read", "work_import", "work_pushes"]
