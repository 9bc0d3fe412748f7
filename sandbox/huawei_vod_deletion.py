"""DELETE asset/transcode-product."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.calls import Call
from sandbox.objects import Asset, Product
from sandbox.world import World

MAX_OUTPUTS = 100
ASSET_ID = re.compile(r"[0-9a-f]{32}")
NO_SUCH_GROUP = "The template group does not exist."
NO_SUCH_PRODUCT = "The product does not exist."


class VodRefused(Exception):
    """VOD answers the whole call with this error code and changes nothing."""

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.field = field


def summary(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request body as flat lists of ids, for the log and for matching."""
    infos = body.get("delete_infos")
    groups = [info for info in infos if isinstance(info, dict)] if isinstance(infos, list) else []
    products = [item for group in groups for item in group.get("products") or [] if isinstance(item, dict)]
    return {
        "asset_id": body.get("asset_id"),
        "delete_type": body.get("delete_type"),
        "group_id": [group.get("group_id") for group in groups],
        "url": [item.get("url") for item in products],
    }


def delete_transcode_product(world: World, call: Call, now: float) -> Mapping[str, Any]:
    """Delete outputs of one asset. HTTP 200 whatever became of each: the two lists tell.

    With GROUP any `products` are passed over and the whole group goes.
    """
    body = call.data
    asset = _asset(world, body)
    infos = _infos(body)
    by_group = body["delete_type"] == "GROUP"
    deleted: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for info in infos:
        wanted = _group(world, asset, info) if by_group else _products(world, asset, info)
        gone, kept = _delete(world, wanted, now)
        group_id = info.get("group_id")
        if gone:
            deleted.append({"group_id": group_id, "products": gone})
        if kept or not wanted:
            reason = NO_SUCH_GROUP if not wanted else kept[0]["fail_reason"] if by_group else None
            failed.append({"group_id": group_id, "fail_reason": reason, "products": kept})
    status = "SUCCESS" if not failed else "PARTIAL_SUCCESS" if deleted else "FAIL"
    return {"asset_id": asset.id, "status": status, "deleted_products": deleted, "failed_products": failed}


def _delete(
    world: World, wanted: list[tuple[str, Product | None]], now: float
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Delete what can be deleted; the outputs that went, and those that stayed with the reason."""
    gone, kept = [], []
    for url, product in wanted:
        if product is None or product.deleted_at is not None:
            kept.append({"url": url, "fail_reason": NO_SUCH_PRODUCT})
        elif product.refuses:
            kept.append({"url": url, "fail_reason": product.refuses})
        else:
            world.change("product", product.id, deleted_at=now)
            gone.append({"url": url})
    return gone, kept


def _group(world: World, asset: Asset, info: Mapping[str, Any]) -> list[tuple[str, Product | None]]:
    return [
        (product.id, product)
        for product in world.huawei_vod.products_of[asset.id]
        if product.group_id == info["group_id"] and product.deleted_at is None
    ]


def _products(world: World, asset: Asset, info: Mapping[str, Any]) -> list[tuple[str, Product | None]]:
    wanted: list[tuple[str, Product | None]] = []
    for item in info["products"]:
        product = world.huawei_vod.products.get(item["url"])
        if product is not None and (product.asset_id, product.group_id) != (
            asset.id,
            info.get("group_id") or None,
        ):
            product = None
        wanted.append((item["url"], product))
    return wanted


def _asset(world: World, body: Mapping[str, Any]) -> Asset:
    asset_id = body.get("asset_id")
    if not isinstance(asset_id, str) or not ASSET_ID.fullmatch(asset_id):
        raise VodRefused("VOD.10053", "asset_id")
    if body.get("delete_type") not in ("GROUP", "PRODUCT"):
        raise VodRefused("VOD.10053", "delete_type")
    asset = world.huawei_vod.assets.get(asset_id)
    if asset is None or asset.status == "DELETED":
        raise VodRefused("VOD.10062")
    if asset.refuses:
        raise VodRefused(asset.refuses)
    if asset.status == "TRANSCODING":
        raise VodRefused("VOD.10061")
    return asset


def _infos(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    infos = body.get("delete_infos")
    if not isinstance(infos, list) or not infos or not all(isinstance(info, dict) for info in infos):
        raise VodRefused("VOD.10053", "delete_infos")
    outputs = 0
    for info in infos:
        if not (info.get("group_id") is None or isinstance(info["group_id"], str)):
            raise VodRefused("VOD.10053", "group_id")
        if body["delete_type"] == "GROUP":
            if not info.get("group_id"):
                raise VodRefused("VOD.10053", "group_id")
            outputs += 1
            continue
        products = info.get("products")
        if not isinstance(products, list) or not products:
            raise VodRefused("VOD.10053", "products")
        if not all(
            isinstance(item, dict) and isinstance(item.get("url"), str) and item["url"] for item in products
        ):
            raise VodRefused("VOD.10053", "url")
        outputs += len(products)
    if outputs > MAX_OUTPUTS:
        raise VodRefused("VOD.10053", "delete_infos")
    return infos
