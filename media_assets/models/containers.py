from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.mirror import MirrorRow


class VodAsset(MirrorRow):
    """A media asset of Huawei Cloud VOD. Without its source, deleted outputs cannot be made again."""

    history_fields = ("title", "source_present")

    title = models.CharField(_("title"), max_length=300)
    source_present = models.BooleanField(_("source file still there"), null=True, blank=True)
    created_at = models.DateTimeField(_("made"), null=True, blank=True)

    class Meta:
        verbose_name = _("media asset")
        verbose_name_plural = _("media assets")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["account", "provider_id"], name="one_vod_asset_by_id")]
        indexes = [models.Index(fields=["title", "id"], name="vod_asset_by_title")]

    def __str__(self) -> str:
        return self.title or self.provider_id


class VodTemplateGroup(MirrorRow):
    """The outputs of one media asset that were made by one template group.

    `provider_id` is "asset id/group id". Old groups have no `group_id` at Huawei: their outputs can be deleted one by
    one, the group as a whole cannot.
    """

    history_fields = ("asset", "name")

    asset = models.ForeignKey(VodAsset, models.PROTECT, related_name="groups", verbose_name=_("media asset"))
    group_id = models.CharField(_("group ID"), max_length=100, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("template group")
        verbose_name_plural = _("template groups")
        default_permissions = ("view",)
        permissions = [("delete_transcode_group", _("Can delete all transcoded outputs of a template group"))]
        constraints = [models.UniqueConstraint(fields=["account", "provider_id"], name="one_vod_group_by_id")]

    def __str__(self) -> str:
        return self.name or self.group_id or str(_("Outputs without a group"))


class SignPackage(MirrorRow):
    """A package of Syngrafii: a signing with its meetings, whose recordings are the meeting videos."""

    history_fields = ("name", "package_type", "package_state")

    name = models.CharField(_("name"), max_length=300)
    package_type = models.CharField(_("type"), max_length=60, blank=True)
    package_state = models.CharField(_("state at Syngrafii"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("sign package")
        verbose_name_plural = _("sign packages")
        default_permissions = ("view",)
        permissions = [("delete_all_meeting_videos", _("Can delete all meeting videos of a package"))]
        constraints = [
            models.UniqueConstraint(fields=["account", "provider_id"], name="one_sign_package_by_id")
        ]
        indexes = [models.Index(fields=["name", "id"], name="sign_package_by_name")]

    def __str__(self) -> str:
        return self.name or self.provider_id
