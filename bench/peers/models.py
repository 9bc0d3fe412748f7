"""The same three columns five times: without a history, and with one by each peer that is installed."""

from __future__ import annotations

from django.apps import apps
from django.db import models


class Lesson(models.Model):
    """What changes."""

    name = models.CharField(max_length=200)
    teacher = models.CharField(max_length=200)
    number = models.BigIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Plain(Lesson):
    """Nothing is written about it but what the caller writes."""


if apps.is_installed("simple_history"):
    from simple_history.models import HistoricalRecords

    class Historic(Lesson):
        """django-simple-history: a row of the history table by signals or its bulk function."""

        history = HistoricalRecords()


if apps.is_installed("auditlog"):
    from auditlog.registry import auditlog

    class Logged(Lesson):
        """django-auditlog: a log entry by signals; what is written in bulk leaves none."""

    auditlog.register(Logged)


if apps.is_installed("pghistory"):
    import pghistory

    @pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent())
    class Tracked(Lesson):
        """django-pghistory: an event row by the database's own triggers."""
