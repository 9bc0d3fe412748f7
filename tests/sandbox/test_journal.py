"""What is deleted stays deleted: the log, its file, and the second start."""

import time
from pathlib import Path

import pytest

from sandbox.journal import CALLS_FILE, DataMismatch
from sandbox.server import Sandbox
from tests.sandbox.callers import classin, control, delete_products, delete_video


def delete_some(sandbox: Sandbox) -> tuple[str, str, str]:
    """One object of each provider's demo; returns their ids."""
    clip = next(iter(sandbox.classin.clips.values()))
    product = next(iter(sandbox.huawei_vod.products.values()))
    video = next(iter(sandbox.syngrafii.videos.values()))
    assert classin(sandbox, "deleteClassVideo", classId=clip.lesson_id, fileId=clip.id).errno == 1
    got = delete_products(sandbox, product.asset_id, {product.group_id: [product.id]})
    assert got.json()["status"] == "SUCCESS"
    assert delete_video(sandbox, video.package_id, video.id).status == 200
    return clip.id, product.id, video.id


def test_a_second_start_takes_up_where_the_first_ended(tmp_path: Path) -> None:
    with Sandbox(seed="demo", data=tmp_path) as first:
        clip, product, video = delete_some(first)
        calls, now = first.calls(), first.world.now
    with Sandbox(seed="demo", data=tmp_path, clock=lambda: time.time() + 86_400) as second:
        assert second.world.now == now
        assert second.calls() == calls
        assert second.classin.clips[clip].deleted_at is not None
        assert second.huawei_vod.products[product].deleted_at is not None
        assert second.syngrafii.videos[video].state == "deleted"
        lesson = second.classin.clips[clip].lesson_id
        again = control(second, "GET", f"effects?after={len(calls)}").json()
        assert again == {"entries": [], "last": len(calls)}
        second.set_clock_offset(-86_400)
        assert classin(second, "deleteClassVideo", classId=lesson, fileId=clip).errno == 634
        assert second.calls()[-1]["n"] == len(calls) + 1


def test_a_line_cut_short_by_a_kill_is_dropped(tmp_path: Path) -> None:
    with Sandbox(seed="bench:3", data=tmp_path) as first:
        for file_id in ("1000001", "1000002"):
            classin(first, "deleteClassVideo", classId="2001", fileId=file_id)
    path = tmp_path / CALLS_FILE
    path.write_bytes(path.read_bytes()[:-20])
    with Sandbox(seed="bench:3", data=tmp_path) as second:
        assert [entry["effect"] for entry in second.effects()] == [["1000001"]]
        assert classin(second, "deleteClassVideo", classId="2001", fileId="1000002").errno == 1
    assert path.read_bytes().count(b"\n") == 2


def test_another_seed_does_not_take_over_a_directory(tmp_path: Path) -> None:
    with Sandbox(seed="bench:3", data=tmp_path):
        pass
    with pytest.raises(DataMismatch):
        Sandbox(seed="demo", data=tmp_path)


def test_a_reset_brings_everything_back(tmp_path: Path) -> None:
    with Sandbox(seed="demo", data=tmp_path) as sandbox:
        clip, _, video = delete_some(sandbox)
        faults = control(sandbox, "GET", "faults").json()
        sandbox.clear_faults()
        assert control(sandbox, "POST", "reset").status == 200
        assert sandbox.calls() == []
        assert sandbox.classin.clips[clip].deleted_at is None
        assert sandbox.syngrafii.videos[video].state == "archived"
        assert control(sandbox, "GET", "faults").json() == faults
    assert (tmp_path / CALLS_FILE).read_bytes() == b""


def test_an_entry_says_what_came_and_what_became_of_it(sandbox: Sandbox) -> None:
    clip, _ = sandbox.classin.add_clip(), sandbox.classin.add_clip()
    before = time.time()
    got = classin(sandbox, "deleteClassVideo", classId=clip.lesson_id, fileId=clip.id)
    classin(sandbox, "deleteClassVideo", classId=clip.lesson_id, fileId=clip.id)
    first, second = control(sandbox, "GET", "effects").json()["entries"]
    assert (first["n"], first["provider"], first["call"]) == (1, "classin", "deleteClassVideo")
    assert (first["effect"], first["answered"]) == ([clip.id], "1")
    assert (second["effect"], second["answered"]) == ([], "632")
    assert before <= first["at"] <= first["done_at"] <= second["at"]
    assert first["call_id"] == got.headers["x-request-id"] != second["call_id"]
    assert control(sandbox, "GET", "effects?after=1").json() == {"entries": [second], "last": 2}


def test_a_change_from_outside_is_made_and_logged(sandbox: Sandbox) -> None:
    file = sandbox.classin.add_file("a.png")
    body = {"kind": "file", "id": file.id, "set": {"name": "b.png"}}
    assert control(sandbox, "POST", "change", body).status == 200
    assert file.name == "b.png"
    assert sandbox.effects()[0]["call"] == "outside"
    for wrong in ({"kind": "file", "id": "404"}, {"kind": "moon"}, {"set": {"weight": 1}}, {"set": {}}):
        assert control(sandbox, "POST", "change", body | wrong).status == 400
