"""Syngrafii (iinked Sign): the videos of signing packages."""

from providers.syngrafii.client import SyngrafiiClient
from providers.syngrafii.videos import VideoRow

__all__ = ["SyngrafiiClient", "VideoRow"]
