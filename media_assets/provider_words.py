"""Syngrafii's own words for types and states, as staff read them. The lists are open: a new word is shown as it came."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from media_assets.models import SignPackage, VideoAsset

_PACKAGE_TYPES = {
    "concurrent": pgettext_lazy("sign package", "Signing at the same time"),
    "sequential": pgettext_lazy("sign package", "Signing one after another"),
    "counterpart": pgettext_lazy("sign package", "Signing in counterparts"),
    "video_closing_room": pgettext_lazy("sign package", "Video signing room"),
    "live session": pgettext_lazy("sign package", "Live session"),
}
_PACKAGE_STATES = {
    "draft": pgettext_lazy("sign package", "Draft"),
    "open": pgettext_lazy("sign package", "Open"),
    "executed": pgettext_lazy("sign package", "Signed"),
    "expired": pgettext_lazy("sign package", "Expired"),
    "rescinded": pgettext_lazy("sign package", "Rescinded"),
    "select": pgettext_lazy("sign package", "Being set up"),
    "add": pgettext_lazy("sign package", "Being set up"),
}
_VIDEO_STATES = {
    "started": pgettext_lazy("meeting video", "Recording now"),
    "stopped": pgettext_lazy("meeting video", "Recording ended"),
    "queued": pgettext_lazy("meeting video", "Waiting to be stored"),
    "failed": pgettext_lazy("meeting video", "Storing failed"),
    "archived": pgettext_lazy("meeting video", "Stored"),
    "deleted": pgettext_lazy("meeting video", "Deleted"),
}
PACKAGE_STATES = tuple(_PACKAGE_STATES.items())
"""Choices of a filter."""


def package_type_label(package: SignPackage) -> str:
    """What kind of signing a package is. Syngrafii writes its words with and without capitals."""
    return str(_PACKAGE_TYPES.get(package.package_type.lower(), package.package_type))


def package_state_label(package: SignPackage) -> str:
    """How far the signing has come."""
    return str(_PACKAGE_STATES.get(package.package_state.lower(), package.package_state))


def video_state_label(video: VideoAsset) -> str:
    """What Syngrafii is doing with a recording."""
    return str(_VIDEO_STATES.get(video.provider_state.lower(), video.provider_state))
