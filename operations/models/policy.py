from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Policy(models.Model):
    """Limits of all deletions: one row. Without it the defaults apply, which are the strict ones.

    `approve_from` counts items; `*_seconds` are waiting times between the last "yes" of a person and the first request.
    `price_per_gb_month` is what the school pays for 10^9 bytes a month; without it no receipt speaks of money.
    `quiet_days` are the weekdays on which quiet hours begin, as digits (Monday is 0); without one there are none.
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
    quiet_from = models.TimeField(_("quiet hours from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet hours until"), null=True, blank=True)
    quiet_days = models.CharField(
        _("quiet hours on"), max_length=7, blank=True, validators=[RegexValidator(r"^[0-6]*$")]
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
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="only_one_policy"),
            models.CheckConstraint(
                condition=models.Q(quiet_days="")
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False)
                & ~models.Q(quiet_from=models.F("quiet_until")),
                name="quiet_days_have_their_hours",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Limits and waiting time"))


class PolicyChange(models.Model):
    """Lower limits that one person proposed and another one answers for. Kept for ever; one waits at a time.

    `values` are what was proposed and `before` what was in force then, by the policy's own names, as JSON has them.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for approval")
        APPROVED = "approved", _("Approved")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Ran out")

    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    values = models.JSONField()
    before = models.JSONField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_name = models.CharField(max_length=200)
    proposed_at = models.DateTimeField(db_default=Now())
    runs_out_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("proposed limits")
        verbose_name_plural = _("proposed limits")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state="waiting"),
                name="one_policy_change_waits",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="approved", answered_by=models.F("proposed_by"))
                & ~models.Q(state="approved", answered_by=None),
                name="nobody_approves_their_own_limits",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Proposed limits"))
