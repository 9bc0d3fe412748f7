from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Attachment(models.Model):
    """A file that an edit sends along (a cover picture), kept where every worker can read it.

    `content` is at most a few megabytes: forms check that before it gets here.
    """

    item = models.OneToOneField("operations.Item", models.PROTECT, related_name="attachment")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=60)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
