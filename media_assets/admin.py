"""The library's screens: what staff see of videos, their containers and the cloud disk, and what they can do with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from intake import freshness
from media_assets import exports
from media_assets.facts import cloud_facts, package_facts, video_facts, vod_asset_facts, vod_group_facts
from media_assets.filters import (
    CloudFileFilterSet,
    CloudFolderFilterSet,
    SignPackageFilterSet,
    VideoFilterSet,
    VodAssetFilterSet,
    VodTemplateGroupFilterSet,
)
from media_assets.lists import LibraryChangeList, count_videos, library_list
from media_assets.models import CloudFile, CloudFolder, SignPackage, VideoAsset, VodAsset, VodTemplateGroup
from media_assets.operations import (
    DeleteAllMeetingVideos,
    DeleteClassVideo,
    DeleteMeetingVideo,
    DeleteTranscodedOutputs,
    DeleteTranscodeGroup,
)
from media_assets.provider_words import package_state_label, package_type_label
from media_assets.retention.admin import RetentionProposalAdmin, RetentionRuleAdmin
from operations.mirror_admin import MirrorAdmin
from operations.selecting import ByIds
from screens.cells import column, date_cell, duration_cell, notes_cell, size_cell, state_badge, two_lines
from screens.figures import number_text

__all__ = ["RetentionProposalAdmin", "RetentionRuleAdmin"]

LONGEST_ID = 36
"""Characters of a provider id that a list shows: a GUID fits whole."""


class LibraryAdmin(MirrorAdmin):
    """What the library's lists share: notes read once for a page, and how old the list is."""

    change_list: type[LibraryChangeList] = LibraryChangeList

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LibraryChangeList]:
        return self.change_list

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """How old the list is, for each account."""
        empty = _("Not read from the providers yet.")
        return {"freshness": freshness.head(self.opts.label_lower, empty=empty)}

    @column(gettext_lazy("Notes"), wide=True)
    def notes(self, row: Any) -> SafeString:
        return SafeString(row.notes)


def _short(name: str) -> str:
    """A file name or id that fits into one line of a list: its beginning and its end."""
    return name if len(name) <= LONGEST_ID else f"{name[:18]}…{name[-16:]}"


@admin.register(VideoAsset)
class VideoAssetAdmin(LibraryAdmin):
    """All videos in one list: one selection may mix kinds, and each goes the way of its own provider."""

    holdable = True
    by_ids = ByIds(kinds="kind", paths=Q(kind=VideoAsset.Kind.TRANSCODED_OUTPUT))
    export_columns = exports.VIDEOS
    list_display = ("video", "course_and_lesson", "recorded", "length", "size", "notes")
    list_select_related = ("course_class__course", "template_group__asset", "package")
    search_fields = ("title", "provider_id")
    filterset_class = VideoFilterSet
    tabs = (
        (pgettext_lazy("all videos", "All"), {}),
        (gettext_lazy("Class videos"), {"kind": VideoAsset.Kind.CLASS_VIDEO.value}),
        (pgettext_lazy("tab", "Transcoded"), {"kind": VideoAsset.Kind.TRANSCODED_OUTPUT.value}),
        (gettext_lazy("Meeting videos"), {"kind": VideoAsset.Kind.MEETING_VIDEO.value}),
    )
    keyset_orderings = {
        "recorded": ("-recorded_at", "-pk"),
        "size": ("-size_bytes", "-pk"),
        "title": ("title", "pk"),
    }
    bulk_operations = {
        "review_deletion": (
            gettext_lazy("Review deletion…"),
            "trash-2",
            (DeleteClassVideo, DeleteTranscodedOutputs, DeleteMeetingVideo),
        )
    }
    list_icon = "clapperboard"
    empty_text = gettext_lazy("No video is known yet. They appear when the providers are read.")
    change_list = library_list(hold_paths=dict(DeleteClassVideo.hold_paths))

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """Besides how old the list is, the way to choose from it by ids."""
        return {**super().list_context(request), "actions": self.by_ids_action(request)}

    @column(gettext_lazy("Video"), ordering="title")
    def video(self, row: VideoAsset) -> SafeString:
        url = reverse("admin:media_assets_videoasset_change", args=[row.pk])
        return two_lines(str(row), _short(row.provider_id.rsplit("/", 1)[-1]), url=url, mono=True)

    @column(gettext_lazy("Course and lesson"))
    def course_and_lesson(self, row: VideoAsset) -> SafeString:
        if row.course_class is not None:
            return two_lines(row.course_class.course.name, row.course_class.name)
        if row.template_group is not None:
            return two_lines(row.get_kind_display(), str(row.template_group))
        return two_lines(row.get_kind_display(), package_type_label(row.package) if row.package else "")

    @column(gettext_lazy("Recorded"), ordering="recorded")
    def recorded(self, row: VideoAsset) -> SafeString:
        return date_cell(row.recorded_at)

    @column(gettext_lazy("Length"), figure=True)
    def length(self, row: VideoAsset) -> SafeString:
        return duration_cell(row.duration_seconds)

    @column(gettext_lazy("Size"), ordering="size", figure=True)
    def size(self, row: VideoAsset) -> SafeString:
        return size_cell(row.size_bytes)

    def facts(self, obj: VideoAsset) -> Iterable[tuple[Any, Any, str]]:
        """Everything that the mirror knows of a video."""
        return video_facts(obj)


@admin.register(CloudFile)
class CloudFileAdmin(LibraryAdmin):
    """Files of the cloud disk; they can be renamed one by one."""

    export_columns = exports.FILES
    list_display = ("file", "folder_path", "size", "notes")
    list_select_related = ("folder",)
    search_fields = ("name", "provider_id")
    filterset_class = CloudFileFilterSet
    keyset_orderings = {"name": ("name", "pk"), "size": ("-size_bytes", "-pk")}
    list_icon = "cloud"
    empty_text = gettext_lazy("No cloud file is known yet. They appear when ClassIn’s cloud disk is read.")

    @column(gettext_lazy("File"), ordering="name")
    def file(self, row: CloudFile) -> SafeString:
        url = reverse("admin:media_assets_cloudfile_change", args=[row.pk])
        return two_lines(row.name, row.provider_id, url=url, mono=True)

    @column(gettext_lazy("Folder"))
    def folder_path(self, row: CloudFile) -> str:
        return row.folder.path

    @column(gettext_lazy("Size"), ordering="size", figure=True)
    def size(self, row: CloudFile) -> SafeString | str:
        return row.size_text if row.size_bytes is None else size_cell(row.size_bytes)

    def facts(self, obj: CloudFile) -> Iterable[tuple[Any, Any, str]]:
        """What people without the right to rename see."""
        return cloud_facts(obj)


@admin.register(CloudFolder)
class CloudFolderAdmin(LibraryAdmin):
    """Folders of the cloud disk by their whole path."""

    export_columns = exports.FOLDERS
    list_display = ("folder", "presence_note")
    search_fields = ("path", "provider_id")
    filterset_class = CloudFolderFilterSet
    keyset_orderings = {"path": ("path", "pk")}
    list_icon = "folder"

    @column(gettext_lazy("Folder"), ordering="path")
    def folder(self, row: CloudFolder) -> SafeString:
        url = reverse("admin:media_assets_cloudfile_changelist")
        return two_lines(row.path, row.provider_id, url=f"{url}?folder={row.pk}", mono=True)

    @column(gettext_lazy("Notes"), wide=True)
    def presence_note(self, row: CloudFolder) -> SafeString:
        if row.presence == row.Presence.PRESENT:
            return notes_cell([], _("Made by ClassIn") if row.is_system else "")
        return notes_cell([state_badge("presence", row.presence)])


class ContainerAdmin(LibraryAdmin):
    """A list of things that videos are in, with how many and how large those still there are."""

    videos_filter = ""
    """The filter of the list of videos that shows what is in one row."""

    def finish_export(self, rows: Sequence[Any]) -> None:
        count_videos(self.change_list.container, rows)

    @column(gettext_lazy("Videos"), figure=True)
    def videos(self, row: Any) -> str:
        return number_text(row.videos_left)

    @column(gettext_lazy("Size"), figure=True)
    def size(self, row: Any) -> SafeString:
        return size_cell(row.bytes_left)

    def object_tabs(self, request: HttpRequest, obj: Any) -> Iterable[Mapping[str, Any]]:
        """The list of its videos."""
        url = reverse("admin:media_assets_videoasset_changelist")
        yield {
            "label": _("Videos"),
            "url": f"{url}?{self.videos_filter}={obj.pk}",
            "count": VideoAsset.objects.filter(
                **{VideoFilterSet.base_filters[self.videos_filter].field_name: obj}
            ).count(),
            "active": False,
        }


@admin.register(VodAsset)
class VodAssetAdmin(ContainerAdmin):
    """Media assets of Huawei Cloud VOD."""

    export_columns = exports.ASSETS
    list_display = ("asset", "made", "videos", "size", "notes")
    search_fields = ("title", "provider_id")
    filterset_class = VodAssetFilterSet
    keyset_orderings = {"title": ("title", "pk")}
    list_icon = "clapperboard"
    change_list = library_list(hold_paths={"media_assets.vodasset": "id"}, container="template_group__asset")
    videos_filter = "asset"

    @column(gettext_lazy("Media asset"), ordering="title")
    def asset(self, row: VodAsset) -> SafeString:
        url = reverse("admin:media_assets_vodasset_change", args=[row.pk])
        return two_lines(str(row), row.provider_id, url=url, mono=True)

    @column(gettext_lazy("Made"))
    def made(self, row: VodAsset) -> SafeString:
        return date_cell(row.created_at)

    def facts(self, obj: VodAsset) -> Iterable[tuple[Any, Any, str]]:
        """What Huawei told about the asset."""
        return vod_asset_facts(obj)


@admin.register(VodTemplateGroup)
class VodTemplateGroupAdmin(ContainerAdmin):
    """Template groups: all outputs that one transcoding made of an asset, deleted together."""

    export_columns = exports.GROUPS
    list_display = ("group", "of_asset", "videos", "size", "notes")
    list_select_related = ("asset",)
    search_fields = ("name", "asset__title", "provider_id")
    filterset_class = VodTemplateGroupFilterSet
    bulk_operations = {
        "delete_groups": (
            gettext_lazy("Delete all outputs of these groups…"),
            "trash-2",
            (DeleteTranscodeGroup,),
        )
    }
    list_icon = "clapperboard"
    change_list = library_list(hold_paths=dict(DeleteTranscodeGroup.hold_paths), container="template_group")
    videos_filter = "group"

    @column(gettext_lazy("Template group"))
    def group(self, row: VodTemplateGroup) -> SafeString:
        url = reverse("admin:media_assets_vodtemplategroup_change", args=[row.pk])
        return two_lines(str(row), row.group_id, url=url, mono=True)

    @column(gettext_lazy("Media asset"))
    def of_asset(self, row: VodTemplateGroup) -> str:
        return str(row.asset)

    def facts(self, obj: VodTemplateGroup) -> Iterable[tuple[Any, Any, str]]:
        """What Huawei told about the group."""
        return vod_group_facts(obj)


@admin.register(SignPackage)
class SignPackageAdmin(ContainerAdmin):
    """Sign packages with their meeting videos."""

    export_columns = exports.PACKAGES
    list_display = ("package", "state", "videos", "size", "notes")
    search_fields = ("name", "provider_id")
    filterset_class = SignPackageFilterSet
    keyset_orderings = {"name": ("name", "pk")}
    bulk_operations = {
        "delete_videos": (
            gettext_lazy("Delete all videos of these packages…"),
            "trash-2",
            (DeleteAllMeetingVideos,),
        )
    }
    list_icon = "folder"
    change_list = library_list(hold_paths=dict(DeleteAllMeetingVideos.hold_paths), container="package")
    videos_filter = "package"

    @column(gettext_lazy("Sign package"), ordering="name")
    def package(self, row: SignPackage) -> SafeString:
        url = reverse("admin:media_assets_signpackage_change", args=[row.pk])
        return two_lines(str(row), row.provider_id, url=url, mono=True)

    @column(gettext_lazy("State"))
    def state(self, row: SignPackage) -> SafeString:
        return two_lines(package_state_label(row), package_type_label(row))

    def facts(self, obj: SignPackage) -> Iterable[tuple[Any, Any, str]]:
        """What Syngrafii told about the package."""
        return package_facts(obj)
