"""Some 120 media assets with one to three template groups each, and about 800 transcoded outputs."""

from __future__ import annotations

import random

from sandbox.objects import Asset, Product
from sandbox.tables import DAY
from sandbox.world import World

ASSETS = 120
SUBJECTS = (
    "IELTS Speaking recap",
    "高二数学 导数精讲",
    "Piano technique, wrists and arms",
    "招生宣讲会",
    "Parents evening",
    "初三物理 实验演示",
    "Phonics songs",
    "教师培训 公开课",
    "Graduation concert",
    "Business English role play",
    "托福听力 真题解析",
    "Chess endgames",
)
RENDITIONS = (
    ("FULL_HD", 1920, 1080, 3_000),
    ("HD", 1280, 720, 1_500),
    ("SD", 854, 480, 700),
    ("FLUENT", 480, 270, 350),
)
"""Quality, width, height, kbit/s."""
GROUPS = (
    ("system_template_group", "MP4", 3),
    ("HLS 三档清晰度", "HLS", 3),
    ("mobile_fluent", "MP4", 1),
    ("HLS 1080p", "HLS", 2),
)
GROUP_CHOICES = ((0, 1), (0, 1), (1, 2), (0, 1, 2), (3, 2), (0, 3, 2), (0, 1, 2), (1, 0))
REFUSAL = "The product is being used by a publishing task."


def fill_outputs(world: World, chance: random.Random) -> None:
    """Add assets from the oldest to the newest, then give some of them their special states."""
    for index in range(ASSETS):
        minutes = chance.randrange(12, 75)
        asset = world.huawei_vod.add_asset(
            f"{SUBJECTS[index % len(SUBJECTS)]} {index // len(SUBJECTS) + 1}",
            created_at=int(world.now) - 725 * DAY + index * 6 * DAY + chance.randrange(8, 20) * 3600,
            duration=minutes * 60,
            size=minutes * 60 * 750_000,
            source_deleted=index % 10 == 3,
        )
        for choice in GROUP_CHOICES[index % len(GROUP_CHOICES)]:
            _add_group(world, asset, *GROUPS[choice])
    _add_special_outputs(world)


def _add_group(
    world: World, asset: Asset, name: str, play_type: str, renditions: int, *, old: bool = False
) -> str:
    """One output for each rendition; HLS has a master playlist besides, with neither size nor quality."""
    tables = world.huawei_vod
    group_id = tables.add_group(asset, name, group_id=None if old else "")
    base = f"https://103-cn-north-4.cdn-vod.huaweicloud.com/asset/{asset.id}"
    folder = f"{base}/play_multi_video/{group_id}" if group_id else f"{base}/play_video"
    if play_type == "HLS":
        tables.add_product(
            asset, group_id, url=f"{folder}/index.m3u8", play_type="HLS", quality=None, size=0, duration=0
        )
    for quality, width, height, rate in (
        RENDITIONS[-renditions:] if renditions < 3 else RENDITIONS[:renditions]
    ):
        tail = f"_1_1_{width}X{height}_{rate}_0.m3u8" if play_type == "HLS" else ".mp4"
        tables.add_product(
            asset,
            group_id,
            url=f"{folder}/{tables.make_id()}{tail}",
            play_type=play_type,
            quality=quality,
            width=width,
            height=height,
            duration=asset.duration,
            size=asset.duration * rate * 125,
        )
    return group_id or ""


def _add_special_outputs(world: World) -> None:
    tables = world.huawei_vod
    assets = list(tables.assets.values())
    old = tables.add_asset(
        "School anniversary 2022", created_at=int(world.now) - 729 * DAY, duration=2_400, size=1_700_000_000
    )
    _add_group(world, old, "", "MP4", 3, old=True)
    hls = assets[1]
    hls_group = next(group for group, name in hls.groups.items() if name.startswith("HLS"))
    transcoding, gone, unpublished, unsupported, busy = (assets[index] for index in (115, 20, 31, 42, 53))
    transcoding.status, gone.status = "TRANSCODING", "DELETED"
    unpublished.refuses, unsupported.refuses, busy.refuses = ("VOD.10060", "VOD.10063", "VOD.10083")
    refused, vanished = _last(world, assets[60]), _last(world, assets[64])
    refused.refuses = REFUSAL
    vanished.deleted_at = world.now - 9 * DAY
    world.went_unnoticed("asset", gone, status="PUBLISHED")
    world.went_unnoticed("product", vanished, deleted_at=None)
    lost, unmentioned, silent = (_last(world, assets[index]) for index in (70, 80, 90))
    world.special |= {
        "asset_hls": hls.id,
        "hls_group": [hls.id, hls_group],
        "hls_master": next(product.id for product in tables.products_of[hls.id] if product.size == 0),
        "asset_source_deleted": assets[3].id,
        "asset_without_group_id": old.id,
        "asset_transcoding": transcoding.id,
        "asset_gone": gone.id,
        "asset_not_published": unpublished.id,
        "asset_type_unsupported": unsupported.id,
        "asset_status_forbids": busy.id,
        "asset_unknown": "f" * 32,
        "output_refused": refused.id,
        "output_gone": vanished.id,
        "output_answer_lost": lost.id,
        "output_missing_from_answer": unmentioned.id,
        "output_timeout_before": silent.id,
    }
    for product, kind in ((lost, "reset_after"), (unmentioned, "missing_item"), (silent, "timeout_before")):
        world.faults.append(
            {
                "provider": "huawei_vod",
                "call": "transcode-product",
                "match": {"url": product.id},
                "kind": kind,
                "times": None,
                "only_with_effect": kind != "timeout_before",
            }
        )


def _last(world: World, asset: Asset) -> Product:
    return world.huawei_vod.products_of[asset.id][-1]
