"""What answers and looks mean, without a network: packing, reading, and what proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from operations.models import Item
from operations.operation import Look, Operation
from operations.registry import registry
from operations.states import Outcome, Resend, Risk
from providers.classin.cloud import CloudListing, ListedFile
from providers.codes import Code, CodeClass, Text
from providers.huawei_vod import AssetInfo, TranscodedOutput
from providers.huawei_vod.deletion import read_report
from providers.outcome import Exchange, Reply

OUTPUT = registry["media_assets.transcoded_output.delete"]
GROUP = registry["media_assets.transcode_group.delete"]
RENAME = registry["media_assets.cloud_file.rename"]
EXCHANGE = Exchange("huawei_vod", "call", 200, "", "", "", 1)
DONE = Code("http_200", Text("", ""), Text("", ""), CodeClass.DONE)
URL = "https://cdn.example/asset/a/play/1.mp4"


def _reply(value: Any) -> Reply[Any]:
    return Reply(DONE, EXCHANGE, value)


def _item(asset_id: str = "a", group_id: str = "g", url: str = URL, **fields: Any) -> Item:
    identity = {"asset_id": asset_id, "group_id": group_id, "url": url, "outputs": 2}
    return Item(identity=identity, attempts_made=fields.pop("attempts_made", 1), **fields)


class Listing:
    """A client that shows one asset, or one folder."""

    def __init__(self, *urls: str, status: str = "PUBLISHED", listed: bool = True, **folder: str) -> None:
        outputs = tuple(
            TranscodedOutput(url, "g", "", "mp4", "HD", size=None, duration=None, width=None, height=None)
            for url in urls
        )
        self.asset = AssetInfo("a", status, "", None, outputs, products_listed=listed)
        self.files = tuple(ListedFile(file_id, name, "") for file_id, name in folder.items())

    def asset_info(self, asset_ids: list[str]) -> Reply[Any]:
        return _reply([self.asset] if asset_ids == ["a"] else [])

    def list_cloud(self, folder_id: str) -> Reply[Any]:
        return _reply(CloudListing((), self.files))


def test_outputs_are_packed_by_asset_and_never_more_than_a_hundred() -> None:
    items = [_item("a") for _number in range(205)] + [_item("b"), _item("a")]
    packed = OUTPUT.pack(items)
    assert sorted(len(group) for group in packed) == [1, 6, 100, 100]
    assert all(len({item.identity["asset_id"] for item in group}) == 1 for group in packed)
    assert sum(len(group) for group in packed) == len(items)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (
            {"status": "SUCCESS", "deleted_products": [{"group_id": "g", "products": [{"url": URL}]}]},
            Outcome.DONE,
        ),
        (
            {
                "status": "FAIL",
                "failed_products": [{"group_id": "g", "products": [{"url": URL, "fail_reason": "In use."}]}],
            },
            Outcome.REJECTED,
        ),
        (
            {
                "status": "FAIL",
                "failed_products": [
                    {"group_id": "g", "products": [{"url": URL, "fail_reason": "资源不存在"}]}
                ],
            },
            Outcome.UNKNOWN,
        ),
        ({"status": "SUCCESS", "deleted_products": [], "failed_products": []}, Outcome.UNKNOWN),
        ({"status": "SUCCESS"}, Outcome.UNKNOWN),
    ],
    ids=["deleted", "failed", "failed because it is gone", "in neither list", "no lists"],
)
def test_http_200_proves_only_what_it_names(body: dict[str, Any], outcome: Outcome) -> None:
    report = read_report("a", [("g", URL)], body)
    assert OUTPUT.read(_item(), _reply(report)).outcome == outcome


@pytest.mark.parametrize(
    ("client", "look"),
    [
        (Listing("https://other.example/asset/a/play/1.mp4"), Look.NOT_HAPPENED),
        (Listing("https://cdn.example/asset/a/play/2.mp4"), Look.HAPPENED),
        (Listing(), Look.HAPPENED),
        (Listing(listed=False), Look.UNCLEAR),
        (Listing(status="TRANSCODING"), Look.UNCLEAR),
        (Listing(status="DELETED", listed=False), Look.HAPPENED),
        (Listing(status="NO_ASSET", listed=False), Look.HAPPENED),
    ],
    ids=[
        "still there, on another host",
        "only its neighbour is there",
        "none is there",
        "no list",
        "being transcoded",
        "asset deleted",
        "no such asset",
    ],
)
def test_an_output_is_looked_up_in_its_asset(client: Listing, look: Look) -> None:
    assert OUTPUT.look(client, _item()).look is look


def test_an_asset_that_the_answer_leaves_out_proves_nothing() -> None:
    assert OUTPUT.look(Listing(), _item(asset_id="b")).look is Look.UNCLEAR


@pytest.mark.parametrize(
    ("fields", "look"),
    [
        ({"code": "VOD.10062"}, Look.WAS_SO),
        ({"message": "The product does not exist."}, Look.WAS_SO),
        ({"code": "VOD.10062", "attempts_made": 2}, Look.HAPPENED),
        ({"code": "no_answer"}, Look.HAPPENED),
    ],
)
def test_what_our_first_sending_did_not_find_was_gone_before(fields: dict[str, Any], look: Look) -> None:
    assert OUTPUT.look(Listing(), _item(**fields)).look is look


@pytest.mark.parametrize(
    ("left", "look"),
    [
        ([], Look.HAPPENED),
        (["https://cdn.example/1"], Look.UNCLEAR),
        (["https://cdn.example/1", "https://cdn.example/2"], Look.NOT_HAPPENED),
    ],
    ids=["all gone", "some gone", "none gone"],
)
def test_a_group_is_counted(left: list[str], look: Look) -> None:
    assert GROUP.look(Listing(*left), _item()).look is look


@pytest.mark.parametrize(
    ("folder", "look"),
    [
        ({"21": "New.pdf"}, Look.HAPPENED),
        ({"21": "Old.pdf"}, Look.NOT_HAPPENED),
        ({"21": "New"}, Look.UNCLEAR),
        ({"22": "New.pdf"}, Look.UNCLEAR),
        ({}, Look.UNCLEAR),
    ],
    ids=["new name", "old name", "a third name", "another file", "not there"],
)
def test_a_file_is_looked_up_in_its_folder(folder: dict[str, str], look: Look) -> None:
    item = Item(
        identity={"fileId": "21", "folderId": "2"},
        params={"fileName": "New.pdf"},
        changes={"name": {"before": "Old.pdf", "after": "New.pdf"}},
    )
    assert RENAME.look(Listing(**folder), item).look is look


def _library() -> list[Operation]:
    return [operation for operation in registry if operation.key.startswith("media_assets.")]


def test_the_library_has_seven_operations() -> None:
    assert {operation.key: (operation.risk, operation.resend) for operation in _library()} == {
        "media_assets.class_video.delete": (Risk.IRREVERSIBLE, Resend.ANSWER_PROVES),
        "media_assets.class_videos.delete_all": (Risk.SWEEPING, Resend.BY_PERSON),
        "media_assets.cloud_file.rename": (Risk.REVERSIBLE, Resend.AFTER_LOOKING),
        "media_assets.meeting_video.delete": (Risk.IRREVERSIBLE, Resend.AFTER_LOOKING),
        "media_assets.meeting_videos.delete_all": (Risk.SWEEPING, Resend.AFTER_LOOKING),
        "media_assets.transcode_group.delete": (Risk.SWEEPING, Resend.AFTER_LOOKING),
        "media_assets.transcoded_output.delete": (Risk.IRREVERSIBLE, Resend.AFTER_LOOKING),
    }


@pytest.mark.parametrize("operation", _library(), ids=lambda operation: operation.key)
def test_reasons_to_leave_out_have_one_code_each(operation: Operation) -> None:
    codes = [reason.code for reason in operation.left_out]
    assert len(set(codes)) == len(codes)
    assert "no_provider_id" in codes
    assert "already_gone" in codes


@pytest.mark.parametrize("operation", _library(), ids=lambda operation: operation.key)
def test_an_item_without_its_id_is_refused_before_anything_is_sent(operation: Operation) -> None:
    from providers.accounts import build_client
    from providers.outcome import InvalidRequest

    credentials = {
        "classin": {"base_url": "https://classin.invalid", "sid": "1", "secret": "s"},
        "huawei_vod": {
            "endpoint": "https://vod.invalid",
            "project_id": "p",
            "access_key": "a",
            "secret_key": "s",
        },
        "syngrafii": {"base_url": "https://sign.invalid/api/v1", "api_key": "k"},
    }
    client = build_client(operation.provider, credentials[operation.provider])
    whole = dict.fromkeys(operation.identity, "1") | {"url": URL}
    for name in set(operation.identity) - {"outputs", "videos", "folderId"}:
        item = Item(identity=whole | {name: ""}, params={"fileName": "New.pdf"})
        with pytest.raises(InvalidRequest):
            operation.call(client, [item])
