from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models.account import Account
from operations.models.run import Run
from operations.states import OPEN_ITEM_STATES, ItemState, Outcome, Presence


class Item(models.Model):
    """One target of a run: its identity frozen at the preview, its state and its own outcome.

    `identity` holds the provider ids that are sent, `params` what an edit sends, `changes` before and after of each
    field for people. `look_at` holds the codes of what deserves a look before the confirmation, `container_key` what it
    lies in at the provider, `happened_at` when it was recorded, `parts` how many known objects go with it, `looked` what
    a fresh look told. `review_note` says at the review what else is sent, `note` how an outcome was found out. `confirmed` marks the items of the list whose checksum the run carries. `looks_answered` counts the
    looks that told that it has not happened. `decided_at` says when a person said what
    came of an unknown outcome, if that is how it was settled. `fence` is the token of the claim that holds the item: who settles it must name the same one.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="items")
    operation = models.CharField(max_length=100)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    target_kind = models.CharField(max_length=100)
    target_id = models.BigIntegerField()
    identity = models.JSONField(default=dict)
    label = models.CharField(max_length=300, blank=True)
    group_label = models.CharField(max_length=300, blank=True)
    size_bytes = models.BigIntegerField(null=True)
    look_at = models.CharField(max_length=200, blank=True)
    container_key = models.CharField(max_length=200, blank=True)
    happened_at = models.DateTimeField(null=True)
    parts = models.PositiveIntegerField(null=True)
    looked = models.CharField(max_length=10, choices=Presence.choices, blank=True)
    params = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    left_out = models.CharField(max_length=40, blank=True)
    confirmed = models.BooleanField(default=False)
    state = models.CharField(_("state"), max_length=20, choices=ItemState.choices, default=ItemState.PLANNED)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices, blank=True)
    code = models.CharField(_("provider’s code"), max_length=60, blank=True)
    message = models.CharField(_("provider’s answer"), max_length=500, blank=True)
    field = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=300, blank=True)
    review_note = models.CharField(max_length=500, blank=True)
    due_at = models.DateTimeField(null=True)
    attempts_made = models.PositiveSmallIntegerField(default=0)
    looks_made = models.PositiveSmallIntegerField(default=0)
    looks_answered = models.PositiveSmallIntegerField(default=0)
    fence = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(_("time"), null=True)
    # Few items have one and nobody looks items up by it: no index, so that freezing a long list writes none.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        default_permissions = ()
        indexes = [
            models.Index(fields=["run", "state", "outcome"], name="item_by_run"),
            models.Index(fields=["target_kind", "target_id"], name="item_by_target"),
            models.Index(fields=["run", "account", "state", "due_at", "id"], name="item_due"),
            models.Index(
                fields=["lease_until"],
                name="item_lease",
                condition=models.Q(state__in=[ItemState.SENDING, ItemState.LOOKING]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["target_kind", "target_id"],
                condition=models.Q(state__in=OPEN_ITEM_STATES),
                name="one_open_item_per_target",
            )
        ]

    def __str__(self) -> str:
        return self.label or f"{self.target_kind} {self.target_id}"
