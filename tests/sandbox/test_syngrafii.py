"""Meeting videos of the Syngrafii imitation."""

import time
from typing import Any

import pytest

from sandbox.server import Sandbox
from sandbox.syngrafii_packages import duration_text, ticks
from tests.sandbox.callers import delete_video, send, sign


def test_one_video_is_deleted_and_shown_as_deleted(sandbox: Sandbox) -> None:
    package = sandbox.syngrafii.add_package()
    first, second = sandbox.syngrafii.add_video(package), sandbox.syngrafii.add_video(package)
    body = delete_video(sandbox, package.id, first.id).json()
    [row] = body["videos"]
    assert body["packageId"] == package.id
    assert (row["meetingVideoId"], row["state"], row["url"]) == (first.id, "deleted", None)
    assert row["timeDeleted"].endswith("Z")
    listed = sign(sandbox, "GET", f"/packages/{package.id}/videos").json()["videos"]
    assert [video["state"] for video in listed] == ["deleted", "archived"]
    assert listed[1]["url"]
    assert listed[1]["timeUrlExpires"]
    assert sandbox.effects()[0]["effect"] == [first.id]
    assert second.deleted is None


@pytest.mark.parametrize("extra", [{}, {"meetingVideoId": None}, {"meetingVideoId": ""}, {"videoId": "x"}])
def test_a_missing_or_empty_video_id_deletes_every_video(sandbox: Sandbox, extra: dict[str, Any]) -> None:
    package = sandbox.syngrafii.add_package()
    videos = [sandbox.syngrafii.add_video(package) for _ in range(3)]
    path = f"/packages/{package.id}/videos/delete"
    body = sign(sandbox, "POST", path, {"packageId": package.id, **extra}).json()
    assert [row["meetingVideoId"] for row in body["videos"]] == [video.id for video in videos]
    assert sandbox.effects()[0]["effect"] == [video.id for video in videos]


def test_deleting_again_answers_with_the_old_time(sandbox: Sandbox) -> None:
    video = sandbox.syngrafii.add_video()
    first, second = (delete_video(sandbox, video.package_id, video.id).json() for _ in range(2))
    assert first["videos"][0]["timeDeleted"] == second["videos"][0]["timeDeleted"]
    assert len(sandbox.effects()) == 1


def test_the_short_path_does_not_exist(sandbox: Sandbox) -> None:
    video = sandbox.syngrafii.add_video()
    body = {"packageId": video.package_id, "meetingVideoId": video.id}
    assert sign(sandbox, "POST", "/packages/videos/delete", body).status == 404
    assert not sandbox.effects()


def test_the_package_in_the_body_has_to_be_the_one_in_the_path(sandbox: Sandbox) -> None:
    video, other = sandbox.syngrafii.add_video(), sandbox.syngrafii.add_package()
    path = f"/packages/{video.package_id}/videos/delete"
    for body in ({"packageId": other.id}, {}, {"meetingVideoId": video.id}):
        got = sign(sandbox, "POST", path, body)
        assert (got.status, got.json()["error"]) == (400, "package_invalid_packageId")
    assert not sandbox.effects()


def test_one_path_segment_less_deletes_the_whole_package(sandbox: Sandbox) -> None:
    video = sandbox.syngrafii.add_video()
    assert sign(sandbox, "POST", "/packages/delete", {"packageId": video.package_id}).status == 200
    assert sandbox.effects()[0]["effect"] == [video.package_id, video.id]
    assert sign(sandbox, "GET", f"/packages/{video.package_id}").status == 404


@pytest.mark.parametrize("key", ["", "wrong", "sandbox-syngrafii-reader-key"])
def test_a_missing_wrong_or_powerless_key_is_refused(sandbox: Sandbox, key: str) -> None:
    video = sandbox.syngrafii.add_video()
    got = delete_video(sandbox, video.package_id, video.id, key=key)
    assert got.status == 403
    assert got.json()["error"].endswith("_not_authorized")


def test_the_key_has_to_be_in_its_own_header(sandbox: Sandbox) -> None:
    package = sandbox.syngrafii.add_package()
    key = sandbox.credentials("syngrafii")["api_key"]
    assert send(sandbox, "GET", f"/api/v1/packages/{package.id}", None, {"api-key": key}).status == 403


def test_refusals_by_state(sandbox: Sandbox) -> None:
    kept = sandbox.syngrafii.add_package(retained_until=time.time() + 3600)
    hidden = sandbox.syngrafii.add_package(restricted=True)
    package = sandbox.syngrafii.add_package()
    running = sandbox.syngrafii.add_video(package, state="started")
    asked = [
        (kept.id, None),
        (hidden.id, None),
        ("none", None),
        (package.id, running.id),
        (package.id, "none"),
    ]
    got = [delete_video(sandbox, package_id, video_id) for package_id, video_id in asked]
    assert [(answer.status, answer.json()["error"]) for answer in got] == [
        (400, "package_delete_retention"),
        (403, "package_not_authorized"),
        (404, "package_not_found"),
        (400, "meeting_video_invalid_state"),
        (404, "meeting_video_not_found"),
    ]
    assert not sandbox.effects()


def test_deleting_all_passes_over_a_running_recording(sandbox: Sandbox) -> None:
    package = sandbox.syngrafii.add_package()
    running = sandbox.syngrafii.add_video(package, state="started")
    done = sandbox.syngrafii.add_video(package)
    body = delete_video(sandbox, package.id).json()
    assert [row["meetingVideoId"] for row in body["videos"]] == [done.id]
    assert running.state == "started"


def test_packages_are_listed_without_videos(sandbox: Sandbox) -> None:
    made = [sandbox.syngrafii.add_package(f"Contract {n}", created_at=1_700_000_000 + n) for n in range(3)]
    body = sign(sandbox, "POST", "/packages/list", {"take": 2, "skip": 1}).json()
    assert [item["packageId"] for item in body["items"]] == [made[1].id, made[0].id]
    assert (body["total"], body["take"], body["skip"]) == (3, 2, 1)


def test_a_limit_of_calls_is_kept(sandbox: Sandbox) -> None:
    package = sandbox.syngrafii.add_package()
    sandbox.world.limits["videos"] = 1
    assert sign(sandbox, "GET", f"/packages/{package.id}/videos").status == 200
    assert sign(sandbox, "GET", f"/packages/{package.id}/videos").status == 429


def test_times_and_durations_are_written_as_documented() -> None:
    assert ticks(1_566_327_482.25) == "2019-08-20T18:58:02.2500000Z"
    assert [duration_text(seconds) for seconds in (6, 312, 3720, 0)] == ["PT6S", "PT5M12S", "PT1H2M", "PT0S"]
