from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """One thing that one person should know: a line behind the bell, and the outbox of its mail.

    Nothing in it is in a language: `kind` and `details` become words when somebody reads them. `key` is what the notice
    speaks of; a person is told each key once. `mail_due_at` is set while a mail has to go; `mail_taken_at` is set just
    before it is handed to the mail server and never taken back, so that a mail whose end nobody knows goes no second time.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    run = models.ForeignKey("operations.Run", models.PROTECT, null=True, blank=True, related_name="notices")
    details = models.JSONField(default=dict)
    link = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(_("time"), db_default=Now())
    read_at = models.DateTimeField(null=True)
    mail_due_at = models.DateTimeField(null=True)
    mail_taken_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mail_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        default_permissions = ()
        indexes = [
            models.Index(fields=["person", "-id"], name="notice_newest"),
            models.Index(fields=["person"], name="notice_unread", condition=models.Q(read_at=None)),
            models.Index(
                fields=["mail_due_at"], name="notice_mail_due", condition=models.Q(mail_due_at__isnull=False)
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="told_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class NoticeSettings(models.Model):
    """What one person chose: which kinds come by mail, and in which language. Without a row the kinds' own defaults."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="notice_settings"
    )
    by_mail = models.JSONField(default=dict)
    language = models.CharField(_("language of mails"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("choice of notices")
        verbose_name_plural = _("choices of notices")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.person_id}"

    def wants_mail(self, kind: Any) -> bool:
        """Whether this kind comes by mail; what the person never decided is as the kind says."""
        return bool(self.by_mail.get(kind.code, kind.mail))
