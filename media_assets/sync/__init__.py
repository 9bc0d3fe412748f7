"""Filling the mirror from what is known of an account: cloud disk, class videos, transcoded outputs, meeting videos."""

from media_assets.sync import cloud_disk, sign, vod
from media_assets.sync.world import Summary, import_world

__all__ = ["Summary", "cloud_disk", "import_world", "sign", "vod"]
