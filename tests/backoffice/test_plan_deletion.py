"""The deletion without a browser: it stops at the preview, and its confirmation is the one that everybody gives."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command

from audit.models import Record
from media_assets.models import VideoAsset
from operations.models import Item, Policy, Run, StopSwitch
from operations.states import RunState
from tests.factories.media_assets import (
    MeetingVideoFactory,
    TranscodedOutputFactory,
    VideoAssetFactory,
)
from tests.media_assets.conftest import connected  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

RIGHTS = ("delete_class_video", "delete_transcoded_output", "delete_meeting_video", "view_videoasset")


@pytest.fixture
def deleter() -> User:
    user = User.objects.create_user("deleter", first_name="Wei", last_name="Chen", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
    return user


@pytest.fixture
def clips() -> list[VideoAsset]:
    return VideoAssetFactory.create_batch(3)


def said(**options: Any) -> str:
    out = io.StringIO()
    call_command("plan_deletion", stdout=out, **options)
    return out.getvalue()


def refused(**options: Any) -> tuple[int, str]:
    with pytest.raises(CommandError) as error:
        said(**options)
    return error.value.returncode, str(error.value)


def planned(**options: Any) -> Run:
    said(**{"filter": "kind=class_video", "person": "deleter", **options})
    return Run.objects.latest("pk")


def test_a_filter_becomes_a_plan_that_is_shown_and_nothing_more(
    deleter: User, clips: list[VideoAsset]
) -> None:
    VideoAssetFactory(gone=True)
    MeetingVideoFactory()
    text = said(filter="?kind=class_video", person="deleter")
    run = Run.objects.get()
    for words in (
        f"Deletion plan P-{run.pk}",
        "Class video",
        "Will go: 3, 1.2 GB",
        "Delete class videos: 3 items",
        "Left out:",
        ": 1 item\nNothing was sent.",
        "Nothing was sent.",
        "type “DELETE 3”",
        run.get_absolute_url(),
    ):
        assert words in text, words
    assert run.state == RunState.DRAFT
    record = Record.objects.get()
    assert (record.actor_name, record.via) == ("Wei Chen", "command")


def test_a_file_of_ids_becomes_a_plan_and_unknown_ids_are_said(
    deleter: User, clips: list[VideoAsset], tmp_path: Path
) -> None:
    output = TranscodedOutputFactory()
    file = tmp_path / "old.csv"
    file.write_text(f"id\n{clips[0].provider_id}\n{output.provider_id}\nlost-1\n")
    text = said(ids=str(file), person="deleter")
    assert "3 IDs from “old.csv”, 1 unknown" in text
    assert "IDs that are in no plan: 1" in text
    assert "lost-1  Unknown here" in text
    assert set(Item.objects.values_list("target_id", flat=True)) == {clips[0].pk, output.pk}


def test_ids_come_from_standard_input_as_well(
    deleter: User, clips: list[VideoAsset], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = f"{clips[1].provider_id}\n".encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    said(ids="-", person="deleter")
    assert Item.objects.get().target_id == clips[1].pk


def test_the_address_of_the_list_is_taken_as_it_is_copied(deleter: User, clips: list[VideoAsset]) -> None:
    run = planned(filter="https://office.example/media_assets/videoasset/?kind=class_video&o=size&after=zz")
    assert Item.objects.filter(run=run).count() == 3


def test_a_plan_is_shown_again(deleter: User, clips: list[VideoAsset]) -> None:
    run = planned()
    first = said(show=str(run))
    assert first == said(show=str(run.pk)) == said(show=f"r-{run.pk}")
    assert "Will go: 3" in first


def test_the_confirmation_is_the_engines(deleter: User, clips: list[VideoAsset]) -> None:
    run = planned()
    text = said(confirm=str(run), person="deleter", reason="Term is over", typed="DELETE 3")
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    assert "State: Running" in text
    record = Record.objects.get(action="media_assets.class_video.delete.requested")
    assert (record.actor_name, record.via, record.reason) == ("Wei Chen", "command", "Term is over")


def test_approval_and_waiting_time_follow_as_for_everybody(deleter: User, clips: list[VideoAsset]) -> None:
    Policy.objects.update(second_person=True, approve_from=3, irreversible_seconds=900)
    text = said(filter="kind=class_video", person="deleter")
    assert "Then a second person approves it." in text
    assert "Then a waiting time passes: 15 minutes." in text
    run = Run.objects.get()
    text = said(confirm=str(run), person="deleter", reason="Term is over", typed="删除 3")
    run.refresh_from_db()
    assert run.state == RunState.WAITING_APPROVAL
    assert "A second person approves it before" in text
    Policy.objects.update(second_person=False)
    again = planned(filter="q=" + clips[0].title)
    assert Item.objects.get(run=again).left_out == "in_open_run"


def test_a_waiting_time_counts_down(deleter: User, clips: list[VideoAsset]) -> None:
    Policy.objects.update(irreversible_seconds=900)
    run = planned()
    text = said(confirm=str(run), person="deleter", reason="Term is over", typed="DELETE 3")
    run.refresh_from_db()
    assert run.state == RunState.COUNTING_DOWN
    assert "It starts " in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"reason": "Term is over"}, "Type DELETE 3 exactly"),
        ({"reason": "Term is over", "typed": ""}, "Type DELETE 3 exactly"),
        ({"reason": "Term is over", "typed": "DELETE 2"}, "Type DELETE 3 exactly"),
        ({"typed": "DELETE 3"}, "Say why"),
        ({"reason": "x" * 301, "typed": "DELETE 3"}, "within 300 characters"),
    ],
)
def test_what_the_engine_refuses_is_said_with_code_3(
    deleter: User, clips: list[VideoAsset], options: dict[str, str], words: str
) -> None:
    run = planned()
    code, text = refused(confirm=str(run), person="deleter", **options)
    assert code == 3
    assert words in text
    run.refresh_from_db()
    assert run.state == RunState.DRAFT


def test_the_stop_switch_and_an_old_plan_refuse(
    deleter: User, clips: list[VideoAsset], settings: Any
) -> None:
    run = planned()
    good = {"confirm": str(run), "person": "deleter", "reason": "Term is over", "typed": "DELETE 3"}
    settings.OPERATIONS = {**settings.OPERATIONS, "plan_fresh_seconds": -1}
    assert refused(**good) == (
        3,
        "This plan is too old to be confirmed. Select again, so that you see what is there now.",
    )
    settings.OPERATIONS = {**settings.OPERATIONS, "plan_fresh_seconds": 60}
    StopSwitch.objects.create(stopped_at="2026-01-01T00:00:00Z", stopped_by=deleter, reason="Look")
    code, text = refused(**good)
    assert code == 3
    assert "All deletions are stopped" in text


def test_nobody_confirms_somebody_elses_plan(deleter: User, clips: list[VideoAsset]) -> None:
    other = User.objects.create_superuser("other")
    run = planned()
    code, _text = refused(confirm=str(run), person="other", reason="Term is over", typed="DELETE 3")
    assert code == 4
    assert refused(discard=str(run), person="other")[0] == 4
    for record in Record.objects.filter(action="media_assets.class_video.delete.denied"):
        assert (record.actor_id, record.via) == (other.pk, "command")
    assert Record.objects.filter(action="media_assets.class_video.delete.denied").count() == 2
    run.refresh_from_db()
    assert run.state == RunState.DRAFT


@pytest.mark.parametrize("how", ["no_right", "no_view", "inactive", "nobody"])
def test_who_may_not_is_refused_with_code_4_and_the_refusal_is_kept(
    deleter: User, clips: list[VideoAsset], how: str, tmp_path: Path
) -> None:
    name = "nobody" if how == "nobody" else "deleter"
    if how == "no_right":
        deleter.user_permissions.set(Permission.objects.filter(codename="view_videoasset"))
    if how == "no_view":
        deleter.user_permissions.remove(Permission.objects.get(codename="view_videoasset"))
    if how == "inactive":
        User.objects.filter(pk=deleter.pk).update(is_active=False)
    file = tmp_path / "ids.csv"
    file.write_text(clips[0].provider_id)
    for options in ({"filter": "kind=class_video"}, {"ids": str(file)}):
        code, text = refused(person=name, **options)
        assert (code, text) == (4, f"“{name}” may not do this. The refusal is in the audit log.")
    assert [record.outcome for record in Record.objects.all()] == ["denied", "denied"]
    assert {record.via for record in Record.objects.all()} == {"command"}
    assert not Run.objects.exists()


def test_a_plan_is_given_up(deleter: User, clips: list[VideoAsset]) -> None:
    run = planned()
    assert "State: Cancelled" in said(discard=str(run), person="deleter")
    assert refused(discard=str(run), person="deleter")[0] == 3


@pytest.mark.parametrize(
    "options",
    [
        {"show": "P-999"},
        {"show": "twelve"},
        {"filter": "kind=class_video"},
        {"filter": "kind=class_video", "person": "deleter", "model": "auth.user"},
        {"filter": "kind=class_video", "person": "deleter", "model": "nonsense"},
        {"filter": "kind=class_video", "person": "deleter", "button": "nonsense"},
        {"ids": "/nonexistent/ids.csv", "person": "deleter"},
        {"ids": "EMPTY", "person": "deleter"},
        {"ids": "LIST", "person": "deleter", "model": "media_assets.signpackage"},
    ],
)
def test_what_is_not_understood_is_said_with_code_2(
    deleter: User, clips: list[VideoAsset], options: dict[str, str], tmp_path: Path
) -> None:
    for name, content in (("EMPTY", ""), ("LIST", "1")):
        (tmp_path / name).write_text(content)
    if options.get("ids", "/").isupper():
        options = {**options, "ids": str(tmp_path / options["ids"])}
    code, text = refused(**options)
    assert code == 2
    assert text.endswith(".")
    assert not Run.objects.exists()


def test_exactly_one_thing_is_asked_for(deleter: User) -> None:
    for arguments in ([], ["--show", "1", "--discard", "1"]):
        with pytest.raises(CommandError):
            call_command("plan_deletion", *arguments)
