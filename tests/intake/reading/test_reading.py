"""A reading over real HTTP: whole, resumed, paced, one at a time, and missing only where it was complete."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.actors import Actor, system
from audit.denials import Denied
from audit.models import Record
from intake.freshness import of
from intake.models import Reading, ReadingStep
from intake.reading import cancel_reading, read_on, start_reading, work
from intake.reading.control import UnderWay
from intake.reading.schedule import due_scope, schedule_readings
from intake.reading.wake import wake_readings
from media_assets.models import CloudFile, CloudFolder, SignPackage, VideoAsset, VodAsset, VodTemplateGroup
from media_assets.operations.class_video import DeleteClassVideo
from operations.clock import database_now
from operations.engine.refusals import Refused
from operations.models import Account, Item
from sandbox.demo.mirror import _add_assets, _add_folders
from sandbox.server import Sandbox
from tests.factories.media_assets import CloudFileFactory, TranscodedOutputFactory, VideoAssetFactory
from tests.factories.operations import confirmed, plan
from tests.factories.people import SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

Read = Callable[..., Reading]
FULL, NEW = Reading.Scope.FULL, Reading.Scope.NEW


def calls(sandbox: Sandbox) -> Counter[str]:
    return Counter(entry.call for entry in sandbox.application.journal.entries)


def start(account: Account, **more: Any) -> Reading:
    return start_reading(account, actor=system("test"), user=None, **more)


@pytest.fixture
def packages(sandbox: Sandbox) -> list[str]:
    """Three packages with two videos each."""
    made = []
    for number in range(3):
        package = sandbox.syngrafii.add_package(f"Contract {number}")
        for _video in range(2):
            sandbox.syngrafii.add_video(package)
        made.append(package.id)
    return made


# What is read


def test_the_cloud_disk_takes_one_request_a_folder(sandbox: Sandbox, read_through: Read) -> None:
    _add_folders(sandbox.world, 30)
    reading = read_through("classin")
    assert (reading.state, reading.complete, reading.requests) == ("finished", True, 31)
    assert calls(sandbox) == {"getTopFolderId": 1, "getCloudList": 30}
    assert (CloudFolder.objects.count(), CloudFile.objects.count()) == (30, 120)
    file = CloudFile.objects.select_related("folder").get(provider_id="3000120")
    assert (file.size_text, file.size_bytes) == ("27KB", 27_648)
    assert file.folder.path.split(" / ")[-1] == "Folder 29"
    assert file.folder.parent is not None
    assert not ReadingStep.objects.exists(), "steps go when the reading is over"


def test_assets_take_a_hundredth_and_a_tenth_of_their_number(sandbox: Sandbox, read_through: Read) -> None:
    _add_assets(sandbox.world, 250, 2)
    reading = read_through("huawei_vod")
    assert calls(sandbox) == {"list": 3, "info": 25}
    assert (reading.requests, reading.complete) == (28, True)
    assert [m.objects.count() for m in (VodAsset, VodTemplateGroup, VideoAsset)] == [250, 250, 500]
    assert VodAsset.objects.filter(source_present=True).count() == 250
    assert reading.figure("media_assets.vodasset", "new") == 250
    assert reading.figure("media_assets.vodasset", "changed") == 0, "the source is no change of a new asset"


def test_packages_are_listed_and_then_their_videos(
    sandbox: Sandbox, packages: list[str], read_through: Read
) -> None:
    gone = sandbox.syngrafii.add_video(
        sandbox.syngrafii.packages[packages[0]], state="deleted", deleted="2024-09-01T00:00:00.000Z"
    )
    reading = read_through("syngrafii")
    assert calls(sandbox) == {"packages/list": 1, "videos": 3}
    assert (SignPackage.objects.count(), VideoAsset.objects.count()) == (3, 7)
    assert VideoAsset.objects.get(provider_id=gone.id).presence == "deleted"
    assert reading.total("gone") == 1


def test_reading_again_changes_nothing_and_only_reads(
    sandbox: Sandbox, packages: list[str], read_through: Read
) -> None:
    _add_assets(sandbox.world, 12, 2)
    _add_folders(sandbox.world, 4)
    for provider in ("classin", "huawei_vod", "syngrafii"):
        read_through(provider)
        again = read_through(provider)
        assert [again.total(name) for name in ("new", "changed", "missing")] == [0, 0, 0]
    assert not any(entry.changes for entry in sandbox.application.journal.entries)


def test_more_assets_than_can_be_listed_are_read_in_windows(
    sandbox: Sandbox, read_through: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider's limit is 20,000 rows; a tenth of it shows the same in less time."""
    from media_assets.sync import vod
    from sandbox import huawei_vod_reads

    monkeypatch.setattr(huawei_vod_reads, "MAX_ROWS", 200)
    monkeypatch.setattr(vod, "MOST_LISTED", 200)
    _add_assets(sandbox.world, 530, 1)
    reading = read_through("huawei_vod")
    assert reading.complete
    assert VodAsset.objects.count() == 530
    refused = [e for e in sandbox.application.journal.entries if e.answered not in ("200", "SUCCESS")]
    assert not refused, "no page beyond the limit was asked for"
    assert reading.requests - (530 // 100 + 1 + 53) <= 16, "halving costs a few requests and no more"


def test_too_many_assets_in_one_second_keep_the_reading_from_being_complete(
    sandbox: Sandbox, read_through: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    from media_assets.sync import vod
    from sandbox import huawei_vod_reads

    monkeypatch.setattr(huawei_vod_reads, "MAX_ROWS", 200)
    monkeypatch.setattr(vod, "MOST_LISTED", 200)
    for _number in range(210):
        sandbox.huawei_vod.add_asset(created_at=1_700_000_000)
    reading = read_through("huawei_vod")
    assert (reading.state, reading.complete, reading.problem_count) == ("finished", False, 1)


def test_what_is_new_is_read_without_the_rest(
    sandbox: Sandbox, packages: list[str], read_through: Read
) -> None:
    _add_assets(sandbox.world, 250, 1)
    assert read_through("huawei_vod", NEW).scope == FULL, "what is new needs a whole reading before it"
    read_through("syngrafii")
    asset = sandbox.huawei_vod.add_asset("Fresh", created_at=int(sandbox.world.now))
    sandbox.huawei_vod.add_product(asset)
    package = sandbox.syngrafii.add_package("Fresh", created_at=sandbox.world.now)
    sandbox.syngrafii.add_video(package)
    before = calls(sandbox)
    reading = read_through("huawei_vod", NEW)
    assert (reading.scope, reading.figure("media_assets.vodasset", "new")) == (NEW, 1)
    assert read_through("syngrafii", NEW).figure("media_assets.signpackage", "new") == 1
    after = calls(sandbox)
    assert after - before == {"list": 1, "info": 1, "packages/list": 1, "videos": 1}
    assert VideoAsset.objects.filter(title__startswith="Fresh").count() == 2
    assert "new ones read" in of(["media_assets.signpackage"])[0].words


# What becomes missing


def test_what_a_complete_reading_does_not_show_is_missing_and_comes_back(
    sandbox: Sandbox, read_through: Read
) -> None:
    _add_assets(sandbox.world, 12, 2)
    read_through("huawei_vod")
    product, asset = next(iter(sandbox.huawei_vod.products)), list(sandbox.huawei_vod.assets)[5]
    sandbox.change("product", product, deleted_at=1.0)
    sandbox.change("asset", asset, status="DELETED")
    reading = read_through("huawei_vod")
    missing = VideoAsset.objects.filter(presence="missing")
    owners = {video.template_group.asset.provider_id for video in missing}
    assert owners == {asset, sandbox.huawei_vod.products[product].asset_id}
    assert VodAsset.objects.get(presence="missing").provider_id == asset
    assert (reading.figure("media_assets.videoasset", "missing"), reading.total("missing")) == (3, 5)
    assert set(missing.values_list("presence_how", flat=True)) == {"not_shown"}
    sandbox.change("asset", asset, status="PUBLISHED")
    again = read_through("huawei_vod")
    assert (again.total("back"), again.total("missing")) == (4, 0)
    assert VideoAsset.objects.filter(presence="missing").count() == 1


def test_an_answer_without_a_list_of_outputs_proves_nothing_gone(
    sandbox: Sandbox, read_through: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox import huawei_vod_reads

    _add_assets(sandbox.world, 3, 2)
    read_through("huawei_vod")
    silent = next(iter(sandbox.huawei_vod.assets))
    whole = huawei_vod_reads._info

    def without(world: Any, asset: Any, asset_id: str) -> dict[str, Any]:
        told = whole(world, asset, asset_id)
        if asset_id == silent:
            del told["play_info_array"]
        return told

    monkeypatch.setattr(huawei_vod_reads, "_info", without)
    reading = read_through("huawei_vod")
    assert (reading.complete, reading.total("missing")) == (True, 0)
    assert VideoAsset.objects.filter(presence="present").count() == 6


def test_an_asset_that_slips_between_two_pages_is_asked_about_and_not_missing(
    sandbox: Sandbox, read_through: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox import huawei_vod_reads

    _add_assets(sandbox.world, 120, 1)
    read_through("huawei_vod")
    whole = huawei_vod_reads._page
    slipped = list(sandbox.huawei_vod.assets)[7]

    def without(world: Any, request: Any) -> Any:
        page, total, more = whole(world, request)
        return [asset for asset in page if asset.id != slipped], total, more

    monkeypatch.setattr(huawei_vod_reads, "_page", without)
    reading = read_through("huawei_vod")
    assert (reading.total("missing"), VodAsset.objects.filter(presence="missing").count()) == (0, 0)
    assert reading.requests == 2 + 12 + 1


def test_a_reading_that_left_something_unread_calls_nothing_missing(
    sandbox: Sandbox, read_through: Read
) -> None:
    _add_folders(sandbox.world, 6)
    read_through("classin")
    sandbox.change("file", "3000001", deleted_at=1.0)
    sandbox.change("folder", "20005", school="other")
    reading = read_through("classin")
    assert (reading.state, reading.complete, reading.problem_count) == ("finished", False, 1)
    assert reading.problems[0]["code"] == "194"
    assert not CloudFile.objects.exclude(presence="present").exists()
    sandbox.change("folder", "20005", school=sandbox.world.classin.folders["20001"].school)
    assert read_through("classin").total("missing") == 1


def test_what_others_added_meanwhile_is_not_missed(
    sandbox: Sandbox, accounts: dict[str, Account], read_through: Read
) -> None:
    _add_folders(sandbox.world, 3)
    reading = start(accounts["classin"])
    added = CloudFileFactory(account=accounts["classin"])
    while read_on(reading.pk) is not None:
        pass
    added.refresh_from_db()
    assert added.presence == "present"
    read_through("classin")
    added.refresh_from_db()
    assert added.presence == "missing"


def test_rows_of_another_account_are_left_alone(sandbox: Sandbox, read_through: Read) -> None:
    other = TranscodedOutputFactory(account=Account.objects.create(provider="huawei_vod", name="east"))
    clip = VideoAssetFactory()
    read_through("huawei_vod")
    read_through("classin")
    for video in (other, clip):
        video.refresh_from_db()
        assert video.presence == "present"


# Killed and resumed


class Killed(BaseException):
    """What a kill looks like from inside: nothing catches it."""


@pytest.mark.parametrize("provider", ["classin", "huawei_vod", "syngrafii"])
@pytest.mark.parametrize("turns", [1, 2, 4, 7])
def test_killed_anywhere_it_goes_on_with_nothing_lost_or_doubled(
    sandbox: Sandbox,
    accounts: dict[str, Account],
    read_through: Read,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    turns: int,
) -> None:
    _add_folders(sandbox.world, 40)
    _add_assets(sandbox.world, 230, 2)
    for number in range(60):
        sandbox.syngrafii.add_video(sandbox.syngrafii.add_package(f"Contract {number}"))
    whole = work._Loop._turn
    left = turns
    in_flight: list[int] = []

    def until_killed(loop: Any, answers: Any) -> Any:
        nonlocal left
        turn = whole(loop, answers)
        left -= 1
        if left <= 0 and killed < 12:
            in_flight.append(len(turn.steps) + len(loop.in_flight))
            raise Killed
        return turn

    reading = start(accounts[provider])
    monkeypatch.setattr(work, "_give_back", lambda *_args: None)
    killed = 0
    for _round in range(60):
        left = turns
        monkeypatch.setattr(work._Loop, "_turn", until_killed)
        try:
            over = read_on(reading.pk) is None
        except Killed:
            killed += 1
            assert read_on(reading.pk) is None, "nobody else reads while the lease holds"
            Reading.objects.filter(pk=reading.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        else:
            if over:
                break
    reading.refresh_from_db()
    assert killed >= 1
    assert (reading.state, reading.complete) == ("finished", True)
    least = {"classin": 41, "huawei_vod": 3 + 23, "syngrafii": 2 + 60}[provider]
    made = sum(calls(sandbox).values())
    assert least <= made <= least + sum(in_flight), "only what was in flight is asked again"
    counted = {
        "classin": [CloudFolder.objects.count(), CloudFile.objects.count()],
        "huawei_vod": [VodAsset.objects.count(), VideoAsset.objects.count()],
        "syngrafii": [SignPackage.objects.count(), VideoAsset.objects.count()],
    }[provider]
    assert counted == {"classin": [40, 160], "huawei_vod": [230, 460], "syngrafii": [60, 60]}[provider]
    assert reading.total("new") == {"classin": 200, "huawei_vod": 920, "syngrafii": 120}[provider]
    assert reading.total("missing") == 0
    assert Record.objects.filter(action="intake.reading.finished").count() == 1


def test_killed_while_calling_missing_the_figure_is_right(
    sandbox: Sandbox, read_through: Read, accounts: dict[str, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    _add_assets(sandbox.world, 6, 2)
    read_through("huawei_vod")
    for product in list(sandbox.huawei_vod.products)[:3]:
        sandbox.change("product", product, deleted_at=1.0)
    from media_assets.sync.vod import VodReader

    whole = VodReader.call_missing

    def killed(reader: Any, reading: Any, at: Any) -> None:
        whole(reader, reading, at)
        raise Killed

    reading = start(accounts["huawei_vod"])
    monkeypatch.setattr(VodReader, "call_missing", killed)
    with pytest.raises(Killed):
        read_on(reading.pk)
    monkeypatch.setattr(VodReader, "call_missing", whole)
    while read_on(reading.pk) is not None:
        pass
    reading.refresh_from_db()
    assert reading.figure("media_assets.videoasset", "missing") == 3


# One at a time


def test_two_readings_of_one_account_are_refused_by_the_database(accounts: dict[str, Account]) -> None:
    Reading.objects.create(account=accounts["classin"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Reading.objects.create(account=accounts["classin"])
    Reading.objects.create(account=accounts["huawei_vod"])


def test_a_second_start_finds_the_first(sandbox: Sandbox, accounts: dict[str, Account]) -> None:
    first = start(accounts["classin"])
    with pytest.raises(UnderWay) as under_way:
        start(accounts["classin"])
    assert under_way.value.reading == first


def test_a_second_press_of_one_button_starts_nothing(
    sandbox: Sandbox, accounts: dict[str, Account], read_through: Read
) -> None:
    read_through("classin", after=0)
    with pytest.raises(Refused, match="read_meanwhile"):
        start(accounts["classin"], after=0)


def test_two_workers_at_once_read_everything_once(sandbox: Sandbox, accounts: dict[str, Account]) -> None:
    _add_folders(sandbox.world, 30)
    reading = start(accounts["classin"])

    def work_on() -> None:
        try:
            read_on(reading.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work_on) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reading.refresh_from_db()
    assert (reading.state, sum(calls(sandbox).values())) == ("finished", 31)


def test_a_reading_that_was_taken_over_is_let_go(sandbox: Sandbox, accounts: dict[str, Account]) -> None:
    _add_folders(sandbox.world, 4)
    reading = start(accounts["classin"])
    taken = work._take(reading.pk, uuid.uuid4())
    assert taken is not None
    Reading.objects.filter(pk=reading.pk).update(fence=uuid.uuid4())
    loop = work._Loop(taken, uuid.uuid4(), None, 1e12)
    with pytest.raises(work._Lost):
        loop.run()
    assert not calls(sandbox)


# Errors


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "http_500_before", "garbage", "truncated"])
def test_a_lost_answer_is_asked_for_again(sandbox: Sandbox, read_through: Read, kind: str) -> None:
    _add_folders(sandbox.world, 5)
    sandbox.fault("classin", kind, call="getCloudList", times=2)
    reading = read_through("classin")
    assert (reading.state, reading.complete, reading.repeats) == ("finished", True, 2)
    assert CloudFile.objects.count() == 20


def test_a_provider_that_never_answers_ends_the_reading(sandbox: Sandbox, read_through: Read) -> None:
    sandbox.fault("huawei_vod", "http_500_before", call="list", times=None)
    reading = read_through("huawei_vod")
    assert (reading.state, reading.end) == ("failed", "no_answer")
    assert not ReadingStep.objects.exists()


def test_one_folder_that_never_answers_is_left_unread(
    sandbox: Sandbox, read_through: Read, settings: Any
) -> None:
    _add_folders(sandbox.world, 9)
    sandbox.fault("classin", "garbage", call="getCloudList", times=None, match={"folderId": "20004"})
    reading = read_through("classin")
    assert (reading.state, reading.complete, reading.problem_count) == ("finished", False, 1)
    assert CloudFolder.objects.count() == 9


def test_refused_credentials_end_it_at_the_first_answer(
    sandbox: Sandbox, read_through: Read, accounts: dict[str, Account]
) -> None:
    sandbox.change("account", "huawei_vod", refuses="VOD.10054")
    reading = read_through("huawei_vod")
    assert (reading.state, reading.end, reading.end_code) == ("failed", "credentials", "VOD.10054")
    assert sum(calls(sandbox).values()) - 1 == 1, "one call besides the change itself"
    account = Account.objects.get(pk=accounts["huawei_vod"].pk)
    assert account.refused_code == "VOD.10054"
    (record,) = Record.objects.filter(action="intake.reading.failed")
    assert (record.details["why"], record.provider_code) == ("credentials", "VOD.10054")
    sandbox.change("account", "huawei_vod", refuses="")
    read_through("huawei_vod")
    account.refresh_from_db()
    assert account.refused_at is None


def test_a_school_without_a_cloud_disk_is_told_so(sandbox: Sandbox, read_through: Read) -> None:
    reading = read_through("classin")
    assert (reading.state, reading.end, reading.end_code) == ("failed", "refused", "106")


def test_maintenance_ends_it(sandbox: Sandbox, read_through: Read) -> None:
    sandbox.change("account", "classin", maintenance=True)
    assert read_through("classin").end == "maintenance"


def test_a_wait_that_was_asked_for_is_kept(
    sandbox: Sandbox, accounts: dict[str, Account], packages: list[str]
) -> None:
    sandbox.fault("syngrafii", "throttle", call="packages/list", times=1, retry_after=40)
    reading = start(accounts["syngrafii"])
    next_at = read_on(reading.pk)
    assert next_at is not None
    assert (next_at - database_now()).total_seconds() > 30
    assert calls(sandbox) == {"packages/list": 1}
    Account.objects.update(blocked_until=None)
    Reading.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    while read_on(reading.pk) is not None:
        pass
    reading.refresh_from_db()
    assert reading.complete


def test_a_key_of_one_member_reads_its_own_packages(
    sandbox: Sandbox, packages: list[str], read_through: Read
) -> None:
    sandbox.fault(
        "syngrafii",
        "code",
        call="packages/list",
        code="member_not_authorized",
        times=None,
        match={"allMembers": True},
    )
    reading = read_through("syngrafii")
    assert (reading.complete, SignPackage.objects.count()) == (True, 3)
    assert Account.objects.get(provider="syngrafii").refused_at is None


def test_a_package_that_may_not_be_seen_leaves_its_videos_alone(
    sandbox: Sandbox, packages: list[str], read_through: Read
) -> None:
    read_through("syngrafii")
    sandbox.fault(
        "syngrafii",
        "code",
        call="videos",
        code="package_not_authorized",
        times=None,
        match={"packageId": packages[1]},
    )
    sandbox.change("package", packages[2], deleted_at=1.0)
    reading = read_through("syngrafii")
    assert (reading.state, reading.complete, reading.problem_count) == ("finished", True, 1)
    lost = VideoAsset.objects.filter(presence="missing").values_list("package__provider_id", flat=True)
    assert set(lost) == {packages[2]}


def test_one_unknown_asset_among_ten_is_asked_for_alone(sandbox: Sandbox, read_through: Read) -> None:
    _add_assets(sandbox.world, 10, 1)
    sandbox.fault("huawei_vod", "code", call="info", code="VOD.10062", times=1)
    reading = read_through("huawei_vod")
    assert (reading.complete, VideoAsset.objects.count()) == (True, 10)
    assert calls(sandbox) == {"list": 1, "info": 11}


def test_an_error_of_our_own_ends_it_and_says_so(
    sandbox: Sandbox, read_through: Read, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    from media_assets.sync.cloud_disk import CloudDiskReader

    def broken(*_args: Any) -> Any:
        raise ZeroDivisionError

    _add_folders(sandbox.world, 2)
    monkeypatch.setattr(CloudDiskReader, "take_in", broken)
    reading = read_through("classin")
    assert (reading.state, reading.end, reading.end_message) == ("failed", "broken", "ZeroDivisionError")


# Pace, priority, rights, schedule


def test_confirmed_work_goes_first(sandbox: Sandbox, accounts: dict[str, Account], work_off: Any) -> None:
    _add_folders(sandbox.world, 3)
    lesson = sandbox.classin.add_class(class_id="601")
    sandbox.classin.add_clip(lesson, file_id="901")
    video = VideoAssetFactory(
        account=accounts["classin"],
        provider_id="901",
        course_class__provider_id="601",
        course_class__account=accounts["classin"],
    )
    boss = SuperuserFactory()
    run = confirmed(plan(DeleteClassVideo.key, VideoAsset.objects.filter(pk=video.pk), boss), boss)
    reading = start(accounts["classin"])
    assert read_on(reading.pk, seconds=0.0) is not None
    assert not calls(sandbox), "a deletion is due at the account"
    work_off(run)
    assert Item.objects.get(run=run).outcome == "done"
    Reading.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    while read_on(reading.pk) is not None:
        pass
    assert next(e.call for e in sandbox.application.journal.entries) == "deleteClassVideo"
    reading.refresh_from_db()
    assert reading.complete


def test_readings_have_a_minute_of_their_own_where_the_provider_counts_so(
    accounts: dict[str, Account], settings: Any
) -> None:
    from operations.engine import pace

    settings.OPERATIONS = {
        **settings.OPERATIONS,
        "pace": dict.fromkeys(("classin", "huawei_vod", "syngrafii"), (1000.0, 10)),
        "read_pace": {"huawei_vod": 1000},
    }
    now = database_now()
    vod, sign = accounts["huawei_vod"].pk, accounts["syngrafii"].pk
    with transaction.atomic():
        assert pace.take_read(vod, 50, now).requests == 50
        assert pace.take(vod, 5, now).requests == 1, "the minute of deletions was not touched"
        assert pace.take_read(sign, 50, now).requests == 1
        assert pace.take(sign, 5, now).requests == 0, "one minute for both"
        left = pace.take_read(vod, 100, now).requests
    assert 45 <= left <= 49, "what may go at once is one for both: 100, less what both took"


def test_only_who_may_has_it_read_and_cancels(sandbox: Sandbox, accounts: dict[str, Account]) -> None:
    editor, auditor = UserFactory(roles=["Editor"]), UserFactory(roles=["Auditor"])
    actor = Actor.person(auditor, via="test")
    with pytest.raises(Denied):
        start_reading(accounts["classin"], actor=actor, user=auditor)
    reading = start_reading(accounts["classin"], actor=Actor.person(editor, via="test"), user=editor)
    with pytest.raises(Denied):
        cancel_reading(reading.pk, actor=actor, user=auditor)
    cancel_reading(reading.pk, actor=Actor.person(editor, via="test"), user=editor)
    reading.refresh_from_db()
    assert (reading.state, reading.complete) == ("cancelled", False)
    assert read_on(reading.pk) is None
    assert not calls(sandbox)
    codes = Record.objects.filter(action__startswith="intake.").values_list("action", flat=True)
    assert sorted(codes) == ["intake.reading.cancelled", "intake.reading.started"]


def test_a_cancelled_reading_calls_nothing_missing(
    sandbox: Sandbox, accounts: dict[str, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    _add_folders(sandbox.world, 20)
    file = CloudFileFactory(account=accounts["classin"])
    reading = start(accounts["classin"])
    whole, boss = work._Loop._turn, SuperuserFactory()

    def cancelled(loop: Any, answers: Any) -> Any:
        if len(calls(sandbox)) == 2:
            cancel_reading(reading.pk, actor=system("test"), user=boss)
        return whole(loop, answers)

    monkeypatch.setattr(work._Loop, "_turn", cancelled)
    assert read_on(reading.pk) is None
    file.refresh_from_db()
    reading.refresh_from_db()
    assert (reading.state, file.presence) == ("cancelled", "present")


def test_an_account_without_credentials_cannot_be_read(accounts: dict[str, Account], settings: Any) -> None:
    settings.PROVIDER_ACCOUNTS = {}
    with pytest.raises(Refused, match="not_connected"):
        start(accounts["classin"])


def test_the_schedule_reads_all_daily_and_what_is_new_hourly(
    sandbox: Sandbox, accounts: dict[str, Account], read_through: Read, settings: Any, no_worker: list[int]
) -> None:
    settings.INTAKE = {**settings.INTAKE, "scheduled": True}
    _add_folders(sandbox.world, 2)
    schedule_readings()
    schedule_readings()
    assert Reading.objects.count() == 3, "two sweepers start one reading an account"
    assert len(no_worker) == 3
    for reading in Reading.objects.all():
        while read_on(reading.pk) is not None:
            pass
    assert {due_scope(account) for account in accounts.values()} == {None}
    Reading.objects.update(started_at=timezone.now() - timedelta(hours=2))
    assert [due_scope(accounts[name]) for name in ("classin", "huawei_vod", "syngrafii")] == [None, NEW, NEW]
    Reading.objects.update(started_at=timezone.now() - timedelta(hours=25))
    assert {due_scope(account) for account in accounts.values()} == {FULL}


def test_the_schedule_leaves_unconnected_accounts_alone(accounts: dict[str, Account], settings: Any) -> None:
    settings.INTAKE = {**settings.INTAKE, "scheduled": True}
    settings.PROVIDER_ACCOUNTS = {}
    schedule_readings()
    assert not Reading.objects.exists()


def test_the_sweeper_wakes_what_is_due_and_nobodys(
    sandbox: Sandbox, accounts: dict[str, Account], no_worker: list[int]
) -> None:
    lost, held, later = (start(account) for account in accounts.values())
    Reading.objects.filter(pk=held.pk).update(lease_until=timezone.now() + timedelta(seconds=50))
    Reading.objects.filter(pk=later.pk).update(due_at=timezone.now() + timedelta(seconds=50))
    no_worker.clear()
    wake_readings()
    assert no_worker == [lost.pk]


def test_the_record_of_a_reading_has_its_figures(sandbox: Sandbox, read_through: Read) -> None:
    _add_folders(sandbox.world, 2)
    reading = read_through("classin")
    (record,) = Record.objects.filter(action="intake.reading.finished")
    assert {name: record.details[name] for name in ("reading", "new", "missing", "requests", "complete")} == {
        "reading": reading.pk,
        "new": 10,
        "missing": 0,
        "requests": 3,
        "complete": True,
    }


def test_memory_stays_flat_however_much_is_read(sandbox: Sandbox, read_through: Read) -> None:
    """Twice as much read takes as much memory: nothing of what was read is kept."""
    import tracemalloc

    def peak(folders: int) -> int:
        sandbox.world.classin.folders.clear()
        sandbox.world.classin.files.clear()
        _add_folders(sandbox.world, folders)
        before = sum(1 for _entry in sandbox.application.journal.entries)
        tracemalloc.start()
        read_through("classin")
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(sandbox.application.journal.entries) - before == folders + 1
        return most

    peak(20)
    few, many = peak(60), peak(240)
    assert many < few * 2.5, (few, many)
