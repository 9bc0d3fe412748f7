"""The two listings: what is asked, what is read, and what no complete list may be made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from providers.huawei_vod import HuaweiVodClient
from providers.outcome import Ambiguous, InvalidRequest, Rejected
from providers.syngrafii import SyngrafiiClient
from tests.providers.loopback import Loopback

START, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, 8, 0, 5, tzinfo=UTC)


@pytest.fixture
def vod(server: Loopback) -> Iterator[HuaweiVodClient]:
    made = HuaweiVodClient(endpoint=server.url, project_id="p1", auth_token="t0ken-0001")
    yield made
    made.close()


@pytest.fixture
def sign(server: Loopback) -> Iterator[SyngrafiiClient]:
    made = SyngrafiiClient(base_url=f"{server.url}/api/v1", api_key="k3y-0001")
    yield made
    made.close()


def test_assets_of_a_time_are_listed_in_utc_and_whole_seconds(server: Loopback, vod: HuaweiVodClient) -> None:
    row = {
        "asset_id": "a1",
        "title": "Recap",
        "asset_status": "published",
        "create_time": "20250110083000",
        "size": 5,
    }
    server.will_answer({"total": 201, "assets": [row]})
    page = vod.list_assets(START, END, 2).value
    target = urlsplit(server.received[0].target)
    assert target.path == "/v1.0/p1/asset/list"
    assert parse_qs(target.query) == {
        "start_time": ["20250101000000"],
        "end_time": ["20250201080005"],
        "page": ["2"],
        "size": ["100"],
    }
    assert page.total == 201
    (asset,) = page.assets
    assert (asset.asset_id, asset.title, asset.status) == ("a1", "Recap", "PUBLISHED")
    assert asset.created == datetime(2025, 1, 10, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "ask",
    [
        lambda vod: vod.list_assets(END, START),
        lambda vod: vod.list_assets(START.replace(tzinfo=None), END),
        lambda vod: vod.list_assets(START, END, 200),
        lambda vod: vod.list_assets(START, END, -1),
    ],
)
def test_what_the_listing_would_refuse_is_never_sent(
    server: Loopback, vod: HuaweiVodClient, ask: Any
) -> None:
    with pytest.raises(InvalidRequest):
        ask(vod)
    assert not server.received


@pytest.mark.parametrize(
    "body",
    [{}, {"total": 1}, {"assets": []}, {"total": 1, "assets": [{}]}, {"total": "1", "assets": []}],
)
def test_a_listing_without_its_parts_is_no_list_of_nothing(
    server: Loopback, vod: HuaweiVodClient, body: dict[str, Any]
) -> None:
    server.will_answer(body)
    with pytest.raises(Ambiguous):
        vod.list_assets(START, END)


@pytest.mark.parametrize(
    ("base", "listed"),
    [
        ({"video_url": "https://x.example/s.mp4"}, True),
        ({"video_url": None, "meta_data": {"codec": "H.264"}}, True),
        ({"video_url": None, "meta_data": None}, False),
        ({"video_url": None}, None),
        ({}, None),
    ],
)
def test_a_source_is_gone_only_where_the_answer_names_it_empty(
    server: Loopback, vod: HuaweiVodClient, base: dict[str, Any], listed: bool | None
) -> None:
    server.will_answer({"asset_info_array": [{"asset_id": "a1", "base_info": base}]})
    assert vod.asset_info(["a1"]).value[0].source_listed is listed


def test_packages_are_listed_by_a_post_that_reads(server: Loopback, sign: SyngrafiiClient) -> None:
    row = {"packageId": "p1", "name": "Contract", "type": "Live Session", "state": "open"}
    server.will_answer(
        {"items": [{**row, "timeCreated": "2025-01-10T08:30:00.1234567Z"}], "total": 51, "skip": 50}
    )
    page = sign.list_packages(50).value
    request = server.received[0]
    assert (request.method, request.target) == ("POST", "/api/v1/packages/list")
    assert request.json == {"allMembers": True, "take": 50, "skip": 50}
    assert (page.total, page.skip) == (51, 50)
    (package,) = page.packages
    assert (package.package_id, package.package_type, package.state) == ("p1", "Live Session", "open")
    assert package.time_created == datetime(2025, 1, 10, 8, 30, tzinfo=UTC) + timedelta(microseconds=123456)


@pytest.mark.parametrize("body", [{}, {"items": []}, {"total": 3}, {"total": 1, "items": [{"name": "x"}]}])
def test_a_list_of_packages_without_its_parts_is_no_list_of_nothing(
    server: Loopback, sign: SyngrafiiClient, body: dict[str, Any]
) -> None:
    server.will_answer(body)
    with pytest.raises(Ambiguous):
        sign.list_packages()


def test_a_key_of_one_member_is_refused_and_may_ask_for_its_own(
    server: Loopback, sign: SyngrafiiClient
) -> None:
    server.will_answer({"error": "member_not_authorized", "message": "no"}, status=403)
    server.will_answer({"items": [], "total": 0})
    with pytest.raises(Rejected):
        sign.list_packages()
    assert sign.list_packages(all_members=False).value.packages == ()
    assert server.received[1].json["allMembers"] is False
