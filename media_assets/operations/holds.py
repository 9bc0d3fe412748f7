"""Whose holds cover a video: its own, and those on everything that it is part of."""

from collections.abc import Mapping

_ABOVE_A_VIDEO = {
    "courses.courseclass": "course_class_id",
    "courses.course": "course_class__course_id",
    "media_assets.vodtemplategroup": "template_group_id",
    "media_assets.vodasset": "template_group__asset_id",
    "media_assets.signpackage": "package_id",
}

VIDEO_HOLD_PATHS: Mapping[str, str] = {"media_assets.videoasset": "id"} | _ABOVE_A_VIDEO

CLASS_HOLD_PATHS: Mapping[str, str] = {
    "courses.courseclass": "id",
    "courses.course": "course_id",
    "media_assets.videoasset": "videos__id",
}
GROUP_HOLD_PATHS: Mapping[str, str] = {
    "media_assets.vodtemplategroup": "id",
    "media_assets.vodasset": "asset_id",
    "media_assets.videoasset": "videos__id",
}
PACKAGE_HOLD_PATHS: Mapping[str, str] = {
    "media_assets.signpackage": "id",
    "media_assets.videoasset": "videos__id",
}
"""A container is held as soon as one video in it is: emptying it would take that one along."""
