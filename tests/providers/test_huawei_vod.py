"""Huawei VOD's client: only an output that the answer names without contradiction is settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from providers.codes import CodeClass
from providers.huawei_vod import DeletionReport, HuaweiVodClient
from providers.outcome import Ambiguous, InvalidRequest, Rejected
from tests.providers.loopback import Loopback

ONE = "https://103.cdn-vod.huaweicloud.com/asset/a1/play_multi_video/g1/one.mp4"
TWO = "https://103.cdn-vod.huaweicloud.com/asset/a1/play_multi_video/g1/two.mp4"


@pytest.fixture
def client(server: Loopback) -> Iterator[HuaweiVodClient]:
    made = HuaweiVodClient(endpoint=server.url, project_id="p1", access_key="ak", secret_key="sk-123")
    yield made
    made.close()


def group(
    *urls: str, group_id: str | None = "g1", reason: str | None = None, why: str | None = None
) -> dict[str, Any]:
    products = [{"url": url, "fail_reason": why} if why else {"url": url} for url in urls]
    return {"group_id": group_id, "products": products or None, "fail_reason": reason}


def test_outputs_are_deleted_as_the_page_says(server: Loopback, client: HuaweiVodClient) -> None:
    server.will_answer(
        {"status": "SUCCESS", "deleted_products": [group(ONE)], "failed_products": []},
        headers="X-Request-Id: r-9\r\n",
    )
    reply = client.delete_products("a1", {"g1": [ONE]})
    request = server.received[0]
    assert (request.method, request.target) == ("DELETE", "/v1/p1/asset/transcode-product")
    expected = {
        "asset_id": "a1",
        "delete_type": "PRODUCT",
        "delete_infos": [{"group_id": "g1", "products": [{"url": ONE}]}],
    }
    assert request.json == expected == reply.exchange.sent
    assert b" " not in request.body
    assert request.headers["authorization"].startswith(
        "SDK-HMAC-SHA256 Access=ak, SignedHeaders=content-type;host;"
    )
    assert (reply.exchange.code, reply.exchange.request_id, reply.exchange.http_status) == (
        "SUCCESS",
        "r-9",
        200,
    )
    assert reply.value.verdict("g1", ONE).state == "deleted"


def test_groups_are_deleted_without_naming_products(server: Loopback, client: HuaweiVodClient) -> None:
    server.will_answer(
        {
            "status": "PARTIAL_SUCCESS",
            "deleted_products": [group(ONE, TWO)],
            "failed_products": [group(group_id="g2", reason="busy")],
        }
    )
    report = client.delete_groups("a1", ["g1", "g2", "g3"]).value
    assert server.received[0].json == {
        "asset_id": "a1",
        "delete_type": "GROUP",
        "delete_infos": [{"group_id": "g1"}, {"group_id": "g2"}, {"group_id": "g3"}],
    }
    assert [report.verdict(name).state for name in ("g1", "g2", "g3", "g4")] == [
        "deleted",
        "failed",
        "unknown",
        "unknown",
    ]
    assert report.verdict("g2").reason == "busy"


def _report(server: Loopback, client: HuaweiVodClient, body: dict[str, Any]) -> DeletionReport:
    server.will_answer(body)
    return client.delete_products("a1", {"g1": [ONE, TWO]}).value


@pytest.mark.parametrize(
    ("body", "one", "two"),
    [
        ({"status": "SUCCESS", "deleted_products": [group(ONE, TWO)]}, "deleted", "deleted"),
        ({"status": "SUCCESS", "deleted_products": None, "failed_products": None}, "unknown", "unknown"),
        ({"status": "SUCCESS", "deleted_products": [group(ONE)]}, "deleted", "unknown"),
        ({"status": "SUCCESS", "deleted_products": [group()]}, "unknown", "unknown"),
        ({"deleted_products": [group(ONE)], "failed_products": [group(TWO)]}, "deleted", "failed"),
        (
            {
                "status": "PARTIAL_SUCCESS",
                "deleted_products": [group(ONE)],
                "failed_products": [group(TWO, why="x")],
            },
            "deleted",
            "failed",
        ),
        ({"status": "FAIL", "failed_products": [group(ONE, TWO, why="not exist")]}, "failed", "failed"),
        ({"status": "FAIL", "failed_products": [group(reason="group is busy")]}, "failed", "failed"),
        ({"status": "FAIL", "deleted_products": [group(ONE)]}, "unknown", "unknown"),
        ({"status": "SUCCESS", "failed_products": [group(ONE)]}, "unknown", "unknown"),
        (
            {"status": "PARTIAL_SUCCESS", "deleted_products": [group(ONE)], "failed_products": [group(ONE)]},
            "unknown",
            "unknown",
        ),
        (
            {"status": "PARTIAL_SUCCESS", "deleted_products": [group(ONE)], "failed_products": [group()]},
            "unknown",
            "failed",
        ),
        ({"status": "WAITING", "deleted_products": [group(ONE)]}, "unknown", "unknown"),
        ({"status": "SUCCESS", "deleted_products": [group(ONE, group_id="g2")]}, "unknown", "unknown"),
        ({"status": "SUCCESS", "deleted_products": [group(ONE, group_id=None)]}, "deleted", "unknown"),
        (
            {
                "status": "SUCCESS",
                "deleted_products": [group(ONE.replace("103.cdn", "own.cdn") + "?auth=x", TWO)],
            },
            "deleted",
            "deleted",
        ),
    ],
)
def test_every_output_is_matched_with_the_answer(
    server: Loopback, client: HuaweiVodClient, body: dict[str, Any], one: str, two: str
) -> None:
    report = _report(server, client, body)
    assert (report.verdict("g1", ONE).state, report.verdict("g1", TWO).state) == (one, two)


def test_a_failure_keeps_the_nearest_reason(server: Loopback, client: HuaweiVodClient) -> None:
    failed = {
        "group_id": "g1",
        "fail_reason": "group",
        "products": [{"url": ONE, "fail_reason": "not exist"}, {"url": TWO}],
    }
    report = _report(server, client, {"status": "FAIL", "failed_products": [failed]})
    assert [report.verdict("g1", url).reason for url in (ONE, TWO)] == ["not exist", "group"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {}),
        (200, b""),
        (200, []),
        (200, {"status": 1}),
        (200, {"status": "SUCCESS", "deleted_products": {"group_id": "g1"}}),
        (200, {"status": "SUCCESS", "deleted_products": [{"group_id": "g1", "products": [{}]}]}),
        (200, {"status": "SUCCESS", "asset_id": "a2", "deleted_products": [group(ONE)]}),
        (200, {"error_code": "VOD.99999", "error_msg": "?"}),
        (200, {"error_code": "VOD.10053", "error_msg": "?", "deleted_products": [group(ONE)]}),
        (204, b""),
        (403, {"error_code": "VOD.10051", "error_msg": "internal"}),
        (403, {"error_code": "VOD.10062", "error_msg": "not found"}),
        (500, {"error_code": "APIGW.0512", "error_msg": "x"}),
        (500, {"status": "SUCCESS", "deleted_products": [group(ONE)]}),
        (502, b"<html>"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_answer_that_proves_nothing_is_ambiguous(
    server: Loopback, client: HuaweiVodClient, status: int, body: Any
) -> None:
    server.will_answer(body, status=status)
    with pytest.raises(Ambiguous):
        client.delete_products("a1", {"g1": [ONE]})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error_code": "VOD.10053", "error_msg": "x"}, CodeClass.FIX_INPUT),
        (403, {"error_code": "VOD.10053", "error_msg": "x"}, CodeClass.FIX_INPUT),
        (200, {"error_code": "VOD.10054", "error_msg": "x"}, CodeClass.CREDENTIALS),
        (403, {"error_code": "VOD.10127", "error_msg": "x"}, CodeClass.RETRY_LATER),
        (500, {"error_code": "APIG.0308", "error_msg": "x"}, CodeClass.RETRY_LATER),
        (429, {"error_code": "VOD.99999", "error_msg": "x"}, CodeClass.RETRY_LATER),
        (429, b"", CodeClass.RETRY_LATER),
        (401, {"errorCode": "APIGW.0301", "errorMsg": "x"}, CodeClass.CREDENTIALS),
        (403, b"", CodeClass.CREDENTIALS),
    ],
)
def test_a_refusal_is_classified_by_its_code_and_then_by_its_status(
    server: Loopback, client: HuaweiVodClient, status: int, body: Any, kind: CodeClass
) -> None:
    server.will_answer(body, status=status)
    with pytest.raises(Rejected) as caught:
        client.delete_groups("a1", ["g1"])
    assert caught.value.code.kind is kind


def test_a_throttled_answer_keeps_its_own_code(server: Loopback, client: HuaweiVodClient) -> None:
    server.will_answer({"error_code": "VOD.99999"}, status=429, headers="Retry-After: 12\r\n")
    with pytest.raises(Rejected) as caught:
        client.delete_groups("a1", ["g1"])
    assert (caught.value.code.value, caught.value.retry_after) == ("VOD.99999", 12)


MANY = [f"https://h/asset/{number}.mp4" for number in range(101)]


@pytest.mark.parametrize(
    "act",
    [
        lambda c: c.delete_products("", {"g1": [ONE]}),
        lambda c: c.delete_products("a1", {}),
        lambda c: c.delete_products("a1", {"": [ONE]}),
        lambda c: c.delete_products("a1", {" ": [ONE]}),
        lambda c: c.delete_products("a1", {"g1": []}),
        lambda c: c.delete_products("a1", {"g1": ONE}),
        lambda c: c.delete_products("a1", {"g1": [""]}),
        lambda c: c.delete_products("a1", {"g1": [None]}),
        lambda c: c.delete_products("a1", {"g1": ["ftp://h/a"]}),
        lambda c: c.delete_products("a1", {"g1": ["https://h/"]}),
        lambda c: c.delete_products("a1", {"g1": ["https://[h/a"]}),
        lambda c: c.delete_products("a1", {"g1": [ONE, ONE.replace("103", "104")]}),
        lambda c: c.delete_products("a1", {"g1": MANY[:60], "g2": MANY[60:]}),
        lambda c: c.delete_groups("a1", []),
        lambda c: c.delete_groups("a1", "g1"),
        lambda c: c.delete_groups("a1", ["g1", ""]),
        lambda c: c.delete_groups("a1", ["g1", "g1"]),
        lambda c: c.delete_groups("a1", [f"g{number}" for number in range(101)]),
        lambda c: c.asset_info([]),
        lambda c: c.asset_info("a1"),
        lambda c: c.asset_info(["a1", ""]),
        lambda c: c.asset_info([f"a{number}" for number in range(11)]),
    ],
)
def test_an_empty_or_overfull_request_is_refused(
    server: Loopback, client: HuaweiVodClient, act: Callable[[HuaweiVodClient], Any]
) -> None:
    with pytest.raises(InvalidRequest):
        act(client)
    assert server.received == []


def test_a_hundred_outputs_fit(server: Loopback, client: HuaweiVodClient) -> None:
    server.will_answer({"status": "SUCCESS", "deleted_products": [group(*MANY[:100])]})
    report = client.delete_products("a1", {"g1": MANY[:100]}).value
    assert {report.verdict("g1", url).state for url in MANY[:100]} == {"deleted"}


ASSET = {
    "asset_id": "a1",
    "status": "PUBLISHED",
    "base_info": {
        "title": "Lesson 一",
        "create_time": "20190704144303",
        "sign_url": "https://h/x?Signature=1",
    },
    "play_info_array": [
        {
            "play_type": "MP4",
            "group_id": "g1",
            "group_name": "system",
            "url": ONE,
            "encrypted": 0,
            "meta_data": {
                "duration": 244,
                "video_size": 13682041,
                "width": 512,
                "hight": 288,
                "quality": "HD",
            },
        },
        {"play_type": "hls", "group_id": None, "url": TWO, "quality": "SD", "meta_data": {"duration": 0}},
    ],
}


def test_assets_are_read_with_their_outputs(server: Loopback, client: HuaweiVodClient) -> None:
    others = [{"asset_id": "a2", "status": "NOASSET"}, {"asset_id": "foreign", "status": "CREATED"}]
    server.will_answer({"asset_info_array": [ASSET, *others], "total": 3})
    first, second = client.asset_info(["a1", "a2"]).value
    assert server.received[0].target == "/v1.0/p1/asset/info?asset_id=a1&asset_id=a2"
    assert (first.status, first.title, first.exists) == ("PUBLISHED", "Lesson 一", True)
    assert first.created == datetime(2019, 7, 4, 14, 43, 3, tzinfo=UTC)
    mp4, hls = first.products
    assert (mp4.url, mp4.group_id, mp4.play_type, mp4.quality) == (ONE, "g1", "mp4", "HD")
    assert (mp4.size, mp4.duration, mp4.width, mp4.height) == (13682041, 244, 512, 288)
    assert (hls.group_id, hls.quality, hls.duration, hls.size) == ("", "SD", None, None)
    assert (second.status, second.exists, second.products_listed) == ("NO_ASSET", False, False)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"asset_info_array": "x"},
        {"asset_info_array": [{}]},
        {"asset_info_array": [{"asset_id": "a1", "play_info_array": [{"url": ""}]}]},
        {"asset_info_array": [{"asset_id": "a1", "base_info": {"create_time": "yesterday"}}]},
    ],
)
def test_a_misshapen_list_of_assets_proves_nothing(
    server: Loopback, client: HuaweiVodClient, body: dict[str, Any]
) -> None:
    server.will_answer(body)
    with pytest.raises(Ambiguous):
        client.asset_info(["a1"])


def test_one_asset_that_does_not_exist_is_an_answer_and_among_several_a_refusal(
    server: Loopback, client: HuaweiVodClient
) -> None:
    for _ in range(2):
        server.will_answer({"error_code": "VOD.10062", "error_msg": "not exist"}, status=403)
    reply = client.asset_info(["a1"])
    assert reply.code.kind is CodeClass.ALREADY
    assert [(asset.asset_id, asset.exists) for asset in reply.value] == [("a1", False)]
    with pytest.raises(Rejected):
        client.asset_info(["a1", "a2"])


def test_a_token_replaces_the_signature(server: Loopback) -> None:
    client = HuaweiVodClient(endpoint=server.url, project_id="p1", auth_token="t0ken")
    server.will_answer({"status": "SUCCESS", "deleted_products": [group()]})
    client.delete_groups("a1", ["g1"])
    client.close()
    assert server.received[0].headers["x-auth-token"] == "t0ken"
    assert "authorization" not in server.received[0].headers
