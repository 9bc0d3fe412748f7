"""What is exported of videos, of what they are in, and of the cloud disk."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from media_assets.models import CloudFile, VideoAsset
from media_assets.provider_words import package_state_label, package_type_label
from operations.exporting import (
    ExportColumn,
    flat,
    length,
    mirror_columns,
    moment,
    number,
    size,
    text,
    yes_no,
)
from operations.mirror import MirrorRow
from screens.figures import size_text


def _holder(video: VideoAsset) -> MirrorRow | None:
    """The media asset or the sign package that the video is in; a class video is in a lesson, which has columns of its own."""
    return video.template_group.asset if video.template_group is not None else video.package


def _holder_id(video: VideoAsset) -> str:
    holder = _holder(video)
    return "" if holder is None else holder.provider_id


def _holder_name(video: VideoAsset) -> str:
    holder = _holder(video)
    return "" if holder is None else str(holder)


def _size_words(file: CloudFile) -> str:
    """ClassIn's own words where they are all that is known."""
    return file.size_text if file.size_bytes is None else size_text(file.size_bytes)


VIDEOS = flat(
    (
        text(_("Video ID"), "provider_id"),
        text(_("Title"), "title"),
        text(_("Kind"), "kind"),
        moment(_("Recorded"), "recorded_at"),
        length(_("Length"), "duration_seconds"),
        size(_("Size"), "size_bytes"),
        text(_("Course ID"), "course_class__course__provider_id"),
        text(_("Course"), "course_class__course__name"),
        text(_("Lesson ID"), "course_class__provider_id"),
        text(_("Lesson"), "course_class__name"),
        ExportColumn(_("ID of asset or package"), _holder_id),
        ExportColumn(_("Asset or package"), _holder_name),
        text(_("Template group"), "template_group"),
        text(_("Quality"), "quality"),
        text(_("Format"), "play_type"),
        text(_("Address of the output"), "product_url"),
        number(_("Times watched"), "watch_count"),
        moment(_("Kept at the provider until"), "retention_until"),
        *mirror_columns(),
    )
)

FILES = flat(
    (
        text(_("File ID"), "provider_id"),
        text(_("File name"), "name"),
        text(_("Folder ID"), "folder__provider_id"),
        text(_("Folder"), "folder__path"),
        size(_("Size"), "size_bytes")[0],
        ExportColumn(_("Size"), _size_words),
        *mirror_columns(),
    )
)

FOLDERS = flat(
    (
        text(_("Folder ID"), "provider_id"),
        text(_("Folder"), "path"),
        yes_no(_("Made by ClassIn"), "is_system"),
        *mirror_columns(),
    )
)

_LEFT = (number(_("Videos"), "videos_left"), size(_("Size"), "bytes_left"))

ASSETS = flat(
    (
        text(_("Asset ID"), "provider_id"),
        text(_("Title"), "title"),
        moment(_("Made"), "created_at"),
        yes_no(_("Source file still there"), "source_present"),
        *_LEFT,
        *mirror_columns(),
    )
)

GROUPS = flat(
    (
        text(_("Group ID"), "group_id"),
        text(_("Template group"), "name"),
        text(_("Asset ID"), "asset__provider_id"),
        text(_("Media asset"), "asset__title"),
        *_LEFT,
        *mirror_columns(),
    )
)

PACKAGES = flat(
    (
        text(_("Package ID"), "provider_id"),
        text(_("Sign package"), "name"),
        ExportColumn(_("Type"), lambda package: str(package_type_label(package))),
        ExportColumn(_("State"), lambda package: str(package_state_label(package))),
        *_LEFT,
        *mirror_columns(),
    )
)
