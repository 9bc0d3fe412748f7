"""Filling the mirror from what is known of an account: cloud disk, class videos, transcoded outputs, meeting videos."""

from media_assets.sync.world import Summary, import_world

__all__ = ["Summary", "import_world"]
