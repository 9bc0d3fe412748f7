from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PushMessage(models.Model):
    """One message that ClassIn pushed, stored once however often it came, without the key that it came with.

    `body` is the message as it may be kept; of one that nobody could read it holds what is known (`size`, `sha256`, `start`).
    A waiting message is worked off from `due_at` on. `changed` names the rows that it made or changed.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("message", "Waiting")
        APPLIED = "applied", pgettext_lazy("message", "Worked off")
        KEPT = "kept", pgettext_lazy("message", "Kept")
        FAILED = "failed", pgettext_lazy("message", "Failed")

    class Proof(models.TextChoices):
        """What is known of where it came from."""

        SIGNED = "signed", _("Signed with the account’s key")
        MISSING = "missing", _("Came without a key")
        UNREADABLE = "unreadable", _("Could not be read, so nothing is proven")

    account = models.ForeignKey(
        "operations.Account", models.PROTECT, related_name="+", verbose_name=_("account")
    )
    dedup_key = models.CharField(max_length=120)
    cmd = models.CharField(pgettext_lazy("message", "kind"), max_length=60, blank=True)
    message_id = models.CharField(_("message ID"), max_length=100, blank=True)
    course_id = models.CharField(_("course ID"), max_length=40, blank=True)
    class_id = models.CharField(_("lesson ID"), max_length=40, blank=True)
    file_id = models.CharField(_("file ID"), max_length=80, blank=True)
    happened_at = models.DateTimeField(_("happened"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"), db_default=Now())
    proof = models.CharField(_("origin"), max_length=12, choices=Proof.choices, default=Proof.SIGNED)
    size_bytes = models.PositiveIntegerField(_("size"))
    body = models.JSONField(_("message"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    reason_detail = models.CharField(max_length=200, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    wait_until = models.DateTimeField(null=True, editable=False)
    """When waiting for something unknown ends; counted from the arrival or the last "try again"."""
    due_at = models.DateTimeField(_("next try"), null=True, blank=True)
    settled_at = models.DateTimeField(_("worked off"), null=True, blank=True)
    changed = models.JSONField(default=list, editable=False)

    class Meta:
        verbose_name = _("message from ClassIn")
        verbose_name_plural = _("messages from ClassIn")
        default_permissions = ("view",)
        permissions = [("retry_message", _("Can have failed messages worked off again"))]
        constraints = [models.UniqueConstraint(fields=["account", "dedup_key"], name="push_message_once")]
        indexes = [
            # What is due: in order of arrival, and tries again behind what came before their time.
            models.Index(
                fields=["account", "due_at", "id"], name="push_due", condition=models.Q(due_at__isnull=False)
            ),
            # What waits for a lesson or a course that has just become known.
            models.Index(fields=["account", "class_id"], name="push_by_class"),
            models.Index(fields=["account", "course_id"], name="push_by_course"),
            models.Index(fields=["state", "id"], name="push_by_state"),
            models.Index(fields=["cmd", "id"], name="push_by_cmd"),
            models.Index(fields=["message_id"], name="push_by_message_id"),
            models.Index(fields=["file_id"], name="push_by_file_id"),
        ]

    def __str__(self) -> str:
        return f"{self.cmd or '?'} {self.message_id}".strip()

    def get_absolute_url(self) -> str:
        return reverse("admin:intake_pushmessage_change", args=[self.pk])
