from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from operations.models.run import Run


class FreshLook(models.Model):
    """One asking of the providers, by reading calls alone, what of a plan is still there.

    Open until `ended_at`; whoever holds the lease reads on, and after a crash anybody does, from the items that no
    look has touched yet. The figures are written at the end and kept.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="fresh_looks")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_name = models.CharField(max_length=200)
    request_id = models.CharField(max_length=40, blank=True)
    asked_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(db_default=Now())
    fence = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    gone = models.PositiveIntegerField(default=0)
    there = models.PositiveIntegerField(default=0)
    unclear = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["run"], condition=models.Q(ended_at__isnull=True), name="one_open_look_a_plan"
            )
        ]

    def __str__(self) -> str:
        return f"look {self.pk} at {self.run}"
