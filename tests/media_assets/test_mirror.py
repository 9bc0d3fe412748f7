"""The only writer of the library's rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from media_assets import mirror
from media_assets.models import VideoAsset
from media_assets.presence import How, how_label
from operations.mirror import MirrorRow
from tests.factories.media_assets import (
    CloudFileFactory,
    LessonFactory,
    MeetingVideoFactory,
    TranscodedOutputFactory,
    VideoAssetFactory,
    VodTemplateGroupFactory,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def _presence(row: Any) -> tuple[str, str, datetime | None]:
    row.refresh_from_db()
    return row.presence, row.presence_how, row.presence_at


def test_videos_are_marked_by_one_statement(django_assert_num_queries: Any) -> None:
    lesson = LessonFactory()
    videos = [VideoAssetFactory(course_class=lesson) for _number in range(5)]
    with django_assert_num_queries(1):
        assert mirror.videos_deleted([video.pk for video in videos], at=NOW, how=How.DELETED_HERE) == 5
    assert _presence(videos[3]) == ("deleted", "deleted_here", NOW)


def test_the_first_mark_stays() -> None:
    video = VideoAssetFactory()
    mirror.videos_deleted([video.pk], at=NOW, how=How.ALREADY_GONE)
    assert mirror.videos_deleted([video.pk], at=NOW + timedelta(days=1), how=How.DELETED_HERE) == 0
    assert _presence(video) == ("deleted", "already_gone", NOW)


def test_emptying_a_lesson_takes_its_clips_and_nothing_else() -> None:
    lesson = LessonFactory()
    inside, missing, outside = (
        VideoAssetFactory(course_class=lesson),
        VideoAssetFactory(course_class=lesson, missing=True),
        VideoAssetFactory(),
    )
    assert mirror.class_emptied([lesson.pk], at=NOW, how=How.DELETED_WITH_ALL) == 2
    assert _presence(inside)[0] == _presence(missing)[0] == "deleted"
    assert _presence(outside)[0] == "present"


def test_a_deleted_group_goes_with_its_outputs() -> None:
    group = VodTemplateGroupFactory()
    output, other = TranscodedOutputFactory(template_group=group), TranscodedOutputFactory()
    assert mirror.group_deleted([group.pk], at=NOW, how=How.DELETED_WITH_ALL) == 1
    assert _presence(group)[0] == _presence(output)[0] == "deleted"
    assert _presence(other)[0] == "present"


def test_an_emptied_package_stays_itself() -> None:
    video = MeetingVideoFactory()
    assert mirror.package_emptied([video.package_id], at=NOW, how=How.DELETED_WITH_ALL) == 1
    assert _presence(video)[0] == "deleted"
    assert _presence(video.package)[0] == "present"


def test_a_renamed_file_says_where_its_name_comes_from() -> None:
    file = CloudFileFactory(provenance={"size_bytes": {"source": "read", "at": NOW.isoformat()}})
    mirror.file_renamed(file.pk, "New.pdf", at=NOW, source=MirrorRow.Source.OWN_EDIT)
    file.refresh_from_db()
    assert file.name == "New.pdf"
    assert file.provenance["name"] == {"source": "own_edit", "at": NOW.isoformat()}
    assert file.provenance["size_bytes"]["source"] == "read"
    assert "our own edit" in file.age_label("name")


def test_every_way_of_knowing_has_words_and_an_unknown_one_is_shown() -> None:
    assert all(how_label(value) != value for value in How.values)
    assert how_label("from_a_later_version") == "from_a_later_version"


def test_rows_are_never_removed_by_anything_here() -> None:
    video = VideoAssetFactory()
    mirror.videos_deleted([video.pk], at=NOW, how=How.DELETED_HERE)
    assert VideoAsset.objects.filter(pk=video.pk).exists()
