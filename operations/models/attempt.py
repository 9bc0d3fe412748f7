from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models.account import Account
from operations.models.item import Item
from operations.models.run import Run


class Attempt(models.Model):
    """One sending of one request: committed before the call, completed after it.

    An attempt without `ended_at` whose lease ran out is a call that nobody knows the end of.
    """

    class Purpose(models.TextChoices):
        SEND = "send", _("Send")
        LOOK = "look", _("Look")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, models.PROTECT, related_name="attempts")
    items = models.ManyToManyField(Item, related_name="attempts")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    operation = models.CharField(max_length=100)
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.SEND)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    call = models.CharField(max_length=100, blank=True)
    sent = models.JSONField(default=dict)
    http_status = models.PositiveSmallIntegerField(null=True)
    code = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=500, blank=True)
    provider_request_id = models.CharField(max_length=100, blank=True)
    elapsed_ms = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        default_permissions = ()
        indexes = [models.Index(fields=["run", "-started_at"], name="attempt_by_run")]

    def __str__(self) -> str:
        return f"{self.operation} {self.id}"
