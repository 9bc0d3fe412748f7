from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class HoldQuerySet(models.QuerySet["Hold"]):
    """Holds, and those in force by the database's clock."""

    def in_force(self) -> HoldQuerySet:
        return self.filter(models.Q(until=None) | models.Q(until__gt=Now()), released_at=None)


class Hold(models.Model):
    """A person's "do not delete" on a video, a class or a course. Beats everything, up to the last moment.

    Several may lie on one object; a hold on a class or a course covers what is in it. Released holds stay as rows.
    `form_token` is that of the form that was sent: the same form sent twice places one hold.
    """

    target_kind = models.CharField(max_length=100)
    target_id = models.BigIntegerField()
    target_label = models.CharField(_("object"), max_length=300)
    reason = models.CharField(_("reason"), max_length=300)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="holds", verbose_name=_("placed by")
    )
    placed_at = models.DateTimeField(_("placed"), db_default=Now())
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    form_token = models.UUIDField(null=True, blank=True, editable=False)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        default_permissions = ("view",)
        permissions = [("place_hold", _("Can place and release holds"))]
        indexes = [
            models.Index(
                fields=["target_kind", "target_id"],
                name="hold_in_force",
                condition=models.Q(released_at=None),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["form_token", "target_kind", "target_id"],
                name="one_hold_of_a_form_per_object",
            )
        ]

    def __str__(self) -> str:
        return self.target_label
