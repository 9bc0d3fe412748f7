from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.mirror import MirrorRow

LONGEST_PATH = 800
"""ClassIn allows 15 levels of 50 characters. More would not fit into one entry of a PostgreSQL index."""


class CloudFolder(MirrorRow):
    """A folder of ClassIn's cloud disk. `path` is its full name, so that lists need no walk up the tree."""

    history_fields = ("name", "parent")

    name = models.CharField(_("name"), max_length=200)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="folders", verbose_name=_("parent folder")
    )
    path = models.CharField(_("path"), max_length=LONGEST_PATH, blank=True)
    is_system = models.BooleanField(_("made by ClassIn"), default=False)

    class Meta:
        verbose_name = _("cloud folder")
        verbose_name_plural = _("cloud folders")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["account", "provider_id"], name="one_cloud_folder_by_id")
        ]
        indexes = [models.Index(fields=["path", "id"], name="cloud_folder_by_path")]

    def __str__(self) -> str:
        return self.path or self.name


class CloudFile(MirrorRow):
    """A file of ClassIn's cloud disk. `size_text` is the size as ClassIn words it; it does not tell the bytes."""

    history_fields = ("folder", "name")

    folder = models.ForeignKey(CloudFolder, models.PROTECT, related_name="files", verbose_name=_("folder"))
    name = models.CharField(_("name"), max_length=200)
    size_bytes = models.BigIntegerField(_("size"), null=True, blank=True)
    size_text = models.CharField(_("size in ClassIn’s words"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("cloud file")
        verbose_name_plural = _("cloud files")
        default_permissions = ("view",)
        permissions = [("rename_cloud_file", _("Can rename cloud files at ClassIn"))]
        constraints = [
            models.UniqueConstraint(fields=["account", "provider_id"], name="one_cloud_file_by_id")
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="cloud_file_by_name"),
            models.Index(fields=["folder", "name", "id"], name="cloud_file_in_folder"),
            models.Index(fields=["size_bytes", "id"], name="cloud_file_by_size"),
        ]

    def __str__(self) -> str:
        return self.name
