from __future__ import annotations

from django.db import models

from operations.models.run import Run


class ListPart(models.Model):
    """The checksum of a part of a confirmed list: of its confirmed items from `first_item` to `last_item`, keys of items.

    Written at the confirmation and never changed; a plan that was sent back and is confirmed anew gets new ones.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="list_parts", db_index=False)
    first_item = models.BigIntegerField()
    last_item = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "first_item"], name="one_part_from_an_item_on")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.first_item} to {self.last_item}"
