from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Freshness(models.Model):
    """When one account last told us of one kind of row, and in which way. One row for each way; the newest moment stays."""

    class How(models.TextChoices):
        READ = "read", _("read whole")
        READ_NEW = "read_new", _("what is new was read")
        PUSHED = "pushed", _("pushed")
        IMPORTED = "imported", _("imported")

    account = models.ForeignKey("operations.Account", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    """The model's label, such as "media_assets.cloudfile"."""
    how = models.CharField(max_length=10, choices=How.choices)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "how"], name="one_freshness_of_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.how}"
