"""Read-only details of each kind of row: label, value, and where the value came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from media_assets.models import CloudFile, SignPackage, VideoAsset, VodAsset, VodTemplateGroup
from media_assets.presence import how_label
from media_assets.provider_words import package_state_label, package_type_label, video_state_label
from operations.mirror import MirrorRow
from screens.cells import state_badge
from screens.dates import full_moment_text, moment_text
from screens.figures import duration_text, listed, number_text, size_text

Fact = tuple[Any, Any, str]

PUSHED = ("camera", "duration_text", "size_text")
"""What only ClassIn's pushed messages say of a class video."""


def video_facts(video: VideoAsset) -> Iterable[Fact]:
    """A video: what it shows, where it is kept, and what its provider says of it."""
    yield _fact(video, "title", video.title)
    yield _fact(video, "kind", video.get_kind_display())
    yield from _container_facts(video)
    yield _fact(video, "recorded_at", _moment(video.recorded_at))
    yield _fact(video, "duration_seconds", _with(duration_text, video.duration_seconds))
    yield _fact(video, "size_bytes", _with(size_text, video.size_bytes))
    yield from (_fact(video, name, value) for name in PUSHED if (value := getattr(video, name)))
    if video.kind == VideoAsset.Kind.TRANSCODED_OUTPUT:
        yield _fact(video, "quality", video.quality)
        yield _fact(video, "play_type", video.play_type)
        yield _fact(video, "product_url", video.product_url)
    if video.kind == VideoAsset.Kind.MEETING_VIDEO:
        yield _fact(video, "provider_state", video_state_label(video))
        yield _fact(video, "retention_until", _moment(video.retention_until))
    if video.watch_count is not None:
        yield _fact(video, "watch_count", number_text(video.watch_count))
    yield from _presence_facts(video)


def cloud_facts(file: CloudFile) -> Iterable[Fact]:
    """A file of the cloud disk."""
    yield _fact(file, "name", file.name)
    yield _fact(file, "folder", file.folder.path)
    size = file.size_text if file.size_bytes is None else size_text(file.size_bytes)
    yield _fact(file, "size_bytes", size)
    if file.conversion:
        yield _fact(file, "conversion", file.get_conversion_display())
    yield from _presence_facts(file)


def vod_asset_facts(asset: VodAsset) -> Iterable[Fact]:
    """A media asset of Huawei Cloud VOD."""
    yield _fact(asset, "title", asset.title)
    yield _fact(asset, "created_at", _moment(asset.created_at))
    known = {True: _("Yes"), False: _("No: deleted outputs cannot be transcoded again"), None: ""}
    yield _fact(asset, "source_present", known[asset.source_present])
    yield from _presence_facts(asset)


def vod_group_facts(group: VodTemplateGroup) -> Iterable[Fact]:
    """A template group."""
    yield _fact(group, "name", group.name)
    yield _fact(
        group, "group_id", group.group_id or _("None: its outputs can only be deleted at Huawei Cloud")
    )
    yield _fact(group, "asset", _link(group.asset))
    yield from _presence_facts(group)


def package_facts(package: SignPackage) -> Iterable[Fact]:
    """A sign package."""
    yield _fact(package, "name", package.name)
    yield _fact(package, "package_type", package_type_label(package))
    yield _fact(package, "package_state", package_state_label(package))
    yield from _presence_facts(package)


def _container_facts(video: VideoAsset) -> Iterable[Fact]:
    if video.course_class is not None:
        yield _("Course"), _link(video.course_class.course), ""
        yield _fact(video, "course_class", _link(video.course_class))
    if video.template_group is not None:
        yield _("Media asset"), _link(video.template_group.asset), ""
        yield _fact(video, "template_group", _link(video.template_group))
    if video.package is not None:
        yield _fact(video, "package", _link(video.package))


def _presence_facts(row: MirrorRow) -> Iterable[Fact]:
    how = how_label(row.presence_how)
    since = listed([str(how), moment_text(row.presence_at)]) if how and row.presence_at else how
    yield _("Presence"), state_badge("presence", row.presence), since
    yield _("Last seen at the provider"), _moment(row.seen_at), ""
    yield _("Provider ID"), row.provider_id, str(row.account)


def _fact(row: MirrorRow, name: str, value: Any) -> Fact:
    label = capfirst(str(row._meta.get_field(name).verbose_name))  # type: ignore[union-attr]  # plain fields only
    return label, value, row.age_label(name)


def _link(row: Any) -> Any:
    """The row's name, as a link to its page where there is one."""
    try:
        url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return str(row)
    return format_html('<a href="{}">{}</a>', url, row)


def _moment(value: Any) -> Any:
    return (
        format_html('<time title="{}">{}</time>', full_moment_text(value), moment_text(value))
        if value
        else ""
    )


def _with(text: Any, value: int | None) -> str:
    return "" if value is None else text(value)
