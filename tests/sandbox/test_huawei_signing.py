"""The signature check against Huawei's own signer, and what the gateway refuses.

The vectors were computed with the official SDK (huaweicloudsdkcore 3.1.219).
"""

import hashlib
import time

import pytest

from sandbox.huawei_signing import canonical_request, signature_of
from sandbox.server import Sandbox
from sandbox.wire import Request
from tests.sandbox.callers import Got, vod

ACCESS, SECRET = "AKTESTEXAMPLE0000001", "sKtEsTeXaMpLe0000000000000000000000000001"
PROJECT = "0123456789abcdef0123456789abcdef"
URL = (
    "https://103-cn-north-4.cdn-vod.huaweicloud.com/asset/8c53b4038ea3d8694f1a8a7ac95f612f/play_multi_video/"
    "9171008cca7f47909c61f61a65d4c906/38a92b74ead764ad21aa5355bad5193e.mp4"
)
COMPACT = (
    '{"asset_id":"8c53b4038ea3d8694f1a8a7ac95f612f","delete_type":"PRODUCT","delete_infos":[{"group_id":'
    '"9171008cca7f47909c61f61a65d4c906","products":[{"url":"' + URL + '"}]}]}'
)
SPACED = COMPACT.replace('":', '": ').replace(',"', ', "')
GROUP = (
    '{"asset_id":"6f306b4cc58c39b2a97ad797367b88ad","delete_type":"GROUP",'
    '"delete_infos":[{"group_id":"02e6887dd6bf48299922eec52d192115"}]}'
)
QUERY = "asset_id=8c53b4038ea3d8694f1a8a7ac95f612f&categories=base_info&categories=transcode_info"
HEADERS = {
    "content-type": "application/json",
    "host": "vod.cn-north-4.myhuaweicloud.com",
    "x-project-id": PROJECT,
    "x-sdk-date": "20241204T083000Z",
}
TOKEN = {"x-security-token": "STSTOKENexample=="}


def deletion(body: str = COMPACT, **more: str) -> Request:
    path = f"/v1/{PROJECT}/asset/transcode-product"
    return Request("DELETE", path, "", {**HEADERS, **more}, body.encode())


def details() -> Request:
    return Request("GET", f"/v1.0/{PROJECT}/asset/details", QUERY, HEADERS, b"")


VECTORS = {
    "V1": (deletion(), (), "18a6437d4719a8f056d1cc81667fd7ffde8b58d8fddf8619c7a7ff725425f957"),
    "V2": (deletion(SPACED), (), "afc650575d7cd8ca678464d4762a6f570239e2b09bd353c4ef1851314e477c2b"),
    "V3": (deletion(GROUP), (), "49982d3c052b6b7689fe33ad3cfe9bc5987ae63f78b55cd46a7699dfa0236282"),
    "V4": (deletion(**TOKEN), (), "4af34acd925b39d8c09ef0e0bb2aabf30da1f8f72cd1ec52877db9bb0058637e"),
    "V5": (
        deletion(host="127.0.0.1:8099"),
        (),
        "1bb84ae3795266f2ba355f0a1ff3b58af9c05e98444ab8126b19ca85b77255e3",
    ),
    "V6": (details(), (), "7677ed1d38c88dfb8bb3e5bffd3f3178756a4bae84bb9884270ce1a92d1fc0b8"),
    "V6b": (details(), ("content-type",), "e4261546b6700b3069e1993444986380e6036e61b89b2ac17713275e5e91feb8"),
    "V7": (deletion(), ("x-project-id",), "bf4c13ad0f3bbd06a8bd8a5a8c316bb5788becc5e7affdc4ef989655ecdd0798"),
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_signature_is_the_official_one(name: str) -> None:
    request, unsigned, signature = VECTORS[name]
    names = [header for header in request.headers if header not in unsigned]
    assert signature_of(request, names, SECRET) == signature


def test_the_canonical_request_is_the_official_one() -> None:
    text = canonical_request(deletion(), list(HEADERS))
    assert text.splitlines()[:3] == ["DELETE", f"/v1/{PROJECT}/asset/transcode-product/", ""]
    assert hashlib.sha256(text.encode()).hexdigest() == (
        "52ff3d7a88f0f7e28914ae3e23e8a6e5c9b977475a96845d24d60eb187dc3297"
    )


LIST = "/v1.0/{project}/asset/list"


def refusal(got: Got) -> str:
    assert got.status == 401
    assert got.json()["error_code"] == "APIGW.0301"
    return str(got.json()["error_msg"])


@pytest.mark.parametrize("account", ["default", "reader", "temporary", "token"])
def test_every_kind_of_credential_is_let_in(sandbox: Sandbox, account: str) -> None:
    assert vod(sandbox, "GET", f"{LIST}?query_string=a%20b%2Bc", account=account).status == 200


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_more_than_fifteen_minutes_off_is_refused(sandbox: Sandbox, minutes: int) -> None:
    assert "expired" in refusal(vod(sandbox, "GET", LIST, at=time.time() + minutes * 60))
    assert vod(sandbox, "GET", LIST, at=time.time() + minutes * 52).status == 200


def test_a_wrong_secret_is_refused(sandbox: Sandbox) -> None:
    assert "signature" in refusal(vod(sandbox, "GET", LIST, secret="wrong"))


def test_the_date_has_to_be_signed(sandbox: Sandbox) -> None:
    assert "x-sdk-date" in refusal(vod(sandbox, "GET", LIST, names=("host",)))


def test_a_plus_sign_in_a_query_is_no_space(sandbox: Sandbox) -> None:
    asset = sandbox.huawei_vod.add_asset("a+b")
    found = vod(sandbox, "GET", f"{LIST}?query_string=a+b").json()
    assert [row["asset_id"] for row in found["assets"]] == [asset.id]


def test_a_security_token_that_is_wrong_or_out_of_place_is_refused(sandbox: Sandbox) -> None:
    wrong = {"x-security-token": "wrong"}
    assert "token" in refusal(vod(sandbox, "GET", LIST, account="temporary", headers=wrong))
    assert "token" in refusal(vod(sandbox, "GET", LIST, headers=wrong))


def test_a_wrong_iam_token_is_refused(sandbox: Sandbox) -> None:
    assert "token" in refusal(vod(sandbox, "GET", LIST, headers={"x-auth-token": "wrong"}))


def test_more_than_five_failures_in_a_row_lock_the_key_for_five_minutes(sandbox: Sandbox) -> None:
    for _ in range(5):
        refusal(vod(sandbox, "GET", LIST, secret="wrong"))
    assert vod(sandbox, "GET", LIST).status == 200
    for _ in range(6):
        refusal(vod(sandbox, "GET", LIST, secret="wrong"))
    assert "locked" in refusal(vod(sandbox, "GET", LIST))
    assert vod(sandbox, "GET", LIST, account="reader").status == 200
    sandbox.set_clock_offset(5 * 60 + 1)
    assert vod(sandbox, "GET", LIST, at=time.time() + 5 * 60).status == 200
