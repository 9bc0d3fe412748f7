"""One object for each operation to work on: a row of the mirror, and the same thing at the imitated provider.

A new operation needs one row in `TARGETS`; the contract tests then ask of it what they ask of all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.server import Sandbox
from tests.factories.courses import CourseFactory
from tests.factories.media_assets import (
    CloudFileFactory,
    CloudFolderFactory,
    LessonFactory,
    MeetingVideoFactory,
    SignPackageFactory,
    TranscodedOutputFactory,
    VideoAssetFactory,
    VodAssetFactory,
    VodTemplateGroupFactory,
)


@dataclass(frozen=True, slots=True)
class Target:
    """How to make the object, what a person enters for an edit, and what of it must never be sent empty."""

    make: Callable[[Sandbox], Any]
    call: str
    """The provider's name of the call that changes something, as faults name it."""
    ids: tuple[str, ...]
    """Parameters of the frozen identity that the call sends."""
    nameless: Mapping[str, str]
    """Fields of the row whose emptiness means that we do not know the provider's id."""
    edit: Mapping[str, str] = field(default_factory=dict)


def _course(sandbox: Sandbox) -> Any:
    there = sandbox.classin.add_course("Piano")
    return CourseFactory(provider_id=there.id, name="Piano", unknown=True, folder_id="")


def _cloud_file(sandbox: Sandbox) -> Any:
    there = sandbox.classin.add_file("notes.pdf", folder_id=sandbox.classin.add_folder().id)
    folder = CloudFolderFactory(provider_id=there.folder_id)
    return CloudFileFactory(provider_id=there.id, name="notes.pdf", folder=folder)


def _clip(sandbox: Sandbox) -> Any:
    there = sandbox.classin.add_clip()
    return VideoAssetFactory(provider_id=there.id, course_class=LessonFactory(provider_id=there.lesson_id))


def _output(sandbox: Sandbox) -> Any:
    asset = sandbox.huawei_vod.add_asset()
    there = sandbox.huawei_vod.add_product(asset)
    group = VodTemplateGroupFactory(
        asset=VodAssetFactory(provider_id=asset.id),
        group_id=there.group_id,
        provider_id=f"{asset.id}/{there.group_id}",
    )
    path = there.id.split("huaweicloud.com", 1)[1]
    return TranscodedOutputFactory(product_url=there.id, provider_id=path, template_group=group)


def _meeting_video(sandbox: Sandbox) -> Any:
    there = sandbox.syngrafii.add_video()
    return MeetingVideoFactory(provider_id=there.id, package=SignPackageFactory(provider_id=there.package_id))


BLANK = {"provider_id": ""}

TARGETS: dict[str, Target] = {
    "courses.course.edit": Target(_course, "editCourse", ("courseId",), BLANK, {"name": "Piano, level 3"}),
    "media_assets.class_video.delete": Target(_clip, "deleteClassVideo", ("classId", "fileId"), BLANK),
    "media_assets.class_videos.delete_all": Target(
        lambda sandbox: _clip(sandbox).course_class, "deleteClassVideo", ("classId",), BLANK
    ),
    "media_assets.cloud_file.rename": Target(
        _cloud_file, "renameFile", ("fileId",), BLANK, {"name": "handout.pdf"}
    ),
    "media_assets.meeting_video.delete": Target(
        _meeting_video, "videos/delete", ("packageId", "meetingVideoId"), BLANK
    ),
    "media_assets.meeting_videos.delete_all": Target(
        lambda sandbox: _meeting_video(sandbox).package, "videos/delete", ("packageId",), BLANK
    ),
    "media_assets.transcode_group.delete": Target(
        lambda sandbox: _output(sandbox).template_group,
        "transcode-product",
        ("asset_id", "group_id"),
        {"group_id": ""},
    ),
    "media_assets.transcoded_output.delete": Target(
        _output, "transcode-product", ("asset_id", "group_id", "url"), {"product_url": ""}
    ),
}
