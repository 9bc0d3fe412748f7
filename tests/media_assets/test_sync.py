"""Taking in a world: everything once, nothing twice, nothing back from the dead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.models import Record
from media_assets import mirror
from media_assets.models import CloudFile, CloudFolder, SignPackage, VideoAsset, VodAsset, VodTemplateGroup
from media_assets.presence import How
from media_assets.sync import import_world
from operations.mirror import MirrorRow
from operations.models import Account
from providers.shapes import Misshapen
from sandbox.records import records_of
from sandbox.world import World
from tests.factories.media_assets import LessonFactory
from tests.factories.operations import AccountFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
MODELS = (CloudFolder, CloudFile, VodAsset, VodTemplateGroup, SignPackage, VideoAsset)


@pytest.fixture
def accounts(db: None) -> dict[str, Account]:
    return {name: AccountFactory(provider=name) for name in ("classin", "huawei_vod", "syngrafii")}


@pytest.fixture
def world(accounts: dict[str, Account]) -> World:
    """A small world with one of everything; its lesson is known here already."""
    world = World.empty(AT.timestamp())
    top = world.classin.add_folder("School resources", folder_id="1")
    maths = world.classin.add_folder("Maths", folder_id="2", parent_id=top.id)
    world.classin.add_file("图形.pdf", file_id="21", folder_id=maths.id, size=2048)
    lesson = world.classin.add_class(class_id="601")
    world.classin.add_clip(
        lesson, file_id="901", starts_at=1_700_000_000, ends_at=1_700_000_600, size=9, views=3
    )
    LessonFactory(provider_id="601", account=accounts["classin"])
    asset = world.huawei_vod.add_asset("Recap", asset_id="a" * 32, source_deleted=True)
    group = world.huawei_vod.add_group(asset, "hls group", group_id="b" * 32)
    world.huawei_vod.add_product(
        asset, group, url="https://cdn.example/asset/x/play.m3u8", play_type="HLS", size=0
    )
    world.huawei_vod.add_group(asset, "old", group_id=None)
    world.huawei_vod.add_product(asset, None, url="https://cdn.example/asset/x/old.mp4")
    package = world.syngrafii.add_package("Contract", package_id="P-1")
    world.syngrafii.add_video(package, video_id="V-1", seconds=312, created="2024-08-20T18:57:33.5410000Z")
    world.syngrafii.add_video(package, video_id="V-2", state="deleted", deleted="2024-09-01T00:00:00.000Z")
    return world


def _take_in(world: World, accounts: dict[str, Account], at: datetime = AT) -> dict[str, Any]:
    records = records_of(world)
    return {name: import_world(account, records, at=at) for name, account in accounts.items()}


def _rows() -> dict[str, list[dict[str, Any]]]:
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in MODELS}


def test_a_world_arrives_whole(world: World, accounts: dict[str, Account]) -> None:
    _take_in(world, accounts)
    file = CloudFile.objects.get(provider_id="21")
    assert (file.name, file.folder.path, file.size_bytes) == ("图形.pdf", "School resources / Maths", 2048)
    clip = VideoAsset.objects.get(kind="class_video")
    assert (clip.provider_id, clip.duration_seconds, clip.size_bytes, clip.watch_count) == ("901", 600, 9, 3)
    assert clip.recorded_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert clip.course_class.provider_id == "601"
    hls = VideoAsset.objects.get(play_type="HLS")
    assert hls.provider_id == "/asset/x/play.m3u8"
    assert hls.product_url == "https://cdn.example/asset/x/play.m3u8"
    assert hls.size_bytes is None
    assert hls.template_group.asset.source_present is False
    old = VodTemplateGroup.objects.get(group_id="")
    assert old.provider_id == f"{'a' * 32}/"
    meeting = VideoAsset.objects.get(provider_id="V-1")
    assert (meeting.title, meeting.duration_seconds, meeting.provider_state) == ("Contract", 312, "archived")
    gone = VideoAsset.objects.get(provider_id="V-2")
    assert (gone.presence, gone.presence_how) == ("deleted", "provider_says")
    assert gone.presence_at == datetime(2024, 9, 1, tzinfo=UTC)


def test_what_was_read_and_what_was_imported_differ_in_age(
    world: World, accounts: dict[str, Account]
) -> None:
    _take_in(world, accounts)
    clip, meeting = VideoAsset.objects.get(provider_id="901"), VideoAsset.objects.get(provider_id="V-1")
    assert (clip.provenance["title"]["source"], clip.seen_at) == ("import", None)
    assert (meeting.provenance["title"]["source"], meeting.seen_at) == ("read", AT)
    assert Account.objects.get(pk=accounts["syngrafii"].pk).synced_at == AT


def test_the_same_world_twice_changes_nothing(world: World, accounts: dict[str, Account]) -> None:
    first = _take_in(world, accounts)
    before = _rows()
    second = _take_in(world, accounts)
    assert _rows() == before
    assert sum(one.created for one in first.values()) == sum(len(rows) for rows in before.values())
    assert all((one.created, one.changed) == (0, 0) for one in second.values())


def test_what_was_deleted_stays_deleted(world: World, accounts: dict[str, Account]) -> None:
    _take_in(world, accounts)
    ids = VideoAsset.objects.values_list("pk", flat=True)
    mirror.videos_deleted(list(ids), at=AT, how=How.DELETED_HERE)
    _take_in(world, accounts, LATER)
    assert set(VideoAsset.objects.values_list("presence", flat=True)) == {"deleted"}
    shown = VideoAsset.objects.filter(seen_at=LATER)
    assert shown.exists(), "that the provider showed it is kept: it is news"
    assert Record.objects.filter(action="mirror.shown_again").count() == shown.count()


def test_a_missing_row_is_back_when_the_provider_shows_it(world: World, accounts: dict[str, Account]) -> None:
    _take_in(world, accounts)
    CloudFile.objects.update(presence="missing")
    VideoAsset.objects.filter(provider_id="901").update(presence="missing")
    _take_in(world, accounts, LATER)
    assert CloudFile.objects.get().presence == "present"
    assert VideoAsset.objects.get(provider_id="901").presence == "missing", "an import shows nothing"


def test_a_newer_value_of_ours_is_kept_and_an_older_one_replaced(
    world: World, accounts: dict[str, Account]
) -> None:
    _take_in(world, accounts)
    file = CloudFile.objects.get()
    mirror.file_renamed(file.pk, "Ours.pdf", at=LATER, source=MirrorRow.Source.OWN_EDIT)
    _take_in(world, accounts, AT)
    file.refresh_from_db()
    assert file.name == "Ours.pdf"
    _take_in(world, accounts, LATER + timedelta(hours=1))
    file.refresh_from_db()
    assert (file.name, file.provenance["name"]["source"]) == ("图形.pdf", "read")


def test_what_has_no_place_is_counted_and_skipped(world: World, accounts: dict[str, Account]) -> None:
    world.classin.add_clip(world.classin.add_class(class_id="699"), file_id="999")
    world.classin.add_file("lost.pdf", folder_id="404")
    summaries = _take_in(world, accounts)
    assert summaries["classin"].skipped == 2
    assert not VideoAsset.objects.filter(provider_id="999").exists()


def test_a_title_that_is_too_long_is_cut_and_stops_nothing(
    world: World, accounts: dict[str, Account]
) -> None:
    world.huawei_vod.add_product(world.huawei_vod.add_asset("长" * 400))
    world.syngrafii.add_video(world.syngrafii.add_package("x" * 400))
    _take_in(world, accounts)
    assert {len(title) for title in VideoAsset.objects.values_list("title", flat=True)} >= {300}


def test_a_malformed_world_changes_nothing(world: World, accounts: dict[str, Account]) -> None:
    records = records_of(world)
    records["syngrafii"]["packages"][0]["videos"][0]["timeRetention"] = "soon"
    with pytest.raises(Misshapen, match="timestamp"):
        import_world(accounts["syngrafii"], records, at=AT)
    assert not SignPackage.objects.exists()


def test_queries_grow_with_chunks_and_not_with_rows(
    world: World, accounts: dict[str, Account], django_assert_max_num_queries: Any
) -> None:
    package = next(iter(world.syngrafii.packages.values()))
    for _number in range(300):
        world.syngrafii.add_video(package)
    _take_in(world, accounts)
    with django_assert_max_num_queries(15):
        import_world(accounts["syngrafii"], records_of(world), at=AT)
