"""Confirming: only the plan that the person looked at, in their own words, once."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from audit.actors import Actor
from audit.denials import Denied
from audit.models import Record
from media_assets.models import CloudFile, VideoAsset
from operations import engine
from operations.clock import database_now
from operations.engine import statistics
from operations.models import Hold, Item, Run, StopSwitch
from operations.registry import registry
from operations.states import ItemState, RunState
from tests.factories.media_assets import CloudFileFactory
from tests.factories.operations import confirmed, plan

pytestmark = pytest.mark.django_db

DELETE = "media_assets.class_video.delete"
RENAME = "media_assets.cloud_file.rename"


@pytest.fixture
def run(clips: list[VideoAsset], deleter: Any) -> Run:
    """A plan of five clips."""
    return plan(DELETE, VideoAsset.objects.all(), deleter)


@pytest.fixture
def other(db: None) -> Any:
    """Somebody else who may delete as well."""
    user = get_user_model().objects.create_user("other", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="delete_"))
    return get_user_model().objects.get(pk=user.pk)


def confirm(run: Run, user: Any, **changed: Any) -> Run:
    given = {"token": str(run.token), "reason": "Term is over", "typed": "DELETE 5"} | changed
    return engine.confirm(run, actor=Actor.person(user, via="test"), user=user, **given)


def hold(video: VideoAsset, user: Any) -> None:
    Hold.objects.create(
        target_kind="media_assets.videoasset",
        target_id=video.pk,
        target_label=str(video),
        reason="Appeal",
        placed_by=user,
    )


def refusal(run: Run, user: Any, **changed: Any) -> tuple[str, str | None]:
    with pytest.raises(engine.Refused) as refused:
        confirm(run, user, **changed)
    assert str(refused.value.message)
    return refused.value.code, refused.value.field


def untouched(run: Run) -> bool:
    """Still the plan that it was: nothing confirmed, nothing queued, nothing asked for."""
    run.refresh_from_db()
    states = set(Item.objects.filter(run=run).values_list("state", flat=True))
    asked = Record.objects.filter(action__endswith=".requested").exists()
    return run.state == RunState.DRAFT and states == {ItemState.PLANNED} and not asked


# The words


@pytest.mark.parametrize(
    "typed",
    [
        "DELETE 5",
        "delete 5",
        " Delete  5 ",
        "DELETE5",
        "D E L E T E 5",
        "删除 5",
        "删除5",
        "删除　5",
        "ＤＥＬＥＴＥ 5",
        "删除　５",
    ],
)
def test_the_words_are_taken_in_either_language_and_width(typed, run, deleter):
    assert confirm(run, deleter, typed=typed).state == RunState.RUNNING


@pytest.mark.parametrize(
    "typed",
    [
        None,
        "",
        " ",
        "5",
        "DELETE",
        "DELETE 4",
        "DELETE 6",
        "DELETE 55",
        "DELETE 05",
        "DELETE -5",
        "REMOVE 5",
        "5 DELETE",
    ],
    ids=repr,
)
def test_wrong_or_missing_words_refuse(typed, run, deleter):
    assert refusal(run, deleter, typed=typed) == ("typed_wrong", "typed")
    assert untouched(run)


@pytest.mark.parametrize("typed", ["DELETE 1,200", "delete 1200", "删除 1，200", "DELETE 1 200"])
def test_a_large_number_may_be_grouped(typed):
    from operations.engine.confirm import typed_matches

    assert typed_matches(typed, 1_200)


def test_the_number_is_that_of_the_items_that_go(run, clips, deleter):
    hold(clips[0], deleter)
    fresh = plan(DELETE, VideoAsset.objects.all(), deleter)
    assert refusal(fresh, deleter, typed="DELETE 5") == ("typed_wrong", "typed")
    assert confirm(fresh, deleter, typed="DELETE 4").state == RunState.RUNNING


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_deletion_without_a_reason_is_refused(reason, run, deleter):
    assert refusal(run, deleter, reason=reason) == ("reason_missing", "reason")
    assert untouched(run)


def test_a_reason_has_its_limit(run, deleter):
    assert refusal(run, deleter, reason="x" * 301) == ("reason_too_long", "reason")
    assert confirm(run, deleter, reason="x" * 300).reason == "x" * 300


# The plan that was seen


def test_a_plan_that_is_too_old_is_refused(run, deleter, settings):
    old = settings.OPERATIONS["plan_fresh_seconds"] + 1
    Run.objects.filter(pk=run.pk).update(created_at=database_now() - timedelta(seconds=old))
    assert refusal(run, deleter)[0] == "stale"
    assert untouched(run)


@pytest.mark.parametrize("token", ["", "x", str(uuid.UUID(int=0)), "0" * 10_000])
def test_a_wrong_token_is_refused(token, run, deleter):
    assert refusal(run, deleter, token=token)[0] == "wrong_token"
    assert untouched(run)


def test_the_token_of_another_plan_is_refused(run, deleter):
    twin = plan(DELETE, VideoAsset.objects.all(), deleter)
    assert refusal(run, deleter, token=str(twin.token))[0] == "wrong_token"


def test_a_page_from_before_an_unticking_is_refused(run, deleter):
    shown = list(Item.objects.filter(run=run).values_list("pk", flat=True))
    seen = str(run.token)
    engine.keep_only(
        run, shown=shown, ticked=shown[1:], actor=Actor.person(deleter, via="test"), user=deleter
    )
    run.refresh_from_db()
    assert refusal(run, deleter, token=seen, typed="DELETE 4")[0] == "wrong_token"
    assert confirm(run, deleter, typed="DELETE 4").state == RunState.RUNNING


def test_unticked_rows_stay(run, clips, deleter, work_off, sandbox):
    items = {item.target_id: item.pk for item in Item.objects.filter(run=run)}
    out = {items[clips[1].pk], items[clips[3].pk]}
    assert (
        engine.keep_only(
            run,
            shown=items.values(),
            ticked=set(items.values()) - out,
            actor=Actor.person(deleter, via="test"),
            user=deleter,
        )
        == 2
    )
    run.refresh_from_db()
    work_off(confirm(run, deleter, typed="DELETE 3"))
    sent = {call["params"]["fileId"] for call in sandbox.calls("classin")}
    assert sent == {clips[number].provider_id for number in (0, 2, 4)}
    still = VideoAsset.objects.filter(pk__in=[clips[1].pk, clips[3].pk])
    assert set(still.values_list("presence", flat=True)) == {"present"}
    assert set(Item.objects.filter(pk__in=out).values_list("outcome", "left_out")) == {
        ("skipped", "unticked")
    }


def test_unticking_touches_only_what_was_shown(run, deleter):
    ids = list(Item.objects.filter(run=run).order_by("pk").values_list("pk", flat=True))
    assert (
        engine.keep_only(run, shown=ids[:2], ticked=[], actor=Actor.person(deleter, via="test"), user=deleter)
        == 2
    )
    assert Item.objects.filter(run=run, left_out="").count() == 3
    assert (
        engine.keep_only(
            run, shown=ids[:2], ticked=ids, actor=Actor.person(deleter, via="test"), user=deleter
        )
        == 2
    )
    assert Item.objects.filter(run=run, left_out="").count() == 5


def test_a_row_that_is_on_hold_cannot_be_ticked_back(clips, deleter):
    hold(clips[0], deleter)
    held = plan(DELETE, VideoAsset.objects.all(), deleter)
    item = Item.objects.get(run=held, target_id=clips[0].pk)
    engine.keep_only(
        held, shown=[item.pk], ticked=[item.pk], actor=Actor.person(deleter, via="test"), user=deleter
    )
    item.refresh_from_db()
    assert item.left_out == "held"


def test_a_plan_of_which_nothing_is_left_is_refused(run, deleter):
    ids = list(Item.objects.filter(run=run).values_list("pk", flat=True))
    engine.keep_only(run, shown=ids, ticked=[], actor=Actor.person(deleter, via="test"), user=deleter)
    run.refresh_from_db()
    assert refusal(run, deleter, typed="DELETE 0")[0] == "nothing_left"


def test_a_hold_placed_after_the_preview_leaves_out_and_asks_again(run, clips, deleter, work_off, sandbox):
    hold(clips[0], deleter)
    assert refusal(run, deleter)[0] == "selection_changed"
    assert Item.objects.get(run=run, target_id=clips[0].pk).left_out == "held"
    assert untouched(run)
    assert refusal(run, deleter, typed="DELETE 5") == ("typed_wrong", "typed")
    work_off(confirm(run, deleter, typed="DELETE 4"))
    assert clips[0].provider_id not in {call["params"]["fileId"] for call in sandbox.calls("classin")}


def test_what_is_gone_or_taken_meanwhile_asks_again(run, clips, deleter):
    VideoAsset.objects.filter(pk=clips[0].pk).update(presence="deleted")
    confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[1].pk), deleter), deleter)
    assert refusal(run, deleter)[0] == "selection_changed"
    left_out = dict(Item.objects.filter(run=run).exclude(left_out="").values_list("target_id", "left_out"))
    assert left_out == {clips[0].pk: "already_gone", clips[1].pk: "in_open_run"}
    assert confirm(run, deleter, typed="DELETE 3").state == RunState.RUNNING


def test_an_edit_whose_value_moved_on_is_refused(sandbox, deleter):
    right = Permission.objects.get(codename="rename_cloud_file")
    deleter.user_permissions.add(right)
    editor = type(deleter).objects.get(pk=deleter.pk)
    file = CloudFileFactory(name="a.pdf")
    operation = registry[RENAME]
    form = operation.form({"name": "b.pdf"}, target=file)
    assert form.is_valid()
    actor = Actor.person(editor, via="test")
    run = engine.freeze_edit(operation, file, form.proposal(), actor=actor, user=editor)
    CloudFile.objects.filter(pk=file.pk).update(name="c.pdf")
    assert refusal(run, editor, reason="", typed=None)[0] == "moved_on"
    assert untouched(run)


def test_while_deletions_are_stopped_nothing_is_confirmed(run, deleter):
    StopSwitch.objects.create(stopped_at=database_now(), stopped_by=deleter, reason="looks wrong")
    assert refusal(run, deleter)[0] == "switch"
    assert untouched(run)


# Once, and by the right person


def test_a_doubled_confirmation_makes_one_run_and_one_record(run, deleter, work_off, sandbox):
    first = confirm(run, deleter)
    second = confirm(run, deleter)
    assert first.pk == second.pk
    assert (first.confirmed_at, first.digest) == (second.confirmed_at, second.digest)
    assert Run.objects.count() == 1
    assert Record.objects.filter(action=f"{DELETE}.requested").count() == 1
    work_off(run)
    confirm(run, deleter)
    assert len(sandbox.calls("classin")) == 5


def test_a_discarded_plan_cannot_be_confirmed(run, deleter, actor):
    engine.discard(run, actor=actor, user=deleter)
    assert refusal(run, deleter)[0] == "not_a_draft"
    assert Record.objects.filter(action=f"{DELETE}.discarded").count() == 1


def test_the_record_says_how_many_why_and_what_was_left_out(run, clips, deleter):
    ids = list(Item.objects.filter(run=run).order_by("pk").values_list("pk", flat=True))
    engine.keep_only(run, shown=ids, ticked=ids[1:], actor=Actor.person(deleter, via="test"), user=deleter)
    run.refresh_from_db()
    confirmed_run = confirm(run, deleter, typed="DELETE 4", reason="  Term is over ")
    record = Record.objects.get(action=f"{DELETE}.requested")
    assert (record.reason, record.run_id, record.actor_id) == ("Term is over", run.pk, deleter.pk)
    assert record.details["count"] == 4
    assert record.details["left_out"] == {"unticked": 1}
    assert record.details["digest"] == confirmed_run.digest
    assert len(confirmed_run.digest) == 64


def test_somebody_elses_plan_is_refused(run, other):
    with pytest.raises(Denied) as denied:
        confirm(run, other)
    assert denied.value.action.code == f"{DELETE}.denied"
    assert untouched(run)


def test_somebody_without_the_right_changes_nothing_in_a_plan_of_others(run, django_user_model):
    stranger = django_user_model.objects.create_user("stranger", is_staff=True)
    with pytest.raises(Denied):
        confirm(run, stranger)
    assert untouched(run)
    assert Item.objects.filter(run=run, left_out="").count() == 5


def test_a_person_who_lost_the_right_confirms_nothing(run, deleter):
    deleter.user_permissions.clear()
    person = get_user_model().objects.get(pk=deleter.pk)
    with pytest.raises((Denied, engine.Refused)):
        confirm(run, person)
    assert untouched(run)


def test_somebody_else_cannot_discard_the_plan(run, other):
    with pytest.raises(Denied):
        engine.discard(run, actor=Actor.person(other, via="test"), user=other)
    assert untouched(run)


def test_somebody_else_cannot_untick_in_the_plan(run, other):
    ids = list(Item.objects.filter(run=run).values_list("pk", flat=True))
    with pytest.raises(Denied):
        engine.keep_only(run, shown=ids, ticked=[], actor=Actor.person(other, via="test"), user=other)
    assert untouched(run)
    assert Item.objects.filter(run=run, left_out="").count() == 5


@pytest.mark.parametrize(("many", "looked_at"), [(5, True), (6, False)])
def test_a_large_run_is_known_to_the_planner_once_it_is_committed(
    run: Run, deleter: Any, monkeypatch: pytest.MonkeyPatch, many: int, looked_at: bool
) -> None:
    """PostgreSQL's planner: SQLite's goes by the order of the index whatever it knows."""
    monkeypatch.setattr(statistics, "MANY", many)
    with CaptureQueriesContext(connection) as before, TestCase.captureOnCommitCallbacks() as callbacks:
        confirm(run, deleter)
    with CaptureQueriesContext(connection) as after:
        for callback in callbacks:
            callback()
    assert not [one for one in before if "ANALYZE" in one["sql"]]
    asked = [one["sql"].replace('"', "") for one in after if "ANALYZE" in one["sql"]]
    assert asked == (["ANALYZE operations_item"] if looked_at and connection.vendor == "postgresql" else [])
