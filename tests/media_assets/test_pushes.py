"""What ClassIn's messages make of class videos and cloud files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from intake.models import PushMessage
from media_assets.models import CloudFile, VideoAsset
from tests.factories.media_assets import CloudFileFactory, LessonFactory, VideoAssetFactory
from tests.intake.receiving.conftest import clip, lesson, nothing_counted_yet, push, school, signed, take

__all__ = ["nothing_counted_yet", "push", "school", "take"]

pytestmark = pytest.mark.django_db


def converted(**fields: Any) -> dict[str, Any]:
    data = {"addTime": 1_686_700_000, "changeTime": 1_686_700_300, "fileName": "课件.pptx"}
    body = {"Cmd": "FileCov", "FileID": 800_001, "Result": 2, "ActionTime": 1_686_700_301, "Data": data}
    return signed({**body, **fields})


def test_a_recording_becomes_a_class_video_of_its_lesson(take: Any, school: Any):
    known = LessonFactory(account=school, provider_id="662391")
    take(clip())
    video = VideoAsset.objects.get()
    assert (video.account, video.kind, video.provider_id, video.course_class) == (
        school,
        "class_video",
        "5285890784",
        known,
    )
    assert video.recorded_at == datetime.fromtimestamp(1_686_729_430, UTC)
    assert video.title == "ClassRoom 2023-06-14 15:57"
    assert video.camera == "ClassRoom"
    assert video.presence == "present"


def test_the_length_is_reckoned_and_figures_of_unknown_unit_are_kept_as_they_came(take: Any):
    take(lesson(), clip())
    video = VideoAsset.objects.get()
    assert (video.duration_seconds, video.duration_text) == (102, "12345")
    assert (video.size_bytes, video.size_text) == (None, "40960")


@pytest.mark.parametrize("times", [{"VET": None}, {"VST": 0}, {"VET": 1_686_729_429}, {"VET": 1_687_729_430}])
def test_no_length_is_made_up(take: Any, times: Any):
    take(lesson(), clip(**times))
    assert VideoAsset.objects.get().duration_seconds is None


def test_several_cameras_of_a_lesson_are_several_videos(take: Any):
    take(lesson(), clip("1"), clip("2", CIDExt="Camera.3"))
    assert set(VideoAsset.objects.values_list("provider_id", "camera")) == {
        ("1", "ClassRoom"),
        ("2", "Camera.3"),
    }


def test_the_address_of_the_file_is_not_kept_in_the_mirror(take: Any):
    take(lesson(), clip())
    row = VideoAsset.objects.values().get()
    assert not [value for value in row.values() if isinstance(value, str) and "myqcloud" in value]


def test_an_upload_has_the_name_that_a_person_gave_it(take: Any):
    body = clip(VUrl="http://1400313.vod2.myqcloud.com/%E7%AC%AC3%E8%AE%B2.mp4?sign=1")
    for name in ("VST", "VET", "CIDExt"):
        del body[name]
    take(lesson(), {**body, "Cmd": "Upload"})
    video = VideoAsset.objects.get()
    assert (video.title, video.recorded_at, video.duration_seconds) == ("第3讲", None, None)


def test_a_video_that_was_deleted_stays_deleted(take: Any, school: Any):
    gone = VideoAssetFactory(account=school, provider_id="5285890784", gone=True)
    take(lesson(), clip())
    gone.refresh_from_db()
    assert gone.presence == "deleted"


def test_a_conversion_names_the_file_and_says_how_it_went(take: Any, school: Any):
    CloudFileFactory(account=school, provider_id="800001", name="")
    take(converted())
    file = CloudFile.objects.get()
    assert (file.name, file.conversion) == ("课件.pptx", "done")
    take(converted(Result=3, ActionTime=1_686_700_999))
    file.refresh_from_db()
    assert file.conversion == "failed"


def test_the_name_in_a_conversion_is_as_old_as_the_file(take: Any, school: Any):
    file = CloudFileFactory(account=school, provider_id="800001", name="Renamed here.pptx")
    file.provenance = {"name": {"source": "own_edit", "at": "2023-06-14T00:00:00+00:00"}}
    file.save()
    take(converted(ActionTime=1_686_800_000))
    file.refresh_from_db()
    assert (file.name, file.conversion) == ("Renamed here.pptx", "done")


def test_a_conversion_of_an_unknown_file_waits_for_the_disk_to_be_read(take: Any):
    take(converted())
    assert PushMessage.objects.get().reason == "file_unknown"


def test_the_page_of_a_video_says_what_only_the_message_knew(take: Any, admin_client: Any):
    take(lesson(), clip(CIDExt="Camera.3"))
    page = admin_client.get(
        f"/admin/media_assets/videoasset/{VideoAsset.objects.get().pk}/change/"
    ).content.decode()
    assert "Camera.3" in page
    assert "40960" in page
    assert "12345" in page
