"""Read-only details of each kind of row: label, value, and where the value came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from media_assets.models import CloudFile, SignPackage, VideoAsset, VodAsset, VodTemplateGroup
from media_assets.provider_words import package_state_label, package_type_label, video_state_label
from operations.facts import Fact, fact, moment, presence_facts
from screens.figures import duration_text, number_text, size_text


def video_facts(video: VideoAsset) -> Iterable[Fact]:
    """A video: what it shows, where it is kept, and what its provider says of it."""
    yield fact(video, "title", video.title)
    yield fact(video, "kind", video.get_kind_display())
    yield from _container_facts(video)
    yield fact(video, "recorded_at", moment(video.recorded_at))
    yield fact(video, "duration_seconds", _with(duration_text, video.duration_seconds))
    yield fact(video, "size_bytes", _with(size_text, video.size_bytes))
    if video.kind == VideoAsset.Kind.TRANSCODED_OUTPUT:
        yield fact(video, "quality", video.quality)
        yield fact(video, "play_type", video.play_type)
        yield fact(video, "product_url", video.product_url)
    if video.kind == VideoAsset.Kind.MEETING_VIDEO:
        yield fact(video, "provider_state", video_state_label(video))
        yield fact(video, "retention_until", moment(video.retention_until))
    if video.watch_count is not None:
        yield fact(video, "watch_count", number_text(video.watch_count))
    yield from presence_facts(video)


def cloud_facts(file: CloudFile) -> Iterable[Fact]:
    """A file of the cloud disk."""
    yield fact(file, "name", file.name)
    yield fact(file, "folder", file.folder.path)
    size = file.size_text if file.size_bytes is None else size_text(file.size_bytes)
    yield fact(file, "size_bytes", size)
    yield from presence_facts(file)


def vod_asset_facts(asset: VodAsset) -> Iterable[Fact]:
    """A media asset of Huawei Cloud VOD."""
    yield fact(asset, "title", asset.title)
    yield fact(asset, "created_at", moment(asset.created_at))
    known = {True: _("Yes"), False: _("No: deleted outputs cannot be transcoded again"), None: ""}
    yield fact(asset, "source_present", known[asset.source_present])
    yield from presence_facts(asset)


def vod_group_facts(group: VodTemplateGroup) -> Iterable[Fact]:
    """A template group."""
    yield fact(group, "name", group.name)
    yield fact(
        group, "group_id", group.group_id or _("None: its outputs can only be deleted at Huawei Cloud")
    )
    yield fact(group, "asset", _link(group.asset))
    yield from presence_facts(group)


def package_facts(package: SignPackage) -> Iterable[Fact]:
    """A sign package."""
    yield fact(package, "name", package.name)
    yield fact(package, "package_type", package_type_label(package))
    yield fact(package, "package_state", package_state_label(package))
    yield from presence_facts(package)


def _container_facts(video: VideoAsset) -> Iterable[Fact]:
    if video.course_class is not None:
        yield _("Course"), _link(video.course_class.course), ""
        yield fact(video, "course_class", _link(video.course_class))
    if video.template_group is not None:
        yield _("Media asset"), _link(video.template_group.asset), ""
        yield fact(video, "template_group", _link(video.template_group))
    if video.package is not None:
        yield fact(video, "package", _link(video.package))


def _link(row: Any) -> Any:
    """The row's name, as a link to its page where there is one."""
    try:
        url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return str(row)
    return format_html('<a href="{}">{}</a>', url, row)


def _with(text: Any, value: int | None) -> str:
    return "" if value is None else text(value)
