from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Policy(models.Model):
    """Limits of all deletions: one row. Without it the defaults apply, which are the strict ones.

    `approve_from` counts items; `*_seconds` are waiting times between the last "yes" of a person and the first request.
    `price_per_gb_month` is what the school pays for 10^9 bytes a month; without it no receipt speaks of money.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    second_person = models.BooleanField(_("second person approves"), default=True)
    approve_from = models.PositiveIntegerField(
        _("approval from this many items on"), default=100, validators=[MinValueValidator(1)]
    )
    approval_hours = models.PositiveIntegerField(
        _("approval runs out after (hours)"),
        default=48,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 30)],
    )
    irreversible_seconds = models.PositiveIntegerField(
        _("waiting time of chosen items"), default=15 * 60, validators=[MaxValueValidator(30 * 86_400)]
    )
    sweeping_seconds = models.PositiveIntegerField(
        _("waiting time of whole lessons, packages and groups"),
        default=60 * 60,
        validators=[MaxValueValidator(30 * 86_400)],
    )

    price_per_gb_month = models.DecimalField(
        _("own price of a gigabyte for a month"),
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.000001"))],
    )
    price_currency = models.CharField(
        _("currency of the price"), max_length=3, blank=True, validators=[RegexValidator(r"\A[A-Z]{3}\Z")]
    )

    class Meta:
        verbose_name = _("limits and waiting time")
        verbose_name_plural = _("limits and waiting time")
        default_permissions = ()
        permissions = [("change_policy", _("Can change limits and waiting time"))]
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="only_one_policy")]

    def __str__(self) -> str:
        return str(_("Limits and waiting time"))
