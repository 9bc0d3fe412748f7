"""The demo's world: its size, its shape, and that every special state is what it says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.records import records_of
from sandbox.server import Sandbox
from sandbox.world import World
from tests.sandbox.callers import Got, classin, control, delete_products, delete_video

NOW = 1_790_000_000.0


@pytest.fixture(scope="module")
def records() -> dict[str, Any]:
    return records_of(World.from_seed("demo", NOW))


@pytest.fixture
def demo() -> Iterator[Sandbox]:
    with Sandbox(seed="demo") as running:
        running.clear_faults()
        running.world.limits.clear()
        yield running


def test_the_world_is_the_same_every_time(records: dict[str, Any]) -> None:
    assert json.dumps(records_of(World.from_seed("demo", NOW))) == json.dumps(records)


def test_the_world_has_the_size_of_a_school(records: dict[str, Any]) -> None:
    school = records["classin"]
    outputs = [
        product
        for asset in records["huawei_vod"]["assets"]
        for group in asset["groups"]
        for product in group["products"]
    ]
    videos = [video for package in records["syngrafii"]["packages"] for video in package["videos"]]
    assert len(school["courses"]) == 40
    assert 400 <= len(school["classes"]) <= 410
    assert 1_750 <= len(school["clips"]) <= 1_850
    assert 750 <= len(outputs) <= 850
    assert 370 <= len(videos) <= 430
    assert 2_900 <= len(school["clips"]) + len(outputs) + len(videos) <= 3_100
    assert len(school["files"]) == 300
    assert len(school["folders"]) == 30


def test_folders_are_nested_four_deep(records: dict[str, Any]) -> None:
    parents = {folder["id"]: folder["pid"] for folder in records["classin"]["folders"]}

    def depth(folder: str) -> int:
        return 0 if not parents[folder] else 1 + depth(parents[folder])

    assert max(depth(folder) for folder in parents) == 4


def test_everything_refers_to_something_that_is_there(records: dict[str, Any]) -> None:
    school = records["classin"]
    courses = {course["courseId"] for course in school["courses"]}
    classes = {lesson["classId"] for lesson in school["classes"]}
    folders = {folder["id"] for folder in school["folders"]}
    teachers = {teacher["uid"] for teacher in school["teachers"]}
    assert {lesson["courseId"] for lesson in school["classes"]} == courses
    assert {clip["classId"] for clip in school["clips"]} <= classes
    assert {file["folder_id"] for file in school["files"]} <= folders
    assert {course["mainTeacherUid"] for course in school["courses"]} <= teachers
    assert {course["folderId"] for course in school["courses"]} <= folders
    for rows, key in (("clips", "fileId"), ("files", "id"), ("classes", "classId")):
        ids = [row[key] for row in school[rows]]
        assert len(ids) == len(set(ids))
        assert all(isinstance(value, str) for value in ids)


def test_times_lie_within_two_years_and_sizes_are_plausible(records: dict[str, Any]) -> None:
    for clip in records["classin"]["clips"]:
        assert NOW - 740 * 86_400 < clip["VST"] < clip["VET"] < NOW
        assert 200_000_000 <= clip["Size"] <= 2_500_000_000


def test_hls_groups_have_a_master_playlist_without_size(records: dict[str, Any]) -> None:
    for asset in records["huawei_vod"]["assets"]:
        for group in asset["groups"]:
            masters = [product for product in group["products"] if product["size"] == 0]
            assert len(masters) == (group["products"][0]["play_type"] == "HLS")


def test_no_address_of_a_meeting_video_is_in_the_records(records: dict[str, Any]) -> None:
    assert "token" not in json.dumps(records["syngrafii"])
    stamps = [
        video["timeCreated"] for package in records["syngrafii"]["packages"] for video in package["videos"]
    ]
    assert {len(stamp.split(".")[1]) - 1 for stamp in stamps} == {3, 7}


def clip_answer(demo: Sandbox, file_id: str) -> Any:
    clip = demo.classin.clips[file_id]
    return classin(demo, "deleteClassVideo", classId=clip.lesson_id, fileId=file_id).errno


@pytest.mark.parametrize(
    ("name", "errno"),
    [
        ("clip_already_deleted", 634),
        ("clip_of_locked_class", 633),
        ("clip_of_class_all_clips_deleted", 632),
        ("clip_of_class_recording_failed", 631),
        ("clip_unknown", 630),
        ("clip_of_class_not_over", 384),
        ("clip_of_class_not_supported", 269),
        ("clip_of_class_never_recorded", 254),
        ("clip_of_class_unknown", 233),
        ("clip_answer_lost", 1),
    ],
)
def test_special_clips_are_answered_as_they_should_be(demo: Sandbox, name: str, errno: int) -> None:
    assert clip_answer(demo, demo.world.special[name]) == errno


@pytest.mark.parametrize(
    ("name", "errno"),
    [
        ("course_public", 369),
        ("course_expired", 153),
        ("course_deleted", 149),
        ("course_without_info", 147),
        ("course_unknown", 144),
        ("course_answer_lost", 1),
    ],
)
def test_special_courses_are_answered_as_they_should_be(demo: Sandbox, name: str, errno: int) -> None:
    got = classin(demo, "editCourse", courseId=demo.world.special[name], courseName="New")
    assert got.errno == errno


@pytest.mark.parametrize(
    ("name", "errno"),
    [
        ("teacher_unknown", 310),
        ("teacher_student", 311),
        ("teacher_auditor", 312),
        ("teacher_malformed", 331),
        ("teacher_outsider", 334),
        ("teacher_deactivated", 389),
        ("teacher_relation", 400),
        ("teacher_stopped", 805),
        ("teacher_account_deleted", 883),
    ],
)
def test_special_teachers_are_answered_as_they_should_be(demo: Sandbox, name: str, errno: int) -> None:
    course = demo.world.special["course_answer_lost"]
    assert (
        classin(demo, "editCourse", courseId=course, mainTeacherUid=demo.world.special[name]).errno == errno
    )


def test_a_course_whose_teacher_still_has_classes_keeps_its_teacher(demo: Sandbox) -> None:
    course = demo.classin.courses[demo.world.special["course_teacher_has_lessons"]]
    other = next(uid for uid in demo.classin.people if uid != course.main_teacher_uid)
    assert classin(demo, "editCourse", courseId=course.id, mainTeacherUid=other).errno == 314


def test_special_files_are_answered_as_they_should_be(demo: Sandbox) -> None:
    special = demo.world.special
    first, second = special["file_name_clash"]
    asked = [
        (special["file_gone"], "x"),
        (special["file_foreign"], "x"),
        (first, demo.classin.files[second].name),
    ]
    answers = [classin(demo, "renameFile", fileId=file_id, fileName=name).errno for file_id, name in asked]
    assert answers == [198, 199, 200]


def test_special_outputs_are_answered_as_they_should_be(demo: Sandbox) -> None:
    def delete(url: str) -> Got:
        product = demo.huawei_vod.products[url]
        return delete_products(demo, product.asset_id, {product.group_id: [url]})

    def first_of(asset_id: str) -> str:
        return demo.huawei_vod.products_of[asset_id][0].id

    special = demo.world.special
    assert [delete(special[name]).json()["status"] for name in ("output_refused", "output_gone")] == [
        "FAIL"
    ] * 2
    assert delete(special["hls_master"]).json()["status"] == "SUCCESS"
    assert delete(first_of(special["asset_without_group_id"])).json()["status"] == "SUCCESS"
    codes = {
        name: delete(first_of(special[name])).json()["error_code"]
        for name in special
        if name.startswith("asset_")
        and name.endswith(("transcoding", "gone", "published", "unsupported", "forbids"))
    }
    assert codes == {
        "asset_transcoding": "VOD.10061",
        "asset_gone": "VOD.10062",
        "asset_not_published": "VOD.10060",
        "asset_type_unsupported": "VOD.10063",
        "asset_status_forbids": "VOD.10083",
    }


def test_special_videos_are_answered_as_they_should_be(demo: Sandbox) -> None:
    special = demo.world.special
    errors = {
        name: delete_video(demo, special[name]).json()["error"]
        for name in ("package_retained", "package_gone", "package_not_permitted", "package_unknown")
    }
    assert errors == {
        "package_retained": "package_delete_retention",
        "package_gone": "package_not_found",
        "package_not_permitted": "package_not_authorized",
        "package_unknown": "package_not_found",
    }
    for name, status in (("video_started", 400), ("video_queued", 200), ("video_deleted_unnoticed", 200)):
        video = demo.syngrafii.videos[special[name]]
        assert delete_video(demo, video.package_id, video.id).status == status


def test_the_records_do_not_know_what_nobody_noticed(records: dict[str, Any]) -> None:
    special = records["special"]
    states = {
        video["meetingVideoId"]: video["state"]
        for package in records["syngrafii"]["packages"]
        for video in package["videos"]
    }
    assert (states[special["video_deleted"]], states[special["video_deleted_unnoticed"]]) == (
        "deleted",
        "archived",
    )
    statuses = {course["courseId"]: course["courseStatus"] for course in records["classin"]["courses"]}
    assert statuses[special["course_deleted"]] == 3
    assert special["clip_already_deleted"] in {clip["fileId"] for clip in records["classin"]["clips"]}


def test_misbehaving_targets_are_there_from_the_start() -> None:
    with Sandbox(seed="demo") as demo:
        kinds = {fault["kind"] for fault in control(demo, "GET", "faults").json()["faults"]}
        assert {"reset_after", "timeout_before", "timeout_after", "missing_item", "garbage"} <= kinds
        lost = demo.classin.clips[demo.world.special["clip_answer_lost"]]
        with pytest.raises(ConnectionResetError):
            clip_answer(demo, lost.id)
        assert clip_answer(demo, lost.id) == 634


def test_a_bench_world_has_as_many_clips_as_asked_for() -> None:
    world = World.from_seed("bench:2500", NOW)
    assert len(world.classin.clips) == 2_500
    assert len(world.classin.lessons) == 3
    assert list(world.classin.clips)[-1] == "1002500"
