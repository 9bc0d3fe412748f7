"""Celery tasks of what comes in; each subject has its own module."""

from intake.receiving.tasks import work_pushes

__all__ = ["work_pushes"]
