from __future__ import annotations

from django.db import models


class Inbox(models.Model):
    """Who works off an account's messages just now: one worker at a time, so that they go in order of arrival."""

    account = models.OneToOneField("operations.Account", models.PROTECT, primary_key=True, related_name="+")
    fence = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.account)
