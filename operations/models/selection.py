from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from operations.models.run import Run


class Selection(models.Model):
    """A list of provider ids that a person gave, and what each of them is here; a plan may have been made of it.

    `given` counts ids as they came, doubled ones included; `doubled` those that name what an earlier one names.
    `found` counts rows; `unknown` ids that no account has here, `ambiguous` ids that stand for several rows.
    Without a plan a selection is scratch paper and goes after a day.
    """

    target_kind = models.CharField(max_length=100)
    source = models.CharField(max_length=120, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"), db_default=Now())
    given = models.PositiveIntegerField(default=0)
    doubled = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    ambiguous = models.PositiveIntegerField(default=0)
    run = models.OneToOneField(Run, models.PROTECT, null=True, related_name="selection")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.source or str(_("Pasted IDs"))


class SelectedId(models.Model):
    """One id of a selection, once: where it stood first, how many rows it stands for, and which one if it is one."""

    selection = models.ForeignKey(Selection, models.CASCADE, related_name="ids")
    position = models.PositiveIntegerField()
    text = models.CharField(max_length=600)
    matches = models.PositiveIntegerField(default=0)
    target_id = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["selection", "matches", "position"], name="selected_by_matches")]

    def __str__(self) -> str:
        return self.text
