"""Each operation through the engine against the imitated providers: what they did, and what we then say of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet

from media_assets.forms import RenameCloudFileForm
from media_assets.models import CloudFile, SignPackage, VideoAsset, VodTemplateGroup
from media_assets.sync import import_world
from operations import engine
from operations.models import Attempt, Item, Run
from operations.registry import registry
from sandbox.records import records_of
from sandbox.server import Sandbox
from tests.factories.media_assets import LessonFactory
from tests.factories.operations import AccountFactory, confirmed, plan
from tests.media_assets.conftest import LIN

pytestmark = pytest.mark.django_db(transaction=True)

CLASS_VIDEO = "media_assets.class_video.delete"
CLASS_VIDEOS = "media_assets.class_videos.delete_all"
OUTPUT = "media_assets.transcoded_output.delete"
GROUP = "media_assets.transcode_group.delete"
MEETING = "media_assets.meeting_video.delete"
MEETINGS = "media_assets.meeting_videos.delete_all"
RENAME = "media_assets.cloud_file.rename"
Go = Callable[[str, QuerySet[Any]], dict[str, str]]


@pytest.fixture
def take_in(sandbox: Sandbox) -> Callable[[], None]:
    """Bring the mirror to what the sandbox has now."""

    def now() -> None:
        account = AccountFactory(provider="classin")
        for lesson in sandbox.world.classin.lessons.values():
            LessonFactory(
                account=account,
                provider_id=lesson.id,
                end_at=datetime.fromtimestamp(lesson.ends_at, UTC),
                recording_locked=False,
            )
        records = records_of(sandbox.world)
        for provider in ("classin", "huawei_vod", "syngrafii"):
            import_world(AccountFactory(provider=provider), records, at=datetime.now(UTC))

    return now


@pytest.fixture
def go(person: User, work_off: Callable[[Run], None]) -> Go:
    """Plan, confirm and work off one operation; outcome by provider id of the target."""

    def run(key: str, selection: QuerySet[Any]) -> dict[str, str]:
        done = confirmed(plan(key, selection, person), person)
        work_off(done)
        targets = registry[key].targets(Item.objects.filter(run=done))
        return {targets[item.target_id].provider_id: item.outcome for item in Item.objects.filter(run=done)}

    return run


def _presences(**which: Any) -> dict[str, tuple[str, str]]:
    rows = VideoAsset.objects.filter(**which)
    return {row.provider_id: (row.presence, row.presence_how) for row in rows}


def test_a_class_video_is_deleted_and_its_neighbour_stays(sandbox: Sandbox, take_in: Any, go: Go) -> None:
    lesson = sandbox.classin.add_class(class_id="601")
    gone, stays = (
        sandbox.classin.add_clip(lesson, file_id="901"),
        sandbox.classin.add_clip(lesson, file_id="902"),
    )
    take_in()
    assert go(CLASS_VIDEO, VideoAsset.objects.filter(provider_id="901")) == {"901": "done"}
    assert gone.deleted_at
    assert not stays.deleted_at
    assert _presences() == {"901": ("deleted", "deleted_here"), "902": ("present", "")}
    (call,) = sandbox.calls("classin", "deleteClassVideo")
    assert (call["params"]["classId"], call["params"]["fileId"]) == ("601", "901")


def test_a_clip_that_somebody_deleted_before_is_already_gone(sandbox: Sandbox, take_in: Any, go: Go) -> None:
    lesson = sandbox.classin.add_class()
    sandbox.classin.add_clip(lesson, file_id="901")
    sandbox.classin.add_clip(lesson, file_id="902")
    take_in()
    sandbox.change("clip", "901", deleted_at=1.0)
    assert go(CLASS_VIDEO, VideoAsset.objects.filter(provider_id="901")) == {"901": "already"}
    assert _presences(provider_id="901") == {"901": ("deleted", "already_gone")}


@pytest.mark.parametrize("others", [0, 1], ids=["632: the only clip", "634: one of two"])
def test_a_repeat_proves_that_the_lost_sending_worked(
    sandbox: Sandbox, take_in: Any, go: Go, others: int
) -> None:
    lesson = sandbox.classin.add_class()
    sandbox.classin.add_clip(lesson, file_id="901")
    for _number in range(others):
        sandbox.classin.add_clip(lesson)
    take_in()
    sandbox.fault("classin", "reset_after", call="deleteClassVideo")
    assert go(CLASS_VIDEO, VideoAsset.objects.filter(provider_id="901")) == {"901": "done"}
    assert len(sandbox.calls("classin", "deleteClassVideo")) == 2
    assert len(sandbox.effects("classin")) == 1
    assert _presences(provider_id="901")["901"] == ("deleted", "deleted_here")


def test_a_locked_recording_is_rejected_and_stays(sandbox: Sandbox, take_in: Any, go: Go) -> None:
    lesson = sandbox.classin.add_class(locked=True)
    sandbox.classin.add_clip(lesson, file_id="901")
    take_in()
    assert go(CLASS_VIDEO, VideoAsset.objects.all()) == {"901": "rejected"}
    assert Item.objects.get().code == "633"
    assert _presences() == {"901": ("present", "")}


def test_a_whole_lesson_is_emptied(sandbox: Sandbox, take_in: Any, go: Go) -> None:
    lesson = sandbox.classin.add_class(class_id="601")
    for file_id in ("901", "902"):
        sandbox.classin.add_clip(lesson, file_id=file_id)
    take_in()
    lessons = registry[CLASS_VIDEOS].target._default_manager.all()
    assert go(CLASS_VIDEOS, lessons) == {"601": "done"}
    assert set(_presences().values()) == {("deleted", "deleted_with_all")}
    (call,) = sandbox.calls("classin", "deleteClassVideo")
    assert "fileId" not in call["params"]


def test_a_lost_answer_about_a_whole_lesson_is_never_sent_again(
    sandbox: Sandbox, take_in: Any, go: Go
) -> None:
    sandbox.classin.add_clip(sandbox.classin.add_class(class_id="601"), file_id="901")
    take_in()
    sandbox.fault("classin", "reset_after", call="deleteClassVideo")
    lessons = registry[CLASS_VIDEOS].target._default_manager.all()
    assert go(CLASS_VIDEOS, lessons) == {"601": "unknown"}
    assert len(sandbox.calls("classin", "deleteClassVideo")) == 1
    assert _presences() == {"901": ("present", "")}


def _outputs(sandbox: Sandbox, number: int, **fields: Any) -> tuple[str, list[str]]:
    asset = sandbox.huawei_vod.add_asset()
    group = sandbox.huawei_vod.add_group(asset)
    return asset.id, [sandbox.huawei_vod.add_product(asset, group, **fields).id for _number in range(number)]


def test_outputs_of_one_asset_go_together_a_hundred_at_a_time(sandbox: Sandbox, take_in: Any, go: Go) -> None:
    _outputs(sandbox, 103)
    _outputs(sandbox, 2)
    take_in()
    outcomes = go(OUTPUT, VideoAsset.objects.all())
    assert len(outcomes) == 105
    assert set(outcomes.values()) == {"done"}
    sizes = sorted(len(call["params"]["url"]) for call in sandbox.calls("huawei_vod", "transcode-product"))
    assert sizes == [2, 3, 100]
    assert set(_presences().values()) == {("deleted", "deleted_here")}


def test_each_output_of_one_request_has_its_own_outcome(sandbox: Sandbox, take_in: Any, go: Go) -> None:
    _asset, urls = _outputs(sandbox, 3)
    take_in()
    sandbox.change("product", urls[0], deleted_at=1.0)
    sandbox.change("product", urls[1], refuses="The product is being used.")
    outcomes = go(OUTPUT, VideoAsset.objects.all())
    by_url = {video.product_url: outcomes[video.provider_id] for video in VideoAsset.objects.all()}
    assert [by_url[url] for url in urls] == ["already", "rejected", "done"]
    assert Item.objects.get(outcome="rejected").message == "The product is being used."
    hows = {video.product_url: video.presence_how for video in VideoAsset.objects.all()}
    assert [hows[url] for url in urls] == ["already_gone", "", "deleted_here"]


@pytest.mark.parametrize("fault", ["reset_after", "http_500_after", "garbage", "truncated", "missing_item"])
def test_a_lost_answer_about_outputs_is_looked_up(sandbox: Sandbox, take_in: Any, go: Go, fault: str) -> None:
    _outputs(sandbox, 2)
    take_in()
    sandbox.fault("huawei_vod", fault, call="transcode-product")
    assert set(go(OUTPUT, VideoAsset.objects.all()).values()) == {"done"}
    assert len(sandbox.calls("huawei_vod", "transcode-product")) == 1
    assert set(Attempt.objects.values_list("purpose", flat=True)) == {"send", "look"}


def test_outputs_that_a_lost_request_did_not_reach_are_not_called_deleted(
    sandbox: Sandbox, take_in: Any, go: Go
) -> None:
    _outputs(sandbox, 1)
    take_in()
    sandbox.fault("huawei_vod", "reset_before", call="transcode-product")
    assert set(go(OUTPUT, VideoAsset.objects.all()).values()) == {"not_sent"}
    assert set(_presences().values()) == {("present", "")}


def test_outputs_of_an_asset_that_is_gone_are_already_gone(sandbox: Sandbox, take_in: Any, go: Go) -> None:
    asset, _urls = _outputs(sandbox, 1)
    take_in()
    sandbox.change("asset", asset, status="DELETED")
    assert set(go(OUTPUT, VideoAsset.objects.all()).values()) == {"already"}


def test_a_template_group_goes_whole(sandbox: Sandbox, take_in: Any, go: Go) -> None:
    _outputs(sandbox, 3, play_type="HLS")
    take_in()
    assert set(go(GROUP, VodTemplateGroup.objects.all()).values()) == {"done"}
    assert set(_presences().values()) == {("deleted", "deleted_with_all")}
    assert VodTemplateGroup.objects.get().presence == "deleted"


def test_a_group_of_which_one_output_stays_is_left_to_a_person(
    sandbox: Sandbox, take_in: Any, go: Go
) -> None:
    _asset, urls = _outputs(sandbox, 2)
    take_in()
    sandbox.change("product", urls[0], refuses="The product is being used.")
    assert set(go(GROUP, VodTemplateGroup.objects.all()).values()) == {"unknown"}
    assert set(_presences().values()) == {("present", "")}


def test_a_lost_answer_about_a_group_is_looked_up(sandbox: Sandbox, take_in: Any, go: Go) -> None:
    _outputs(sandbox, 2)
    take_in()
    sandbox.fault("huawei_vod", "reset_after", call="transcode-product")
    assert set(go(GROUP, VodTemplateGroup.objects.all()).values()) == {"done"}
    assert len(sandbox.calls("huawei_vod", "transcode-product")) == 1


def test_a_meeting_video_is_deleted_and_its_neighbour_stays(sandbox: Sandbox, take_in: Any, go: Go) -> None:
    package = sandbox.syngrafii.add_package()
    sandbox.syngrafii.add_video(package, video_id="v-1")
    sandbox.syngrafii.add_video(package, video_id="v-2")
    take_in()
    assert go(MEETING, VideoAsset.objects.filter(provider_id="v-1")) == {"v-1": "done"}
    assert _presences() == {"v-1": ("deleted", "deleted_here"), "v-2": ("present", "")}


def test_a_meeting_video_that_somebody_deleted_before_is_already_gone(
    sandbox: Sandbox, take_in: Any, go: Go
) -> None:
    sandbox.syngrafii.add_video(video_id="v-1")
    take_in()
    sandbox.change("video", "v-1", state="deleted", deleted="2024-08-20T18:58:02.2596573Z")
    assert go(MEETING, VideoAsset.objects.all()) == {"v-1": "already"}


@pytest.mark.parametrize(("fault", "outcome"), [("reset_after", "done"), ("reset_before", "not_sent")])
def test_a_lost_answer_about_a_meeting_video_is_looked_up(
    sandbox: Sandbox, take_in: Any, go: Go, fault: str, outcome: str
) -> None:
    sandbox.syngrafii.add_video(video_id="v-1")
    take_in()
    sandbox.fault("syngrafii", fault, call="videos/delete")
    assert go(MEETING, VideoAsset.objects.all()) == {"v-1": outcome}
    assert len(sandbox.calls("syngrafii", "videos/delete")) == 1


def test_a_package_is_emptied(sandbox: Sandbox, take_in: Any, go: Go) -> None:
    package = sandbox.syngrafii.add_package(package_id="p-1")
    for _number in range(3):
        sandbox.syngrafii.add_video(package)
    take_in()
    assert go(MEETINGS, SignPackage.objects.all()) == {"p-1": "done"}
    assert set(_presences().values()) == {("deleted", "deleted_with_all")}
    assert SignPackage.objects.get().presence == "present"


def test_a_package_in_which_a_recording_began_meanwhile_is_not_called_empty(
    sandbox: Sandbox, take_in: Any, go: Go
) -> None:
    package = sandbox.syngrafii.add_package(package_id="p-1")
    sandbox.syngrafii.add_video(package, video_id="v-1")
    sandbox.syngrafii.add_video(package, video_id="v-2")
    take_in()
    sandbox.change("video", "v-2", state="started")
    assert go(MEETINGS, SignPackage.objects.all()) == {"p-1": "unknown"}


def _rename(file: CloudFile, name: str, user: User) -> Run:
    form = RenameCloudFileForm({"name": name}, target=file)
    assert form.is_valid(), form.errors
    run = engine.freeze_edit(registry[RENAME], file, form.proposal(), actor=LIN, user=user)
    return confirmed(run, user, reason="", typed=None)


@pytest.mark.parametrize(
    ("fault", "outcome", "name"),
    [
        (None, "done", "New.pdf"),
        ("reset_after", "done", "New.pdf"),
        ("reset_before", "not_sent", "Old.pdf"),
        ("http_500_after", "done", "New.pdf"),
    ],
)
def test_a_file_is_renamed_or_its_folder_tells(
    sandbox: Sandbox,
    take_in: Any,
    person: User,
    work_off: Any,
    fault: str | None,
    outcome: str,
    name: str,
) -> None:
    sandbox.classin.add_file("Old.pdf", file_id="21")
    take_in()
    if fault:
        sandbox.fault("classin", fault, call="renameFile")
    run = _rename(CloudFile.objects.get(), "New", person)
    work_off(run)
    assert Item.objects.get(run=run).outcome == outcome
    assert CloudFile.objects.get().name == sandbox.classin.files["21"].name == name
    assert len(sandbox.calls("classin", "renameFile")) == 1


def test_a_name_that_is_taken_at_classin_is_refused_beside_the_field(
    sandbox: Sandbox, take_in: Any, person: User, work_off: Any
) -> None:
    file = sandbox.classin.add_file("Old.pdf", file_id="21")
    take_in()
    sandbox.classin.add_file("New.pdf", file_id="22", folder_id=file.folder_id)
    run = _rename(CloudFile.objects.get(), "New", person)
    work_off(run)
    item = Item.objects.get(run=run)
    assert (item.outcome, item.code) == ("rejected", "200")
    assert RenameCloudFileForm.provider_fields[item.field] == "name"


def test_a_plan_to_rename_is_stale_once_the_name_moved_on(
    sandbox: Sandbox, take_in: Any, person: User
) -> None:
    sandbox.classin.add_file("Old.pdf", file_id="21")
    take_in()
    file = CloudFile.objects.get()
    form = RenameCloudFileForm({"name": "New"}, target=file)
    assert form.is_valid()
    run = engine.freeze_edit(registry[RENAME], file, form.proposal(), actor=LIN, user=person)
    CloudFile.objects.update(name="Other.pdf")
    with pytest.raises(engine.Refused) as refused:
        confirmed(run, person, reason="", typed=None)
    assert refused.value.code == "moved_on"
