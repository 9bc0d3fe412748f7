"""What all mirror rows share: whose they are, whether the provider still has them, and how old each value is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from operations.presence import how_label
from screens.dates import moment_text

OLD = timedelta(days=90)
"""A value that nothing has confirmed for this long is shown in amber."""


AS_SEEN = {"source": "read"}
"""The provenance of a value that was read when its row was last seen: as old as `seen_at`."""


class MirrorRow(models.Model):
    """A row about an object that lives at a provider. Marked, never removed; changed only by the app's `mirror`.

    `provenance` says of each value from which source we have it and as of when (`known_at`): the newest moment at which a
    source said so, not the first. What was read when the row was last seen says no moment there (`operations.learning`). `seen_at` is the newest moment at which the provider showed the object to
    us, also after we held it as deleted. `missed_at` is when the newest complete reading began that did not show it; null
    unless it is missing.
    """

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
    missed_at = models.DateTimeField(null=True, editable=False)
    provenance = models.JSONField(default=dict, blank=True, editable=False)

    history_fields: ClassVar[tuple[str, ...]] = ()
    """Values whose change by others is recorded in the object's history. What is technical stays out: counts, sizes, states."""

    named_by: ClassVar[Mapping[str, str]] = {}
    """Fields that hold an id, with the field that holds the name it is shown by."""

    class Meta:
        abstract = True

    @classmethod
    def value_in_words(cls, field: str, value: Any) -> str | None:
        """A value as the ledger keeps it, in the reader's language; None for one that reads well as it is."""
        if field == "presence_how":
            return how_label(value)
        choices = dict(cls._meta.get_field(field).flatchoices or ())  # type: ignore[union-attr]  # plain fields only
        if value in choices:
            return str(choices[value])
        if isinstance(value, str) and isinstance(cls._meta.get_field(field), models.DateTimeField):
            moment = _moment_of(value)
            return None if moment is None else moment_text(moment)
        return None

    def known_at(self, field: str) -> datetime | None:
        """As of when we know this field's value; None when nobody wrote it down."""
        known: dict[str, Any] | None = self.provenance.get(field)
        if not known:
            return None
        return datetime.fromisoformat(known["at"]) if "at" in known else self.seen_at

    def newest_known_at(self) -> datetime | None:
        """As of when we know the newest of its values; None when nobody wrote any down."""
        moments = [at for name in self.provenance if (at := self.known_at(name))]
        return max(moments, default=None)

    def is_old(self, field: str) -> bool:
        """Whether nothing has confirmed this field's value for so long that people should mind it."""
        at = self.known_at(field)
        return at is not None and timezone.now() - at > OLD

    def age_label(self, field: str) -> str:
        """Where this field's value came from and when, in words: "our own edit, yesterday"; "" when nobody knows."""
        at = self.known_at(field)
        if at is None:
            return ""
        source = self.Source(self.provenance[field]["source"]).label
        return _("%(source)s, %(when)s") % {"source": source, "when": _when(at)}


def origin(source: MirrorRow.Source, at: datetime) -> dict[str, str]:
    """The provenance entry for a value that `source` said at `at`."""
    return {"source": source.value, "at": at.astimezone(UTC).isoformat()}


def _moment_of(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if timezone.is_aware(moment) else None


def _when(at: datetime) -> str:
    local = timezone.localtime(at)
    days = (timezone.localdate() - local.date()).days
    if days == 0:
        return local.strftime("%H:%M")
    if days == 1:
        return _("yesterday")
    return date_format(local, _("j M Y"))
