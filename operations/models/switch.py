from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class StopSwitch(models.Model):
    """The stop switch for all destructive work: one row; while `stopped_at` is set nothing destructive is claimed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="only_one_stop_switch")]

    def __str__(self) -> str:
        return str(_("Stopped")) if self.stopped_at else str(_("Deletions allowed"))

    @classmethod
    def is_on(cls) -> bool:
        return cls.objects.filter(stopped_at__isnull=False).exists()
