"""A fresh look: reading calls alone tell what of a plan is still there; the plan and the mirror learn what is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from audit.actors import Actor
from audit.denials import Denied
from audit.models import Record
from media_assets.models import VideoAsset
from media_assets.sync import import_world
from operations import engine
from operations.clock import database_now
from operations.engine import fresh_look
from operations.engine.fresh_look import look_on, wake_looks
from operations.models import Account, FreshLook, Item, Run
from operations.registry import registry
from sandbox.records import records_of
from sandbox.server import Sandbox
from tests.factories.media_assets import LessonFactory
from tests.factories.operations import AccountFactory, confirmed
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

CLASS_VIDEO = "media_assets.class_video.delete"
OUTPUT = "media_assets.transcoded_output.delete"
GROUP = "media_assets.transcode_group.delete"
MEETING = "media_assets.meeting_video.delete"
MEETINGS = "media_assets.meeting_videos.delete_all"


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Looks are gone on with by hand; the ids of those that were queued are kept."""
    queued: list[int] = []
    monkeypatch.setattr(fresh_look, "_queue", queued.append)
    return queued


@pytest.fixture
def planned(sandbox: Sandbox, person: User) -> Callable[..., Run]:
    """A plan of everything that the sandbox has."""

    def make(*keys: str) -> Run:
        account = AccountFactory(provider="classin")
        for lesson in sandbox.world.classin.lessons.values():
            if not VideoAsset.objects.filter(course_class__provider_id=lesson.id).exists():
                LessonFactory(account=account, provider_id=lesson.id)
        records = records_of(sandbox.world)
        for provider in ("classin", "huawei_vod", "syngrafii"):
            import_world(AccountFactory(provider=provider), records, at=datetime.now(UTC))
        operations = [registry[key] for key in keys or (CLASS_VIDEO, OUTPUT, MEETING)]
        rows = operations[0].target._default_manager.all()
        return engine.freeze(operations, rows, actor=Actor.person(person, via="test"), user=person)

    return make


def ask(run: Run, person: User) -> FreshLook:
    return engine.ask_fresh_look(run, actor=Actor.person(person, via="test"), user=person)


def look_through(run: Run, person: User) -> FreshLook:
    look = ask(run, person)
    assert look_on(look.pk) is None
    look.refresh_from_db()
    return look


def figures(look: FreshLook) -> tuple[int, int, int, int]:
    return (look.gone, look.there, look.unreadable, look.unclear)


@pytest.fixture
def outputs(sandbox: Sandbox) -> list[str]:
    """Three outputs of one asset at Huawei."""
    asset = sandbox.huawei_vod.add_asset()
    group = sandbox.huawei_vod.add_group(asset)
    return [sandbox.huawei_vod.add_product(asset, group).id for _number in range(3)]


def test_what_is_gone_leaves_the_plan_and_the_mirror_learns_it(
    sandbox: Sandbox, planned: Any, person: User, outputs: list[str]
) -> None:
    sandbox.syngrafii.add_video(video_id="v-1")
    sandbox.syngrafii.add_video(video_id="v-2")
    sandbox.classin.add_clip(sandbox.classin.add_class(), file_id="901")
    run = planned()
    sandbox.change("product", outputs[0], deleted_at=1.0)
    sandbox.change("video", "v-1", state="deleted", deleted="2024-08-20T18:58:02.2596573Z")
    look = look_through(run, person)
    assert figures(look) == (2, 3, 1, 0)
    gone = VideoAsset.objects.filter(presence="deleted")
    assert {video.product_url or video.provider_id for video in gone} == {outputs[0], "v-1"}
    assert set(gone.values_list("presence_how", flat=True)) == {"already_gone"}
    left_out = Item.objects.filter(run=run).exclude(left_out="")
    assert set(left_out.values_list("target_id", "left_out")) == {(v.pk, "already_gone") for v in gone}
    (ended,) = Record.objects.filter(action="operations.look.ended")
    assert ended.details == {"gone": 2, "there": 3, "unreadable": 1, "unclear": 0}
    assert Record.objects.filter(run_id=run.pk, action__endswith=".skipped").count() == 2


def test_only_reading_calls_are_made_and_they_change_nothing(
    sandbox: Sandbox, planned: Any, person: User, outputs: list[str]
) -> None:
    sandbox.syngrafii.add_video(video_id="v-1")
    sandbox.classin.add_clip(sandbox.classin.add_class(), file_id="901")
    look_through(planned(), person)
    assert not sandbox.effects()
    assert len(sandbox.calls("huawei_vod")) == len(sandbox.calls("syngrafii")) == 1
    assert not sandbox.calls("classin")
    assert not [call for call in sandbox.calls() if "delete" in call["call"].lower()]


def test_ten_assets_are_asked_about_in_one_request(sandbox: Sandbox, planned: Any, person: User) -> None:
    for _asset in range(12):
        asset = sandbox.huawei_vod.add_asset()
        sandbox.huawei_vod.add_product(asset, sandbox.huawei_vod.add_group(asset))
    assert figures(look_through(planned(), person)) == (0, 12, 0, 0)
    assert len(sandbox.calls("huawei_vod")) == 2


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "TRANSCODING"}, (0, 0, 0, 3)),
        ({"status": "DELETED"}, (3, 0, 0, 0)),
    ],
)
def test_an_asset_at_work_proves_nothing_and_one_that_is_gone_has_no_outputs(
    sandbox: Sandbox, planned: Any, person: User, outputs: list[str], fields: Any, expected: Any
) -> None:
    run = planned()
    (asset,) = sandbox.world.huawei_vod.assets
    sandbox.change("asset", asset, **fields)
    assert figures(look_through(run, person)) == expected


@pytest.mark.parametrize("fault", ["reset_after", "http_500_after", "garbage", "truncated"])
def test_an_unexpected_answer_is_unclear_and_nothing_is_left_out(
    sandbox: Sandbox, planned: Any, person: User, outputs: list[str], fault: str
) -> None:
    run = planned()
    sandbox.fault("huawei_vod", fault)
    assert figures(look_through(run, person)) == (0, 0, 0, 3)
    assert not Item.objects.filter(run=run).exclude(left_out="").exists()
    assert not VideoAsset.objects.filter(presence="deleted").exists()


def test_an_account_without_credentials_is_not_asked_again_and_again(
    sandbox: Sandbox, planned: Any, person: User, settings: Any
) -> None:
    for number in range(3):
        sandbox.syngrafii.add_video(video_id=f"v-{number}")
    run = planned()
    look = ask(run, person)
    settings.PROVIDER_ACCOUNTS = {**settings.PROVIDER_ACCOUNTS, "syngrafii": {"default": {}}}
    assert look_on(look.pk) is None
    look.refresh_from_db()
    assert figures(look) == (0, 0, 0, 3)
    assert not sandbox.calls("syngrafii")


def test_a_whole_group_and_a_whole_package_are_gone_only_when_nothing_is_left(
    sandbox: Sandbox, planned: Any, person: User, outputs: list[str]
) -> None:
    group_plan = planned(GROUP)
    for url in outputs[:2]:
        sandbox.change("product", url, deleted_at=1.0)
    assert figures(look_through(group_plan, person)) == (0, 1, 0, 0)
    sandbox.change("product", outputs[2], deleted_at=1.0)
    assert figures(look_through(group_plan, person)) == (1, 0, 0, 0)


def test_a_package_whose_videos_are_all_deleted_is_gone(sandbox: Sandbox, planned: Any, person: User) -> None:
    package = sandbox.syngrafii.add_package()
    for number in range(2):
        sandbox.syngrafii.add_video(package, video_id=f"v-{number}")
    run = planned(MEETINGS)
    sandbox.change("video", "v-0", state="deleted", deleted="2024-08-20T18:58:02.2596573Z")
    assert figures(look_through(run, person)) == (0, 1, 0, 0)
    sandbox.change("video", "v-1", state="deleted", deleted="2024-08-20T18:58:02.2596573Z")
    assert figures(look_through(run, person)) == (1, 0, 0, 0)


def test_a_page_that_still_shows_what_is_gone_cannot_confirm(
    sandbox: Sandbox, planned: Any, person: User, outputs: list[str]
) -> None:
    run = planned()
    sandbox.change("product", outputs[0], deleted_at=1.0)
    look_through(run, person)
    with pytest.raises(engine.Refused) as refused:
        confirmed(run, person)
    assert refused.value.code == "wrong_token"


def test_after_a_crash_the_next_worker_goes_on_where_nothing_was_told(
    sandbox: Sandbox, planned: Any, person: User, no_worker: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        sandbox.syngrafii.add_video(video_id=f"v-{number}")
    look = ask(planned(), person)
    look_on(look.pk, seconds=0)
    assert len(sandbox.calls("syngrafii")) == 1

    class Killed(BaseException):
        pass

    def die(*_unused: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(fresh_look, "_write", die)
        with pytest.raises(Killed):
            look_on(look.pk)
    assert look_on(look.pk) is None, "the dead worker's lease still runs"
    no_worker.clear()
    wake_looks()
    assert not no_worker
    FreshLook.objects.update(lease_until=database_now() - timedelta(seconds=1))
    wake_looks()
    assert no_worker == [look.pk]
    assert look_on(look.pk) is None
    look.refresh_from_db()
    assert figures(look) == (0, 3, 0, 0)
    assert look_on(look.pk) is None, "a doubled message does nothing"
    assert Record.objects.filter(action="operations.look.ended").count() == 1


def test_a_late_answer_of_a_worker_that_lost_its_lease_is_not_written(
    sandbox: Sandbox, planned: Any, person: User, outputs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    look = ask(planned(), person)
    read = fresh_look._read

    def slowly(batch: Any) -> Any:
        FreshLook.objects.update(fence="00000000-0000-0000-0000-000000000000")
        monkeypatch.setattr(fresh_look, "_read", read)
        return read(batch)

    monkeypatch.setattr(fresh_look, "_read", slowly)
    look_on(look.pk, seconds=0)
    assert not Item.objects.exclude(looked="").exists()


def test_the_pace_of_the_account_is_kept(
    sandbox: Sandbox, planned: Any, person: User, outputs: list[str]
) -> None:
    run = planned()
    blocked = database_now() + timedelta(minutes=5)
    Account.objects.filter(provider="huawei_vod").update(blocked_until=blocked)
    look = ask(run, person)
    assert look_on(look.pk) == blocked
    assert not sandbox.calls("huawei_vod")


def test_a_plan_that_was_confirmed_meanwhile_is_not_touched(
    sandbox: Sandbox, planned: Any, person: User, outputs: list[str]
) -> None:
    run = planned()
    sandbox.change("product", outputs[0], deleted_at=1.0)
    look = ask(run, person)
    Run.objects.filter(pk=run.pk).update(state="waiting_approval", confirmed_at=database_now())
    assert look_on(look.pk) is None
    assert not sandbox.calls("huawei_vod")
    assert not Item.objects.filter(run=run).exclude(left_out="").exists()


def test_one_look_at_a_time_by_the_maker_alone_and_only_where_something_can_be_read(
    sandbox: Sandbox, planned: Any, person: User
) -> None:
    sandbox.classin.add_clip(sandbox.classin.add_class(), file_id="901")
    with pytest.raises(engine.Refused) as refused:
        ask(planned(), person)
    assert refused.value.code == "not_readable"
    sandbox.syngrafii.add_video(video_id="v-1")
    run = planned()
    with pytest.raises(Denied):
        ask(run, UserFactory(is_superuser=True))
    ask(run, person)
    with pytest.raises(engine.Refused) as refused:
        ask(run, person)
    assert refused.value.code == "look_under_way"


def test_the_page_asks_by_a_button_and_tells_what_was_found(
    sandbox: Sandbox, planned: Any, person: User, outputs: list[str], client: Any
) -> None:
    run = planned()
    sandbox.change("product", outputs[0], deleted_at=1.0)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert "Look at the providers now" in client.get(run.get_absolute_url()).content.decode()
    assert not FreshLook.objects.exists(), "looking at the page asks nobody"
    assert client.post(run.get_absolute_url(), {"do": "fresh_look"}).status_code == 302
    assert "3 still to ask" in client.get(run.get_absolute_url()).content.decode()
    look_on(FreshLook.objects.get().pk)
    page = client.get(run.get_absolute_url()).content.decode()
    assert "1 gone, 2 there, 0 cannot be read, 0 unclear" in page
