"""Mirror rows of the library: cloud folders and files, containers of videos, and the videos of all three kinds."""

from media_assets.models.cloud import CloudFile, CloudFolder
from media_assets.models.containers import SignPackage, VodAsset, VodTemplateGroup
from media_assets.models.retention import AnnouncedVideo, RetentionProposal, RetentionRule
from media_assets.models.video import VideoAsset

__all__ = [
    "AnnouncedVideo",
    "CloudFile",
    "CloudFolder",
    "RetentionProposal",
    "RetentionRule",
    "SignPackage",
    "VideoAsset",
    "VodAsset",
    "VodTemplateGroup",
]
