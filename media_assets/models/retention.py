from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from media_assets.models.video import VideoAsset

MOST_DAYS = 36_500
MOST_NOTICE_DAYS = 365


class RetentionRule(models.Model):
    """Which videos are proposed for deletion, and who is told how long before. It proposes; it never deletes.

    Every condition that is set must hold; `kind` is "" for all three kinds. Ages are counted in whole days of the school's
    time zone. `on_since` is when the rule as it is now was switched on or last changed: nights before it are none of its.
    `last_day` is the school's day of the last night that was worked off. Rules are switched off, never removed.
    """

    PROPOSES_AS = "media_assets.retention_rule"

    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=VideoAsset.Kind.choices, blank=True)
    older_than_days = models.PositiveIntegerField(
        _("older than (days)"), validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)]
    )
    not_watched = models.BooleanField(_("only videos that nobody watched"), default=True)
    unknown_is_unwatched = models.BooleanField(
        _("take an unknown number of views as not watched"), default=False
    )
    course = models.ForeignKey(
        "courses.Course",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("course"),
    )
    account = models.ForeignKey(
        "operations.Account",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account"),
    )
    min_bytes = models.BigIntegerField(_("at least this large"), null=True, blank=True)
    notice_days = models.PositiveSmallIntegerField(
        _("days of notice"), validators=[MaxValueValidator(MOST_NOTICE_DAYS)]
    )
    owners = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="+", blank=True, verbose_name=_("who is told")
    )
    note = models.CharField(_("note to them"), max_length=300, blank=True)
    is_on = models.BooleanField(_("on"), default=True)
    on_since = models.DateTimeField(db_default=Now())
    last_day = models.DateField(null=True, editable=False)
    made_at = models.DateTimeField(_("made"), db_default=Now())
    made_name = models.CharField(max_length=200)
    changed_at = models.DateTimeField(_("changed"), null=True)
    changed_name = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        default_permissions = ("view",)
        permissions = [("change_retention_rule", _("Can make and change retention rules"))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:media_assets_retentionrule_change", args=[self.pk])

    @property
    def key(self) -> str:
        """What a run's `proposed_by` says for this rule."""
        return f"{self.PROPOSES_AS}:{self.pk}"


class RetentionProposal(models.Model):
    """What one night of a rule brought: the videos that were announced, and the plan they went into.

    `due_at` is the first moment at which the plan may be made: `notice_days` after the announcement, never sooner.
    """

    class State(models.TextChoices):
        ANNOUNCED = "announced", _("Announced")
        PLANNED = "planned", pgettext_lazy("retention", "Plan made")
        NOTHING_LEFT = "nothing_left", _("All kept or gone")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    rule = models.ForeignKey(RetentionRule, models.PROTECT, related_name="proposals", verbose_name=_("rule"))
    day = models.DateField(_("night of"))
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.ANNOUNCED)
    notice_days = models.PositiveSmallIntegerField(_("days of notice"))
    announced_at = models.DateTimeField(_("announced"))
    due_at = models.DateTimeField(_("plan on"))
    count = models.PositiveIntegerField(_("videos"))
    size_bytes = models.BigIntegerField(_("size"), null=True)
    run = models.ForeignKey("operations.Run", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("announced deletion")
        verbose_name_plural = _("announced deletions")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["rule", "day"], name="one_proposal_a_night")]
        indexes = [models.Index(fields=["state", "due_at"], name="proposal_by_due")]

    def __str__(self) -> str:
        return f"{self.rule} {self.day.isoformat()}"

    def get_absolute_url(self) -> str:
        return reverse("admin:media_assets_retentionproposal_change", args=[self.pk])


class AnnouncedVideo(models.Model):
    """One video that its owners were told of; only such a one goes into the plan of the announcement."""

    proposal = models.ForeignKey(RetentionProposal, models.PROTECT, related_name="announced")
    video = models.ForeignKey(VideoAsset, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("announced video")
        verbose_name_plural = _("announced videos")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["proposal", "video"], name="announced_once")]

    def __str__(self) -> str:
        return str(self.video)
