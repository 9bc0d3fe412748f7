from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from media_assets.models.containers import SignPackage, VodTemplateGroup
from operations.mirror import MirrorRow


class VideoAsset(MirrorRow):
    """One video file at a provider, whichever of the three kinds: they are listed, held and deleted together.

    A class video (ClassIn's clip) is in a `course_class`, a transcoded output (Huawei) in a `template_group`, a meeting
    video (Syngrafii) in a `package`. `provider_id` is the clip's file id, the path of the output's address, or the
    meeting video's id.
    """

    class Kind(models.TextChoices):
        CLASS_VIDEO = "class_video", _("Class video")
        TRANSCODED_OUTPUT = "transcoded_output", _("Transcoded output")
        MEETING_VIDEO = "meeting_video", _("Meeting video")

    history_fields = (
        "title",
        "recorded_at",
        "course_class",
        "template_group",
        "package",
        "retention_until",
    )

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=300, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), null=True, blank=True)
    duration_seconds = models.PositiveIntegerField(_("length"), null=True, blank=True)
    size_bytes = models.BigIntegerField(_("size"), null=True, blank=True)
    course_class = models.ForeignKey(
        "courses.CourseClass",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="videos",
        verbose_name=_("lesson"),
    )
    template_group = models.ForeignKey(
        VodTemplateGroup,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="videos",
        verbose_name=_("template group"),
    )
    package = models.ForeignKey(
        SignPackage,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="videos",
        verbose_name=_("sign package"),
    )
    product_url = models.TextField(_("address of the output"), blank=True)
    quality = models.CharField(_("quality"), max_length=20, blank=True)
    play_type = models.CharField(_("format"), max_length=20, blank=True)
    provider_state = models.CharField(_("state at the provider"), max_length=40, blank=True)
    retention_until = models.DateTimeField(_("kept at the provider until"), null=True, blank=True)
    watch_count = models.PositiveIntegerField(_("times watched"), null=True, blank=True)

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")
        default_permissions = ("view",)
        permissions = [
            ("delete_class_video", _("Can delete class videos at ClassIn")),
            ("delete_all_class_videos", _("Can delete all class videos of a lesson")),
            ("delete_transcoded_output", _("Can delete transcoded outputs at Huawei Cloud VOD")),
            ("delete_meeting_video", _("Can delete meeting videos at Syngrafii")),
        ]
        constraints = [models.UniqueConstraint(fields=["account", "provider_id"], name="one_video_by_id")]
        # One for each ordering of the list, with and without the tab's kind, so that no page is ever sorted.
        indexes = [
            models.Index(fields=["recorded_at", "id"], name="video_by_recorded"),
            models.Index(fields=["kind", "recorded_at", "id"], name="video_by_kind_recorded"),
            models.Index(fields=["size_bytes", "id"], name="video_by_size"),
            models.Index(fields=["kind", "size_bytes", "id"], name="video_by_kind_size"),
            models.Index(fields=["title", "id"], name="video_by_title"),
            models.Index(fields=["kind", "title", "id"], name="video_by_kind_title"),
        ]

    def __str__(self) -> str:
        return self.title or self.provider_id
