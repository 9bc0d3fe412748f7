"""Every kind of misbehaviour: what the client sees, and whether the effect took place."""

import http.client
import time
from typing import Any

import pytest

from sandbox.faults import KINDS, UnknownFault
from sandbox.objects import Clip
from sandbox.server import Sandbox
from tests.sandbox.callers import Got, classin, control, delete_products, delete_video, send

LOST = (TimeoutError, ConnectionError, http.client.HTTPException)
EFFECT = {
    "delay": True,
    "timeout_before": False,
    "timeout_after": True,
    "reset_before": False,
    "reset_after": True,
    "http_500_before": False,
    "http_500_after": True,
    "throttle": False,
    "garbage": True,
    "truncated": True,
    "ok_with_error": False,
    "ok_without_effect": False,
    "code": False,
    "missing_item": True,
    "redirect": False,
    "string_errno": True,
}


def delete(sandbox: Sandbox, clip: Clip, timeout: float = 0.4) -> Got | None:
    """The answer, or None when there was none."""
    try:
        return classin(sandbox, "deleteClassVideo", classId=clip.lesson_id, fileId=clip.id, timeout=timeout)
    except LOST:
        return None


def seen(got: Got | None) -> Any:
    """What an answer comes down to: nothing, an errno, an HTTP status or "unreadable"."""
    if got is None:
        return None
    if got.status != 200:
        return got.status
    try:
        return got.json()["error_info"]["errno"]
    except (ValueError, KeyError):
        return "unreadable"


EXPECTED = {
    "delay": 1,
    "timeout_before": None,
    "timeout_after": None,
    "reset_before": None,
    "reset_after": None,
    "http_500_before": 500,
    "http_500_after": 500,
    "throttle": 429,
    "garbage": "unreadable",
    "truncated": None,
    "ok_with_error": 104,
    "ok_without_effect": 1,
    "code": 633,
    "missing_item": "unreadable",
    "redirect": 307,
    "string_errno": "1",
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_spoils_one_call_and_the_log_tells_the_truth(sandbox: Sandbox, kind: str) -> None:
    lesson = sandbox.classin.add_class()
    clip, spare = sandbox.classin.add_clip(lesson), sandbox.classin.add_clip(lesson)
    more: dict[str, Any] = {"code": "633"} if kind == "code" else {"seconds": 0.05} if kind == "delay" else {}
    sandbox.fault("classin", kind, call="deleteClassVideo", **more)
    assert seen(delete(sandbox, clip)) == EXPECTED[kind]
    assert (clip.deleted_at is not None) is EFFECT[kind]
    [call] = sandbox.calls()
    assert call["fault"] == kind
    assert call["effect"] == ([clip.id] if EFFECT[kind] else [])
    assert seen(delete(sandbox, spare)) == 1, "a fault is used once"


def test_a_reset_is_a_reset_and_not_an_end(sandbox: Sandbox) -> None:
    sandbox.fault("classin", "reset_after")
    clip = sandbox.classin.add_clip()
    with pytest.raises(ConnectionResetError):
        classin(sandbox, "deleteClassVideo", classId=clip.lesson_id, fileId=clip.id)


def test_a_fault_meets_only_what_it_is_about(sandbox: Sandbox) -> None:
    first, second = sandbox.classin.add_clip(), sandbox.classin.add_clip()
    sandbox.fault(
        "classin", "code", code="104", call="deleteClassVideo", match={"fileId": first.id}, times=None
    )
    sandbox.fault("syngrafii", "http_500_before", times=None)
    assert seen(delete(sandbox, second)) == 1
    assert [seen(delete(sandbox, first)) for _ in range(3)] == [104, 104, 104]
    sandbox.clear_faults()
    assert seen(delete(sandbox, first)) == 1


def test_a_fault_lasts_as_often_as_it_was_told(sandbox: Sandbox) -> None:
    sandbox.fault("classin", "code", code="104", times=2)
    clip = sandbox.classin.add_clip()
    assert [seen(delete(sandbox, clip)) for _ in range(3)] == [104, 104, 1]


def test_a_fault_for_effects_leaves_the_second_asking_alone(sandbox: Sandbox) -> None:
    clip, _ = sandbox.classin.add_clip(), sandbox.classin.add_clip()
    sandbox.fault("classin", "reset_after", times=None, only_with_effect=True)
    assert seen(delete(sandbox, clip)) is None
    assert seen(delete(sandbox, clip)) == 632


def test_chance_is_repeatable(sandbox: Sandbox) -> None:
    rows = []
    for _ in range(2):
        sandbox.clear_faults()
        sandbox.fault("classin", "code", code="104", times=None, probability=0.5)
        rows.append([classin(sandbox, "renameFile", fileId="1", fileName="a").errno for _ in range(20)])
    assert rows[0] == rows[1]
    assert {104, 198} == set(rows[0])


def test_bad_credentials_are_refused_before_any_misbehaviour(sandbox: Sandbox) -> None:
    sandbox.fault("syngrafii", "http_500_before")
    assert delete_video(sandbox, "any", key="wrong").status == 403


def test_throttling_says_how_long_to_wait(sandbox: Sandbox) -> None:
    for provider in ("classin", "huawei_vod", "syngrafii"):
        sandbox.fault(provider, "throttle", retry_after=7)
    got = [
        classin(sandbox, "renameFile", fileId="1", fileName="a"),
        delete_products(sandbox, "f" * 32, {"a": ["b"]}),
        delete_video(sandbox, "any"),
    ]
    assert [(answer.status, answer.headers["retry-after"]) for answer in got] == [(429, "7")] * 3
    assert got[1].json()["error_code"] == "APIGW.0308"


def test_an_output_can_be_missing_from_both_lists(sandbox: Sandbox) -> None:
    asset = sandbox.huawei_vod.add_asset()
    products = [sandbox.huawei_vod.add_product(asset) for _ in range(2)]
    urls = [product.id for product in products]
    sandbox.fault("huawei_vod", "missing_item", match={"url": urls[1]})
    body = delete_products(sandbox, asset.id, {products[0].group_id: urls}).json()
    assert body["status"] == "SUCCESS"
    assert body["deleted_products"][0]["products"] == [{"url": urls[0]}]
    assert body["failed_products"] == []
    assert sandbox.effects()[0]["effect"] == urls


def test_a_video_can_be_missing_from_the_answer(sandbox: Sandbox) -> None:
    video = sandbox.syngrafii.add_video()
    sandbox.fault("syngrafii", "missing_item", match={"meetingVideoId": video.id})
    assert delete_video(sandbox, video.package_id, video.id).json()["videos"] == []
    assert video.state == "deleted"


def test_an_error_can_hide_in_http_200(sandbox: Sandbox) -> None:
    sandbox.fault("huawei_vod", "ok_with_error")
    sandbox.fault("syngrafii", "ok_with_error")
    vod, sign = delete_products(sandbox, "f" * 32, {"a": ["b"]}), delete_video(sandbox, "any")
    assert (vod.status, vod.json()["error_code"]) == (200, "VOD.10051")
    assert (sign.status, sign.json()["error"]) == (200, "server_exception_unhandled")


def test_a_followed_redirect_is_noticed(sandbox: Sandbox) -> None:
    video = sandbox.syngrafii.add_video()
    sandbox.fault("syngrafii", "redirect")
    got = delete_video(sandbox, video.package_id, video.id)
    assert got.status == 307
    send(sandbox, "POST", got.headers["location"], b"{}", {"api_key": "secret"})
    assert sandbox.calls()[-1]["params"] == {"carried": ["api_key"], "body_bytes": 2}


def test_stopping_releases_held_connections() -> None:
    with Sandbox() as sandbox:
        sandbox.fault("classin", "timeout_before", seconds=60)
        clip = sandbox.classin.add_clip()
        assert delete(sandbox, clip, timeout=0.1) is None
        started = time.monotonic()
    assert time.monotonic() - started < 2


def test_faults_are_set_listed_and_cleared_over_http(sandbox: Sandbox) -> None:
    fault = {"provider": "classin", "kind": "code", "code": 104, "times": None}
    assert control(sandbox, "POST", "faults", fault).json()["faults"][0]["kind"] == "code"
    clip = sandbox.classin.add_clip()
    assert seen(delete(sandbox, clip)) == 104
    assert len(control(sandbox, "GET", "faults").json()["faults"]) == 1
    assert control(sandbox, "DELETE", "faults").json() == {"faults": []}
    assert seen(delete(sandbox, clip)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"provider": "zoom", "kind": "code"},
        {"provider": "classin", "kind": "explode"},
        {"provider": "classin", "kind": "code"},
        {"provider": "classin", "kind": "delay", "second": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox, fault: dict[str, Any]) -> None:
    assert control(sandbox, "POST", "faults", fault).status == 400
    with pytest.raises((UnknownFault, TypeError)):
        sandbox.fault(fault.pop("provider"), fault.pop("kind"), **fault)
