"""GET asset/info, asset/list and asset/details."""

from __future__ import annotations

import calendar
import time
from collections.abc import Mapping
from typing import Any

from sandbox.calls import Call
from sandbox.huawei_vod_deletion import ASSET_ID, VodRefused
from sandbox.objects import Asset, Product
from sandbox.wire import Request
from sandbox.world import World

MAX_ASSET_IDS = 10
MAX_ROWS = 20_000
TIME_FORMAT = "%Y%m%d%H%M%S"


def asset_info(world: World, call: Call, _now: float) -> Mapping[str, Any]:
    """Assets with all their outputs: up to 10 by id, or a page of everything."""
    ids = _ids(call.request)
    if ids:
        found = [world.huawei_vod.assets.get(asset_id) for asset_id in ids]
        rows = [_info(world, asset, asset_id) for asset, asset_id in zip(found, ids, strict=True)]
        return {"asset_info_array": rows, "is_truncated": 0, "total": len(rows)}
    page, total, more = _page(world, call.request)
    return {
        "asset_info_array": [_info(world, asset, asset.id) for asset in page],
        "is_truncated": int(more),
        "total": total,
    }


def asset_list(world: World, call: Call, _now: float) -> Mapping[str, Any]:
    """Assets without their outputs."""
    ids = _ids(call.request)
    if ids:
        page = [asset for asset_id in ids if (asset := world.huawei_vod.assets.get(asset_id))]
        total = len(page)
    else:
        page, total, _ = _page(world, call.request)
    return {
        "total": total,
        "assets": [
            {
                "asset_id": asset.id,
                "title": asset.title,
                "description": None,
                "duration": asset.duration,
                "size": asset.size,
                "category": None,
                "covers": [],
                "create_time": _time(asset.created_at),
                "asset_status": "PUBLISHED" if asset.status == "TRANSCODING" else asset.status,
                "transcode_status": _transcode_status(world, asset),
                "exec_desc": None,
                "media_type": "MP4",
            }
            for asset in page
        ],
    }


def asset_details(world: World, call: Call, _now: float) -> Mapping[str, Any]:
    """One asset. `transcode_info` is absent unless transcoding succeeded and outputs are left."""
    ids = call.request.query_values("asset_id")
    asset = world.huawei_vod.assets.get(ids[0]) if len(ids) == 1 else None
    if len(ids) != 1 or not ASSET_ID.fullmatch(ids[0]):
        raise VodRefused("VOD.10053", "asset_id")
    if asset is None or asset.status == "DELETED":
        raise VodRefused("VOD.10062")
    categories = set(_values(call.request, "categories")) or {"base_info", "transcode_info"}
    details: dict[str, Any] = {"asset_id": asset.id}
    if "base_info" in categories:
        details["base_info"] = _base_info(asset)
    outputs = _outputs(world, asset)
    if "transcode_info" in categories and outputs and asset.status != "TRANSCODING":
        details["transcode_info"] = {
            "template_group_name": next(iter(asset.groups.values()), ""),
            "transcode_status": "TRANSCODE_SUCCEED",
            "exec_desc": None,
            "output": outputs,
        }
    return details


def _info(world: World, asset: Asset | None, asset_id: str) -> dict[str, Any]:
    if asset is None:
        return {"asset_id": asset_id, "status": "NO_ASSET", "description": "Asset does not exist"}
    if asset.status == "DELETED":
        return {"asset_id": asset_id, "status": "DELETED", "description": "Asset is deleted"}
    return {
        "asset_id": asset.id,
        "status": asset.status,
        "description": f"Asset meta is {asset.status.lower()}",
        "base_info": _base_info(asset),
        "play_info_array": _outputs(world, asset),
    }


def _base_info(asset: Asset) -> dict[str, Any]:
    return {
        "title": asset.title,
        "video_name": f"{asset.title}.mp4",
        "description": None,
        "category_id": -1,
        "category_name": "其他",
        "create_time": _time(asset.created_at),
        "last_modified": _time(asset.created_at),
        "video_type": "MP4",
        "tags": None,
        "meta_data": None
        if asset.source_deleted
        else {
            "codec": "H.264",
            "duration": asset.duration,
            "video_size": asset.size,
            "width": 1920,
            "height": 1080,
        },
        "video_url": None
        if asset.source_deleted
        else f"https://103-cn-north-4.cdn-vod.huaweicloud.com/asset/{asset.id}/source.mp4",
        "sign_url": "",
        "cover_info_array": [],
        "subtitle_info": [],
    }


def _outputs(world: World, asset: Asset) -> list[dict[str, Any]]:
    return [
        _output(asset, product)
        for product in world.huawei_vod.products_of[asset.id]
        if product.deleted_at is None
    ]


def _output(asset: Asset, product: Product) -> dict[str, Any]:
    return {
        "play_type": product.play_type,
        "group_id": product.group_id,
        "group_name": asset.groups.get(product.group_id or ""),
        "url": product.id,
        "encrypted": 0,
        "quality": product.quality,
        "meta_data": {
            "pack_type": product.play_type,
            "codec": "H.264",
            "duration": product.duration,
            "duration_ms": product.duration * 1000,
            "video_size": product.size,
            "width": product.width,
            "hight": product.height,
            "height": product.height,
            "bit_rate": product.size * 8 // 1000 // product.duration if product.duration else 0,
            "frame_rate": 25 if product.duration else 0,
            "quality": product.quality,
        },
    }


def _transcode_status(world: World, asset: Asset) -> str:
    if asset.status == "TRANSCODING":
        return "TRANSCODING"
    return "TRANSCODE_SUCCEED" if world.huawei_vod.products_of[asset.id] else "UN_TRANSCODE"


def _page(world: World, request: Request) -> tuple[list[Asset], int, bool]:
    """One page, newest first, with the total and whether more follow."""
    page, size = _number(request, "page", 0), _number(request, "size", 10)
    if not 1 <= size <= 100:
        raise VodRefused("VOD.10053", "size")
    if (page + 1) * size > MAX_ROWS:
        raise VodRefused("VOD.10053", "page")
    start, end = _moment(request, "start_time"), _moment(request, "end_time")
    text = next(iter(request.query_values("query_string")), "")
    statuses = set(_values(request, "status"))
    rows = world.huawei_vod.made_between(start, end)
    if text or statuses:
        rows = [a for a in rows if text in a.title and (not statuses or a.status in statuses)]
    return (rows[page * size : (page + 1) * size], min(len(rows), MAX_ROWS), len(rows) > (page + 1) * size)


def _ids(request: Request) -> list[str]:
    ids = _values(request, "asset_id")
    if len(ids) > MAX_ASSET_IDS or not all(ASSET_ID.fullmatch(asset_id) for asset_id in ids):
        raise VodRefused("VOD.10053", "asset_id")
    return ids


def _values(request: Request, name: str) -> list[str]:
    """A list parameter, sent as repeated keys or with commas."""
    return [part for value in request.query_values(name) for part in value.split(",") if part]


def _number(request: Request, name: str, default: int) -> int:
    values = request.query_values(name)
    if not values:
        return default
    if not (values[-1].isascii() and values[-1].isdigit()):
        raise VodRefused("VOD.10053", name)
    return int(values[-1])


def _moment(request: Request, name: str) -> float | None:
    values = request.query_values(name)
    if not values:
        return None
    try:
        return calendar.timegm(time.strptime(values[-1], TIME_FORMAT))
    except ValueError:
        raise VodRefused("VOD.10053", name) from None


def _time(moment: float) -> str:
    return time.strftime(TIME_FORMAT, time.gmtime(moment))
