"""What all mirror rows share: whose they are, whether the provider still has them, and how old each value is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy


class MirrorRow(models.Model):
    """A row about an object that lives at a provider. Marked, never removed; changed only by the app's `mirror`."""

    class Presence(models.TextChoices):
        PRESENT = "present", gettext_lazy("Present")
        DELETION_PENDING = "deletion_pending", gettext_lazy("Deletion pending")
        DELETED = "deleted", gettext_lazy("Deleted")
        MISSING = "missing", gettext_lazy("Missing")

    class Source(models.TextChoices):
        """Where a value came from, as the form says it beside the field."""

        OWN_EDIT = "own_edit", pgettext_lazy("source of a value", "our own edit")
        PUSH = "push", pgettext_lazy("source of a value", "pushed")
        IMPORT = "import", pgettext_lazy("source of a value", "imported")
        READ = "read", pgettext_lazy("source of a value", "read")

    account = models.ForeignKey(
        "operations.Account", models.PROTECT, related_name="+", verbose_name=gettext_lazy("account")
    )
    provider_id = models.CharField(gettext_lazy("provider ID"), max_length=600)
    presence = models.CharField(
        gettext_lazy("presence"), max_length=20, choices=Presence.choices, default=Presence.PRESENT
    )
    presence_at = models.DateTimeField(gettext_lazy("presence learned"), null=True, blank=True)
    presence_how = models.CharField(gettext_lazy("how we know"), max_length=100, blank=True)
    seen_at = models.DateTimeField(gettext_lazy("last seen at the provider"), null=True, blank=True)
    provenance = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        abstract = True

    def age_label(self, field: str) -> str:
        """Where this field's value came from and when, in words: "our own edit, yesterday"; "" when nobody knows."""
        known: dict[str, Any] = self.provenance.get(field) or {}
        if not known:
            return ""
        source = self.Source(known["source"]).label
        return _("%(source)s, %(when)s") % {
            "source": source,
            "when": _when(datetime.fromisoformat(known["at"])),
        }


def origin(source: MirrorRow.Source, at: datetime) -> dict[str, str]:
    """The provenance entry for a value learned from `source` at `at`."""
    return {"source": source.value, "at": at.isoformat()}


def _when(at: datetime) -> str:
    local = timezone.localtime(at)
    days = (timezone.localdate() - local.date()).days
    if days == 0:
        return local.strftime("%H:%M")
    if days == 1:
        return _("yesterday")
    return date_format(local, _("j M Y"))
