from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class TurnedAway(models.Model):
    """How many requests of one kind were not taken as messages in one hour: a flood leaves one row, not many."""

    class Kind(models.TextChoices):
        WRONG_KEY = "wrong_key", _("with a wrong key")
        NO_KEY = "no_key", _("without a key")
        UNREADABLE = "unreadable", _("that nobody could read, beyond what is kept")
        TOO_FAST = "too_fast", _("faster than messages are taken")

    account = models.ForeignKey("operations.Account", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    hour = models.DateTimeField()
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["account", "kind", "hour"], name="turned_away_once")]
        indexes = [
            models.Index(
                fields=["hour"], name="turned_away_open", condition=models.Q(recorded_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.kind} {self.hour.isoformat()}"

    def values(self) -> dict[str, Any]:
        """What the ledger records of it."""
        return {"kind": self.kind, "hour": self.hour.isoformat(), "count": self.count}
