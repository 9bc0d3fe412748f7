"""Syngrafii's client: one video is one video, and its id in the answer is the only proof."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.codes import CodeClass
from providers.outcome import Ambiguous, InvalidRequest, NotSent, Rejected
from providers.shapes import Misshapen
from providers.syngrafii import SyngrafiiClient
from providers.syngrafii.videos import duration, timestamp
from tests.providers.loopback import Loopback

PACKAGE = "c603079c-2dc7-4af7-8c2e-dc992662621c"
VIDEO = "4c512b8a-c1ad-47da-ae22-5a61115505e3"
NOW = datetime(2019, 8, 20, 18, 58, tzinfo=UTC)
ROW = {
    "meetingVideoId": VIDEO,
    "meetingId": "0f2f4065-3d07-4fd5-96e8-13b3f77a7c9d",
    "timeCreated": "2019-08-20T18:57:33.541Z",
    "timeRetention": None,
    "timeDeleted": "2019-08-20T18:58:02.2596573Z",
    "duration": "PT6S",
    "size": 484524,
    "type": "video",
    "state": "deleted",
    "url": "https://x.example/v?token=secret",
    "timeUrlExpires": None,
}


@pytest.fixture
def client(server: Loopback) -> Iterator[SyngrafiiClient]:
    made = SyngrafiiClient(base_url=f"{server.url}/api/v1", api_key="k3y-0001", clock=NOW.timestamp)
    yield made
    made.close()


def answer(*rows: dict[str, Any], package: str | None = PACKAGE) -> dict[str, Any]:
    return {"packageId": package, "videos": list(rows)}


def test_one_video_is_deleted_on_the_long_path_with_both_ids(
    server: Loopback, client: SyngrafiiClient
) -> None:
    server.will_answer(answer(ROW))
    reply = client.delete_video(PACKAGE, VIDEO)
    request = server.received[0]
    assert (request.method, request.target) == ("POST", f"/api/v1/packages/{PACKAGE}/videos/delete")
    assert request.json == {"packageId": PACKAGE, "meetingVideoId": VIDEO} == reply.exchange.sent
    assert request.headers["api_key"] == "k3y-0001"
    assert reply.code.kind is CodeClass.DONE
    row = reply.value
    assert (row.meeting_video_id, row.state, row.size, row.duration) == (
        VIDEO,
        "deleted",
        484524,
        timedelta(seconds=6),
    )
    assert row.time_deleted == datetime(2019, 8, 20, 18, 58, 2, 259657, tzinfo=UTC)
    assert row.time_created == datetime(2019, 8, 20, 18, 57, 33, 541000, tzinfo=UTC)
    assert "token=secret" not in f"{reply!r}"


def test_all_videos_are_a_call_of_their_own_without_a_video_id(
    server: Loopback, client: SyngrafiiClient
) -> None:
    server.will_answer(answer(ROW, {"meetingVideoId": "v2", "state": "archived"}))
    reply = client.delete_all_videos(PACKAGE)
    assert server.received[0].json == {"packageId": PACKAGE}
    assert [(row.meeting_video_id, row.is_deleted) for row in reply.value] == [(VIDEO, True), ("v2", False)]


def test_videos_are_listed(server: Loopback, client: SyngrafiiClient) -> None:
    server.will_answer(answer({**ROW, "state": "archived", "timeDeleted": None}))
    reply = client.list_videos(PACKAGE)
    assert (server.received[0].method, server.received[0].target) == (
        "GET",
        f"/api/v1/packages/{PACKAGE}/videos",
    )
    assert reply.value[0].video_type == "video"
    assert not reply.value[0].is_deleted


@pytest.mark.parametrize(
    "empty",
    [
        "",
        " ",
        None,
        "0",
        "00000000-0000-0000-0000-000000000000",
        "../other",
        "a/b",
        "a?b",
        "a b",
        7,
        "..",
        "\u200b",
    ],
)
def test_an_empty_or_doubtful_id_is_refused(server: Loopback, client: SyngrafiiClient, empty: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.delete_video(PACKAGE, empty)
    assert caught.value.field == "meetingVideoId"
    for act in (
        lambda: client.delete_video(empty, VIDEO),
        lambda: client.delete_all_videos(empty),
        lambda: client.list_videos(empty),
    ):
        with pytest.raises(InvalidRequest) as caught:
            act()
        assert caught.value.field == "packageId"
    assert server.received == []


@pytest.mark.parametrize(
    ("time_deleted", "kind"),
    [
        ("2019-08-20T18:00:00Z", CodeClass.ALREADY),
        ("2019-08-20T18:54:00Z", CodeClass.DONE),
        ("2019-08-20T19:30:00.1Z", CodeClass.DONE),
        (None, CodeClass.DONE),
    ],
)
def test_a_video_deleted_well_before_our_request_was_already_gone(
    server: Loopback, client: SyngrafiiClient, time_deleted: str | None, kind: CodeClass
) -> None:
    for _ in range(2):
        server.will_answer(answer({**ROW, "timeDeleted": time_deleted}))
    assert client.delete_video(PACKAGE, VIDEO).code.kind is kind
    assert client.delete_all_videos(PACKAGE).code.kind is kind


def test_an_id_counts_in_either_case(server: Loopback, client: SyngrafiiClient) -> None:
    server.will_answer(answer({**ROW, "meetingVideoId": VIDEO.upper()}, package=PACKAGE.upper()))
    assert client.delete_video(PACKAGE, VIDEO).code.kind is CodeClass.DONE


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, answer()),
        (200, {"packageId": PACKAGE}),
        (200, {"packageId": PACKAGE, "videos": None}),
        (200, answer({**ROW, "meetingVideoId": "another"})),
        (200, answer({**ROW, "state": "archived"})),
        (200, answer(ROW, package="another")),
        (200, answer({**ROW, "timeRetention": "soon"})),
        (200, answer({**ROW, "timeCreated": "2019-02-31T00:00:00Z"})),
        (200, answer({**ROW, "duration": "6 seconds"})),
        (200, answer({**ROW, "size": "big"})),
        (200, answer({**ROW, "size": -1})),
        (200, {"packageId": PACKAGE, "videos": [VIDEO]}),
        (200, {**answer(ROW), "error": "package_invalid_id"}),
        (200, b""),
        (200, b"null"),
        (202, answer(ROW)),
        (500, {}),
        (500, answer(ROW)),
        (503, b"<html>"),
        (404, {"error": "meeting_video_not_found", "message": "gone"}),
        (400, {"error": "something_new", "message": "?"}),
    ],
    ids=lambda value: str(value)[:50],
)
def test_an_answer_without_our_deleted_video_is_ambiguous(
    server: Loopback, client: SyngrafiiClient, status: int, body: Any
) -> None:
    server.will_answer(body, status=status)
    with pytest.raises(Ambiguous):
        client.delete_video(PACKAGE, VIDEO)


@pytest.mark.parametrize(
    ("status", "body", "kind", "value"),
    [
        (400, {"error": "package_invalid_id", "message": "x"}, CodeClass.FIX_INPUT, "package_invalid_id"),
        (404, {"error": "package_not_found", "message": "x"}, CodeClass.FIX_INPUT, "package_not_found"),
        (200, {"error": "package_not_found", "message": "x"}, CodeClass.FIX_INPUT, "package_not_found"),
        (403, {}, CodeClass.CREDENTIALS, "http_403"),
        (401, b"", CodeClass.CREDENTIALS, "http_401"),
        (403, {"error": "user_not_authorized"}, CodeClass.CREDENTIALS, "user_not_authorized"),
        (429, {}, CodeClass.RETRY_LATER, "http_429"),
        (400, {"error": "package_delete_retention"}, CodeClass.FIX_INPUT, "package_delete_retention"),
    ],
)
def test_a_refusal_is_classified(
    server: Loopback, client: SyngrafiiClient, status: int, body: Any, kind: CodeClass, value: str
) -> None:
    server.will_answer(body, status=status)
    with pytest.raises(Rejected) as caught:
        client.delete_video(PACKAGE, VIDEO)
    assert (caught.value.code.kind, caught.value.code.value) == (kind, value)


def test_a_refused_connection_is_not_sent(server: Loopback) -> None:
    client = SyngrafiiClient(base_url=server.url, api_key="k3y-0001")
    server.stop()
    with pytest.raises(NotSent) as caught:
        client.delete_video(PACKAGE, VIDEO)
    client.close()
    assert caught.value.exchange.sent == {"packageId": PACKAGE, "meetingVideoId": VIDEO}


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [("", 0), (".", 0), (".5", 500000), (".541", 541000), (".2596573", 259657), (".0000009", 0)],
)
def test_a_timestamp_has_up_to_seven_digits(text: str, microsecond: int) -> None:
    assert timestamp(f"2024-02-29T23:59:59{text}Z") == datetime(2024, 2, 29, 23, 59, 59, microsecond, UTC)


@pytest.mark.parametrize(
    "value", ["2024-01-01", "2024-01-01T00:00:00", "2024-01-01T00:00:00.12345678Z", "x", 5, "٢"]
)
def test_anything_else_is_no_timestamp(value: Any) -> None:
    with pytest.raises(Misshapen):
        timestamp(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("PT6S", timedelta(seconds=6)),
        ("PT5M12S", timedelta(minutes=5, seconds=12)),
        ("PT1H0.5S", timedelta(hours=1, milliseconds=500)),
        ("P1DT2H", timedelta(days=1, hours=2)),
        ("P2D", timedelta(days=2)),
        ("PT0S", timedelta(0)),
        (None, None),
        ("", None),
    ],
)
def test_a_duration_is_read(value: Any, expected: timedelta | None) -> None:
    assert duration(value) == expected


@pytest.mark.parametrize(
    "value", ["P", "PT", "6S", "P1M", "P1Y", "PT-6S", "PT6", "P1DT", "PT1S1M", 6, "PT1,5S"]
)
def test_anything_else_is_no_duration(value: Any) -> None:
    with pytest.raises(Misshapen):
        duration(value)
