"""What Huawei VOD tells about its media assets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from providers.shapes import Misshapen, amount, child, needed, objects, words

NO_ASSET: Final = "NO_ASSET"
"""Our one spelling of the status of an asset that does not exist (the provider has two)."""


@dataclass(frozen=True, slots=True)
class TranscodedOutput:
    """One transcoded output. HLS and DASH have one more than their renditions: the master playlist,
    for which most figures are missing or 0.
    """

    url: str
    """Exactly as read, which is how it has to be sent back for deletion."""
    group_id: str
    """"" on old assets with a single group; such an output cannot be deleted by group."""
    group_name: str
    play_type: str
    """"hls", "dash" or "mp4"."""
    quality: str
    size: int | None
    """Bytes."""
    duration: int | None
    """Seconds, rounded down."""
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class AssetInfo:
    """One media asset with its outputs."""

    asset_id: str
    status: str
    """Such as PUBLISHED, TRANSCODING, DELETED or NO_ASSET; new ones may appear."""
    title: str
    created: datetime | None
    products: tuple[TranscodedOutput, ...]
    products_listed: bool
    """Whether the answer had a list of outputs at all. Without it, none of them is proven gone."""
    source_listed: bool | None = None
    """Whether the answer shows the file that the outputs were made from; None when it does not speak of it."""

    @property
    def exists(self) -> bool:
        """Whether the provider still has the asset."""
        return self.status not in (NO_ASSET, "DELETED")


@dataclass(frozen=True, slots=True)
class ListedAsset:
    """One media asset as asset/list shows it: without its outputs."""

    asset_id: str
    title: str
    status: str
    created: datetime | None


@dataclass(frozen=True, slots=True)
class AssetPage:
    """One page of asset/list. `total` counts what matches, and no further than `MOST_LISTED`."""

    assets: tuple[ListedAsset, ...]
    total: int


MOST_LISTED: Final = 20_000
"""The provider pages no deeper than this, and counts no further; more assets are read in windows of time."""


def absent(asset_id: str) -> AssetInfo:
    """The entry of an asset that the provider does not know."""
    return AssetInfo(asset_id, NO_ASSET, "", None, (), products_listed=False)


def read_assets(body: Mapping[str, Any]) -> list[AssetInfo]:
    """Read the answer of asset/info; Misshapen when the list or an id is missing or misshapen."""
    if "asset_info_array" not in body:
        raise Misshapen("asset_info_array")
    return [_asset(row) for row in objects(body["asset_info_array"], "asset_info_array")]


def read_page(body: Mapping[str, Any]) -> AssetPage:
    """Read the answer of asset/list; Misshapen when the list, an id or the total is missing or misshapen."""
    total = amount(body, "total")
    if total is None or "assets" not in body:
        raise Misshapen("total" if total is None else "assets")
    rows = objects(body["assets"], "assets")
    return AssetPage(
        assets=tuple(
            ListedAsset(
                asset_id=needed(row, "asset_id"),
                title=words(row, "title"),
                status=words(row, "asset_status").upper(),
                created=_moment(words(row, "create_time")),
            )
            for row in rows
        ),
        total=total,
    )


def _asset(row: dict[str, Any]) -> AssetInfo:
    base = child(row, "base_info")
    status = words(row, "status").upper()
    outputs = row.get("play_info_array")
    return AssetInfo(
        asset_id=needed(row, "asset_id"),
        status=NO_ASSET if status == "NOASSET" else status,
        title=words(base, "title"),
        created=_moment(words(base, "create_time")),
        products=tuple(_output(output) for output in objects(outputs, "play_info_array")),
        products_listed=outputs is not None,
        source_listed=_source(base),
    )


def _source(base: Mapping[str, Any]) -> bool | None:
    """The address of the source, or its figures, show it; both named and both empty mean that it is gone."""
    if base.get("video_url") or base.get("meta_data"):
        return True
    return False if {"video_url", "meta_data"} <= base.keys() else None


def _output(row: dict[str, Any]) -> TranscodedOutput:
    meta = child(row, "meta_data")
    return TranscodedOutput(
        url=needed(row, "url"),
        group_id=words(row, "group_id"),
        group_name=words(row, "group_name"),
        play_type=words(row, "play_type").lower(),
        quality=words(row, "quality") or words(meta, "quality"),
        size=_figure(meta, "video_size"),
        duration=_figure(meta, "duration"),
        width=_figure(meta, "width"),
        height=_figure(meta, "height") or _figure(meta, "hight"),  # the provider's older spelling
    )


def _figure(row: Mapping[str, Any], key: str) -> int | None:
    return amount(row, key) or None  # 0 stands for "not known"


def _moment(value: str) -> datetime | None:
    if not value:
        return None
    try:
        return datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise Misshapen("create_time") from error
