from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from operations.states import Halt, RunState


class Run(models.Model):
    """One click: who, why, which operations, which items, in which state. Kept for ever.

    Until it is confirmed it is a plan: its items are frozen and nothing was sent. `digest` is the SHA-256 of the frozen
    list at the confirmation (see operations/engine/digest.py); it is asked again at each claim. `needs_approval`, `approve_until`, `wait_seconds` and the
    price are what the policy said at the confirmation: changing the policy later moves none of them. `destructive` is
    known from the confirmation on: such a run has a receipt once it is over.
    `checked_at` is when a plan was sent back or checked again, `paused_at` since when a paused run stands still.

    A proposal is a plan that no person made: `proposed_by` says what did (a key), `proposed_name` is that rule's name. It
    has no `requested_by` until somebody signs it (`signed_at`), and goes nowhere before that.
    """

    operations = models.JSONField(_("operations"), default=list)
    state = models.CharField(_("state"), max_length=20, choices=RunState.choices, default=RunState.DRAFT)
    filter_words = models.CharField(_("filter in words"), max_length=500, blank=True)
    filter_query = models.TextField(blank=True)
    reason = models.TextField(_("reason"), blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="runs",
        verbose_name=_("asked by"),
    )
    requested_name = models.CharField(max_length=200)
    proposed_by = models.CharField(max_length=100, blank=True)
    proposed_name = models.CharField(max_length=200, blank=True)
    signed_at = models.DateTimeField(_("taken over"), null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    approved_name = models.CharField(max_length=200, blank=True)
    approved_digest = models.CharField(max_length=64, blank=True)
    needs_approval = models.BooleanField(default=False)
    approve_until = models.DateTimeField(_("approval runs out"), null=True, blank=True)
    wait_seconds = models.PositiveIntegerField(default=0)
    sent_back_name = models.CharField(max_length=200, blank=True)
    sent_back_comment = models.CharField(max_length=300, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(_("checksum of the list"), max_length=64, blank=True)
    token = models.UUIDField(unique=True, editable=False)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    request_id = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(_("made"), db_default=Now())
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    halt = models.CharField(_("halted because"), max_length=20, choices=Halt.choices, blank=True)
    halt_detail = models.CharField(max_length=300, blank=True)
    destructive = models.BooleanField(default=False)
    price_per_gb_month = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    price_currency = models.CharField(max_length=3, blank=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        default_permissions = ("view",)
        permissions = [
            ("operate_stop_switch", _("Can stop all deletions and allow them again")),
            ("approve_run", _("Can approve deletions that somebody else asked for")),
        ]
        indexes = [
            models.Index(fields=["-id", "state"], name="run_newest"),
            models.Index(
                fields=["-id"],
                name="run_receipts",
                condition=models.Q(destructive=True, state__in=[RunState.FINISHED, RunState.CANCELLED]),
            ),
            models.Index(
                fields=["not_before"],
                name="run_open",
                condition=models.Q(state__in=[RunState.RUNNING, RunState.COUNTING_DOWN]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(approved_by=models.F("requested_by")),
                name="nobody_approves_their_own_run",
            ),
            models.CheckConstraint(
                condition=models.Q(needs_approval=False)
                | models.Q(approved_by__isnull=False)
                | ~models.Q(state__in=[RunState.COUNTING_DOWN, RunState.RUNNING]),
                name="nothing_goes_without_its_approval",
            ),
            models.CheckConstraint(
                condition=models.Q(requested_by__isnull=False)
                | (models.Q(state__in=[RunState.DRAFT, RunState.CANCELLED]) & ~models.Q(proposed_by="")),
                name="only_an_unsigned_proposal_has_no_maker",
            ),
        ]

    def __str__(self) -> str:
        return f"P-{self.pk}" if self.is_plan else f"R-{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.full_clean(
            exclude=["parent", "requested_by", "approved_by"],
            validate_unique=False,
            validate_constraints=False,
        )
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("admin:operations_run_change", args=[self.pk])

    @property
    def is_plan(self) -> bool:
        return self.confirmed_at is None

    @property
    def has_receipt(self) -> bool:
        """Whether this deletion was confirmed and is over."""
        ended = self.state in (RunState.FINISHED, RunState.CANCELLED)
        return self.destructive and self.confirmed_at is not None and ended

    @property
    def is_unsigned(self) -> bool:
        """Whether this is a proposal that nobody has taken over."""
        return self.requested_by_id is None

    @property
    def maker_id(self) -> int:
        """The key of the person whose plan or run this is. Raises ValueError for a proposal that nobody took over."""
        if self.requested_by_id is None:
            raise ValueError(f"nobody has taken over {self}")
        return self.requested_by_id

    @property
    def fresh_from(self) -> datetime:
        """The moment from which a plan's age counts: when a person last had to look at it."""
        return self.checked_at or self.signed_at or self.created_at


class Receipt(Run):
    """A deletion that is over, as its receipt tells it: the same row, with a list of its own."""

    class Meta:
        proxy = True
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        default_permissions = ()
