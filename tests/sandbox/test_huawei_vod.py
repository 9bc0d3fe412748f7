"""Deleting and reading transcoded outputs of the VOD imitation."""

from typing import Any

import pytest

from sandbox.huawei_vod_deletion import NO_SUCH_GROUP, NO_SUCH_PRODUCT
from sandbox.objects import Asset, Product
from sandbox.server import Sandbox
from sandbox.world import World
from tests.sandbox.callers import Got, delete_products, vod

DELETE = "/v1/{project}/asset/transcode-product"


def asset_with_outputs(sandbox: Sandbox, count: int = 3) -> tuple[Asset, str, list[Product]]:
    asset = sandbox.huawei_vod.add_asset()
    group = sandbox.huawei_vod.add_group(asset)
    assert group
    return asset, group, [sandbox.huawei_vod.add_product(asset, group) for _ in range(count)]


def error(got: Got, status: int = 403) -> str:
    assert got.status == status
    assert got.json()["error_msg"]
    return str(got.json()["error_code"])


def test_single_outputs_are_deleted_and_named(sandbox: Sandbox) -> None:
    asset, group, products = asset_with_outputs(sandbox)
    got = delete_products(sandbox, asset.id, {group: [products[0].id, products[1].id]})
    assert got.json() == {
        "asset_id": asset.id,
        "status": "SUCCESS",
        "deleted_products": [
            {"group_id": group, "products": [{"url": products[0].id}, {"url": products[1].id}]}
        ],
        "failed_products": [],
    }
    assert [product.deleted_at is None for product in products] == [False, False, True]
    assert sandbox.effects()[0]["effect"] == [products[0].id, products[1].id]


def test_a_group_goes_whole_even_when_products_are_named(sandbox: Sandbox) -> None:
    asset, group, products = asset_with_outputs(sandbox)
    other = sandbox.huawei_vod.add_product(asset, sandbox.huawei_vod.add_group(asset))
    info = {"group_id": group, "products": [{"url": products[0].id}]}
    body = {"asset_id": asset.id, "delete_type": "GROUP", "delete_infos": [info]}
    got = vod(sandbox, "DELETE", DELETE, body).json()
    assert got["status"] == "SUCCESS"
    assert len(got["deleted_products"][0]["products"]) == 3
    assert other.deleted_at is None


def test_what_fails_is_listed_under_http_200(sandbox: Sandbox) -> None:
    asset, group, products = asset_with_outputs(sandbox)
    products[0].refuses = "The product is in use."
    got = delete_products(sandbox, asset.id, {group: [product.id for product in products[:2]]})
    assert got.status == 200
    assert got.json()["status"] == "PARTIAL_SUCCESS"
    assert got.json()["failed_products"] == [
        {
            "group_id": group,
            "fail_reason": None,
            "products": [{"url": products[0].id, "fail_reason": "The product is in use."}],
        }
    ]
    again = delete_products(sandbox, asset.id, {group: [products[1].id]}).json()
    assert again["status"] == "FAIL"
    assert again["failed_products"][0]["products"][0]["fail_reason"] == NO_SUCH_PRODUCT
    assert again["deleted_products"] == []


def test_an_unknown_group_and_a_product_of_another_group_fail(sandbox: Sandbox) -> None:
    asset, _, products = asset_with_outputs(sandbox)
    body = {"asset_id": asset.id, "delete_type": "GROUP", "delete_infos": [{"group_id": "0" * 32}]}
    failed = vod(sandbox, "DELETE", DELETE, body).json()["failed_products"]
    assert failed == [{"group_id": "0" * 32, "fail_reason": NO_SUCH_GROUP, "products": []}]
    assert delete_products(sandbox, asset.id, {"0" * 32: [products[0].id]}).json()["status"] == "FAIL"


def test_an_old_group_without_an_id_is_reached_by_product_only(sandbox: Sandbox) -> None:
    asset = sandbox.huawei_vod.add_asset()
    product = sandbox.huawei_vod.add_product(asset, sandbox.huawei_vod.add_group(asset, group_id=None))
    body = {"asset_id": asset.id, "delete_type": "GROUP", "delete_infos": [{}]}
    assert error(vod(sandbox, "DELETE", DELETE, body)) == "VOD.10053"
    assert delete_products(sandbox, asset.id, {None: [product.id]}).json()["status"] == "SUCCESS"


@pytest.mark.parametrize("delete_type", ["PRODUCT", "GROUP"])
def test_more_than_a_hundred_outputs_are_refused(sandbox: Sandbox, delete_type: str) -> None:
    asset, group, products = asset_with_outputs(sandbox, 101)
    urls = [{"url": product.id} for product in products]

    def body(count: int) -> dict[str, Any]:
        infos = (
            [{"group_id": group, "products": urls[:count]}]
            if delete_type == "PRODUCT"
            else [{"group_id": f"{number:032x}"} for number in range(count)]
        )
        return {"asset_id": asset.id, "delete_type": delete_type, "delete_infos": infos}

    assert error(vod(sandbox, "DELETE", DELETE, body(101))) == "VOD.10053"
    assert vod(sandbox, "DELETE", DELETE, body(100)).status == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"asset_id": None}, "asset_id"),
        ({"asset_id": "short"}, "asset_id"),
        ({"delete_type": "ALL"}, "delete_type"),
        ({"delete_infos": []}, "delete_infos"),
        ({"delete_infos": None}, "delete_infos"),
        ({"delete_infos": [{"group_id": "a", "products": []}]}, "products"),
        ({"delete_infos": [{"group_id": "a"}]}, "products"),
        ({"delete_infos": [{"group_id": "a", "products": [{"url": ""}]}]}, "url"),
    ],
)
def test_an_incomplete_body_is_refused_and_the_field_named(
    sandbox: Sandbox, change: dict[str, Any], field: str
) -> None:
    asset, group, products = asset_with_outputs(sandbox)
    infos = [{"group_id": group, "products": [{"url": products[0].id}]}]
    body = {"asset_id": asset.id, "delete_type": "PRODUCT", "delete_infos": infos} | change
    got = vod(sandbox, "DELETE", DELETE, body)
    assert error(got) == "VOD.10053"
    assert f"{{{field}}}" in got.json()["error_msg"]
    assert not sandbox.effects()


def test_refusals_of_the_account_and_of_the_asset(sandbox: Sandbox) -> None:
    asset, group, products = asset_with_outputs(sandbox)
    ask: dict[str | None, list[str]] = {group: [products[0].id]}
    assert error(delete_products(sandbox, "f" * 32, ask)) == "VOD.10062"
    assert error(delete_products(sandbox, asset.id, ask, project="f" * 32)) == "VOD.10057"
    assert error(delete_products(sandbox, asset.id, ask, account="reader")) == "VOD.10054"
    assert error(vod(sandbox, "POST", DELETE, {})) == "VOD.10058"
    text = {"content-type": "text/plain"}
    assert error(vod(sandbox, "DELETE", DELETE, b"{}", headers=text)) == "VOD.10059"
    asset.status = "TRANSCODING"
    assert error(delete_products(sandbox, asset.id, ask)) == "VOD.10061"
    asset.status = "DELETED"
    assert error(delete_products(sandbox, asset.id, ask)) == "VOD.10062"
    asset.status, asset.refuses = "PUBLISHED", "VOD.10083"
    assert error(delete_products(sandbox, asset.id, ask), 400) == "VOD.10083"
    sandbox.change("account", "huawei_vod", refuses="VOD.10056")
    assert error(delete_products(sandbox, asset.id, ask)) == "VOD.10056"
    assert all(product.deleted_at is None for product in products)


def test_the_limit_of_calls_per_minute_is_kept() -> None:
    world = World.empty(1_700_000_000)
    world.limits["transcode-product"] = 2
    with Sandbox(world) as sandbox:
        answers = [delete_products(sandbox, "f" * 32, {"a": ["b"]}).json()["error_code"] for _ in range(3)]
        assert answers == ["VOD.10062", "VOD.10062", "VOD.10127"]
        assert vod(sandbox, "GET", "/v1.0/{project}/asset/info").status == 200


def test_asset_info_shows_outputs_until_they_are_deleted(sandbox: Sandbox) -> None:
    asset, group, products = asset_with_outputs(sandbox, 2)
    gone = sandbox.huawei_vod.add_asset(status="DELETED")
    unknown = "f" * 32
    path = f"/v1.0/{{project}}/asset/info?asset_id={asset.id}&asset_id={gone.id},{unknown}"
    delete_products(sandbox, asset.id, {group: [products[0].id]})
    body = vod(sandbox, "GET", path).json()
    first, second, third = body["asset_info_array"]
    assert [output["url"] for output in first["play_info_array"]] == [products[1].id]
    assert (second["status"], third["status"]) == ("DELETED", "NO_ASSET")
    assert (body["is_truncated"], body["total"]) == (0, 3)


def test_assets_are_paged_newest_first(sandbox: Sandbox) -> None:
    made = [sandbox.huawei_vod.add_asset(created_at=1_700_000_000 + number) for number in range(5)]
    path = "/v1.0/{project}/asset/info?page={page}&size=2"
    pages = [vod(sandbox, "GET", path.replace("{page}", str(page))).json() for page in range(3)]
    listed = [row["asset_id"] for page in pages for row in page["asset_info_array"]]
    assert listed == [asset.id for asset in reversed(made)]
    assert [page["is_truncated"] for page in pages] == [1, 1, 0]
    assert error(vod(sandbox, "GET", "/v1.0/{project}/asset/info?page=200&size=100")) == "VOD.10053"


def test_details_leave_transcode_info_out_when_there_is_none(sandbox: Sandbox) -> None:
    asset, group, products = asset_with_outputs(sandbox, 1)
    path = f"/v1.0/{{project}}/asset/details?asset_id={asset.id}&categories=base_info,transcode_info"
    assert vod(sandbox, "GET", path).json()["transcode_info"]["output"][0]["url"] == products[0].id
    delete_products(sandbox, asset.id, {group: [products[0].id]})
    assert "transcode_info" not in vod(sandbox, "GET", path).json()
