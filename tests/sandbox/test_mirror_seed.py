"""The large school for measuring: its size, that ids can be asked for, and that its lists are what they were."""

from __future__ import annotations

import random

import pytest

from sandbox.world import World

NOW = 1_790_000_000.0


def test_it_has_what_the_seed_says_and_no_limits() -> None:
    world = World.from_seed("mirror:2500,30,5,40", NOW)
    assert (len(world.classin.clips), len(world.classin.lessons)) == (2_500, 3)
    assert (len(world.huawei_vod.assets), len(world.huawei_vod.products)) == (30, 150)
    assert (len(world.classin.folders), len(world.classin.files)) == (40, 160)
    assert world.limits == {}
    assert all(asset_id.strip("0") for asset_id in world.huawei_vod.assets), (
        "an id of zeros cannot be asked for"
    )


def test_parts_left_out_are_those_of_a_large_school() -> None:
    world = World.from_seed("mirror:0,,0,1", NOW)
    assert len(world.huawei_vod.assets) == 20_000


def test_folders_are_a_tree_within_the_limits() -> None:
    world = World.from_seed("mirror:0,0,0,5000", NOW)
    depth: dict[str, int] = {}
    for folder in world.classin.folders.values():
        depth[folder.id] = depth.get(folder.parent_id, 0) + 1
    assert max(depth.values()) <= 15


@pytest.mark.parametrize("seed", ["mirror:x", "mirror:1,2,3,4,5", "mirror:-1", "mirror:1;2"])
def test_another_name_is_refused(seed: str) -> None:
    with pytest.raises(ValueError, match="mirror"):
        World.from_seed(seed, NOW)


def test_the_order_of_assets_is_that_of_sorting_them_anew() -> None:
    """Against the plain way: every window, after things came, went and changed."""
    world, chance = World.from_seed("mirror:0,200,0,1", NOW), random.Random(5)
    for _round in range(60):
        if chance.random() < 0.3:
            world.huawei_vod.add_asset(created_at=int(NOW) - chance.randrange(60_000_000))
        if chance.random() < 0.3:
            world.change("asset", chance.choice(list(world.huawei_vod.assets)), status="DELETED")
        start, end = sorted(NOW - chance.randrange(70_000_000) for _edge in range(2))
        plain = [
            asset
            for asset in world.huawei_vod.assets.values()
            if asset.status != "DELETED" and start <= asset.created_at <= end
        ]
        plain.sort(key=lambda asset: (-asset.created_at, asset.id))
        assert world.huawei_vod.made_between(start, end) == plain


def test_what_the_school_has_not_noticed_is_told_with_what_was_before() -> None:
    from sandbox.records import records_of

    told = records_of(World.from_seed("demo", NOW))["unnoticed"]
    assert {change["kind"] for change in told} == {"file", "asset", "product", "package", "video"}
    for change in told:
        assert change["before"].keys() == change["set"].keys()
        assert change["before"] != change["set"]
