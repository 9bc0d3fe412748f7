from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from intake.spreadsheets import Spreadsheet, kind_of
from screens.states import Text


class Import(models.Model):
    """One spreadsheet that somebody uploaded, and how far it has come. Kept for ever; its rows go after some weeks.

    `at` is when what it says was true. While somebody works a step off they hold the lease; `position` is the row up to
    which the present step has come, so that whoever comes after a crash goes on from there. `token` is asked for by the
    button that applies, and changes with each step.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", pgettext_lazy("import", "Columns to be checked")
        MAPPED = "mapped", pgettext_lazy("import", "Dry run under way")
        CHECKED = "checked", pgettext_lazy("import", "Waiting to be applied")
        APPLYING = "applying", pgettext_lazy("import", "Being applied")
        APPLIED = "applied", pgettext_lazy("import", "Applied")
        DISCARDED = "discarded", pgettext_lazy("import", "Discarded")
        STOPPED = "stopped", pgettext_lazy("import", "Stopped")

    account = models.ForeignKey(
        "operations.Account", models.PROTECT, related_name="+", verbose_name=_("account")
    )
    kind = models.CharField(_("kind"), max_length=40)
    file_name = models.CharField(_("file"), max_length=200)
    file_size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    form_token = models.UUIDField(default=uuid4, unique=True, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_name = models.CharField(max_length=200)
    uploaded_at = models.DateTimeField(_("uploaded"), db_default=Now())
    at = models.DateTimeField(_("date of the export"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.UPLOADED)
    headings = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    """Names of columns by the place of their heading, as text: {"0": "id"}."""
    sample = models.JSONField(default=list)
    """The cells of the first rows, shortened, for the page on which the columns are chosen."""
    about = models.PositiveIntegerField(default=0)
    """About how many rows the file has, before they were counted."""
    rows = models.PositiveIntegerField(_("rows"), default=0)
    read_at = models.DateTimeField(null=True)
    """When the last row had been read from the file, which is not kept any longer than that."""
    position = models.PositiveIntegerField(default=0)
    passed = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    """Rows by what the present step found: {"new": 12}."""
    token = models.UUIDField(default=uuid4, editable=False)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    applied_name = models.CharField(max_length=200, blank=True)
    applied_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=40, blank=True)
    rows_gone_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(db_default=Now())
    fence = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=40, blank=True)
    """Why it stopped: a reason of `intake.spreadsheets.tables`, or "failed" for an error of ours."""
    stopped_in = models.CharField(max_length=12, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        default_permissions = ("view",)
        permissions = [("import_mirror", _("Can import courses, lessons and videos from spreadsheets"))]
        indexes = [models.Index(fields=["state", "due_at"], name="import_by_due")]

    def __str__(self) -> str:
        return f"I-{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("admin:intake_import_change", args=[self.pk])

    @property
    def columns(self) -> dict[int, str]:
        """The mapping with numbers for places."""
        return {int(place): name for place, name in self.mapping.items()}

    @property
    def target(self) -> Spreadsheet | None:
        """The kind of table that it is; None where this version has no such kind."""
        return kind_of(self.kind)

    @property
    def kind_label(self) -> Text:
        """What the rows are, in words."""
        return self.target.label if self.target else self.kind


class ImportPart(models.Model):
    """A piece of the file as it was uploaded, until its rows were read."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["of", "number"], name="import_part_once")]

    def __str__(self) -> str:
        return f"{self.of_id}/{self.number}"


class ImportRow(models.Model):
    """One row of the file: its cells as texts, and what the last step found of it.

    `findings` holds what is wrong ({"wrong": [[column, {language: sentence}]]}), what changes
    ({"changed": {attribute: [now, in the file]}}) and what stays since we learned it later ("kept", the same way).
    """

    class Verdict(models.TextChoices):
        WRONG = "wrong", pgettext_lazy("row of an import", "Wrong")
        NEW = "new", pgettext_lazy("row of an import", "New")
        CHANGED = "changed", pgettext_lazy("row of an import", "Changed")
        KEPT = "kept", pgettext_lazy("row of an import", "Later known")
        UNCHANGED = "unchanged", pgettext_lazy("row of an import", "Unchanged")

    of = models.ForeignKey(Import, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    cells = models.JSONField()
    provider_id = models.CharField(max_length=600, blank=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    findings = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["of", "number"], name="import_row_once")]
        indexes = [
            models.Index(fields=["of", "verdict", "number"], name="import_row_by_verdict"),
            models.Index(fields=["of", "provider_id"], name="import_row_by_id"),
        ]

    def __str__(self) -> str:
        return f"{self.of_id}, {self.number}"
