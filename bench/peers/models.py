"""A row of the mirror five times: without a history, and with one by each peer that is installed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from django.apps import apps
from django.db import models

from operations.mirror import MirrorRow, origin
from operations.models import Account

_NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


class Lesson(MirrorRow):
    """What changes: as wide as a course of the mirror, and like it with where each value came from."""

    name = models.CharField(max_length=200)
    introduction = models.TextField(blank=True)
    folder_id = models.CharField(max_length=50, blank=True)
    folder_path = models.CharField(max_length=2000, blank=True)
    expiry_time = models.BigIntegerField(null=True)
    teacher_uid = models.CharField(max_length=50, blank=True)
    teacher_name = models.CharField(max_length=200, blank=True)
    subject_id = models.IntegerField(null=True)
    classroom_setting_id = models.CharField(max_length=50, blank=True)
    classroom_setting_name = models.CharField(max_length=200, blank=True)
    cover_name = models.CharField(max_length=200, blank=True)
    cover_sha256 = models.CharField(max_length=64, blank=True)
    course_type = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=20, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @classmethod
    def made(cls, number: int, account: Account) -> Self:
        """A row as an import leaves one; not in the database yet."""
        said = origin(MirrorRow.Source.IMPORT, _NOW)
        values = {
            "name": f"雅思口语 {number}", "introduction": "Twelve live lessons with speaking practice and feedback.",
            "folder_id": "20017", "folder_path": "Spring / English", "expiry_time": 1_800_000_000,
            "teacher_uid": "1000017", "teacher_name": "Lin Yue 林月", "subject_id": 3, "status": "running",
        }  # fmt: skip
        return cls(
            account=account, provider_id=str(90_000_000 + number), seen_at=_NOW, **values,
            provenance=dict.fromkeys(values, said),
        )  # fmt: skip


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
