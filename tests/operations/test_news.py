"""What people are told of a run: the right ones, once for each step, and nothing where nothing was committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from audit.actors import Actor
from media_assets.models import VideoAsset
from operations import engine
from operations.clock import database_now
from operations.engine import finish
from operations.engine.finish import finish_if_over
from operations.engine.sweep import sweep
from operations.models import Item, Notice, Policy, Run
from operations.notice_words import sentence
from operations.states import Halt, ItemState, Outcome, RunState
from tests.factories.operations import confirmed, plan
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

DELETE = "media_assets.class_video.delete"


@pytest.fixture
def second_person(no_waiting: None) -> None:
    Policy.objects.update(second_person=True, approve_from=5)


@pytest.fixture
def approver(db: None) -> Any:
    return UserFactory(permissions=["operations.approve_run", "operations.view_run"])


@pytest.fixture
def waiting(second_person: None, approver: Any, clips: list[VideoAsset], deleter: Any) -> Run:
    return confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)


@pytest.fixture
def running(clips: list[VideoAsset], deleter: Any) -> Run:
    return confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)


def told(kind: str) -> list[int]:
    """Who was told this, in the order of their keys; the same person twice when told twice."""
    rows = Notice.objects.filter(kind=f"operations.run.{kind}").order_by("person_id")
    return list(rows.values_list("person_id", flat=True))


def person(user: Any) -> dict[str, Any]:
    return {"actor": Actor.person(user, via="test"), "user": user}


def words(kind: str) -> str:
    return sentence(Notice.objects.filter(kind=f"operations.run.{kind}").order_by("-pk")[0])


def test_everyone_who_may_approve_is_asked_and_the_requester_is_not(
    second_person: None, clips: list[VideoAsset], deleter: Any, approver: Any
) -> None:
    other = UserFactory(is_superuser=True)
    UserFactory(permissions=["operations.approve_run"], is_active=False)
    UserFactory(permissions=["operations.view_run"])
    deleter.user_permissions.add(approver.user_permissions.get(codename="approve_run"))
    confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    assert told("approval_wanted") == [approver.pk, other.pk]
    assert "deletion of 5 items" in words("approval_wanted")


def test_a_run_that_needs_no_approval_asks_nobody(running: Run, approver: Any) -> None:
    assert told("approval_wanted") == []


def test_the_requester_is_told_of_the_approval(waiting: Run, approver: Any, deleter: Any) -> None:
    engine.approve(waiting, digest_shown=waiting.digest, **person(approver))
    assert told("approved") == [deleter.pk]


def test_what_is_sent_back_carries_the_comment_and_each_round_is_told_anew(
    waiting: Run, approver: Any, deleter: Any
) -> None:
    for comment in ("Keep lesson 1", "Keep lesson 2 as well"):
        plan_again = engine.send_back(waiting, comment=comment, **person(approver))
        assert comment in words("sent_back")
        confirmed(plan_again, deleter)
    assert told("sent_back") == [deleter.pk] * 2
    assert told("approval_wanted") == [approver.pk] * 3


def test_one_notice_a_step_however_often_the_sweeper_passes(waiting: Run, deleter: Any) -> None:
    """Cloud Custodian #4968 and #6530: a policy that ran each day mailed the same people each day."""
    Run.objects.filter(pk=waiting.pk).update(approve_until=database_now())
    for _pass in range(5):
        sweep()
    assert told("approval_expired") == [deleter.pk]
    assert told("approval_wanted") == told("approval_wanted")[:1]


def test_a_finished_run_is_told_once_to_who_asked_and_who_approved(
    waiting: Run, approver: Any, deleter: Any, work_off: Callable[..., None]
) -> None:
    engine.approve(waiting, digest_shown=waiting.digest, **person(approver))
    work_off(waiting)
    for _pass in range(3):
        sweep()
        finish_if_over(waiting.pk)
    assert told("finished") == sorted([deleter.pk, approver.pk])
    assert words("finished") == f"R-{waiting.pk} is finished: 5 done."


def test_each_halt_is_told_once_and_a_second_halt_anew(running: Run, deleter: Any) -> None:
    for halts in (1, 2):
        for _again in range(2):
            finish.halt(running, Halt.MAINTENANCE, now=database_now())
        assert told("halted") == [deleter.pk] * halts
        engine.resume(running, **person(deleter))
    assert words("halted").endswith("Let it go on when the maintenance is over.")


@pytest.mark.parametrize("why", Halt)
def test_every_halt_says_what_to_do(running: Run, why: Halt) -> None:
    finish.halt(running, why, now=database_now())
    assert str(why.label) in words("halted")
    assert len(words("halted").split(". ")) >= 2


def test_the_stop_switch_tells_everyone_but_who_pressed_it(running: Run, deleter: Any) -> None:
    other = UserFactory(permissions=["operations.operate_stop_switch"])
    engine.stop_all(reason="Wrong term", **person(other))
    assert told("halted") == [deleter.pk]


def test_who_cancels_their_own_run_is_not_told_of_it(running: Run, deleter: Any) -> None:
    engine.cancel_rest(running, **person(deleter))
    assert told("cancelled") == []


def test_who_is_cancelled_by_somebody_else_is_told(waiting: Run, approver: Any, deleter: Any) -> None:
    engine.approve(waiting, digest_shown=waiting.digest, **person(approver))
    engine.cancel_rest(waiting, **person(UserFactory(is_superuser=True)))
    assert told("cancelled") == sorted([deleter.pk, approver.pk])
    assert "5 items" in words("cancelled")


def test_unknown_outcomes_are_put_before_who_asked_and_who_may_decide(running: Run, deleter: Any) -> None:
    decider = UserFactory(permissions=["media_assets.delete_class_video"])
    UserFactory(permissions=["operations.view_run"])
    settled = {"state": ItemState.SETTLED, "settled_at": database_now(), "fence": None}
    items = Item.objects.filter(run=running)
    items.filter(pk=items.first().pk).update(outcome=Outcome.UNKNOWN, **settled)  # type: ignore[union-attr]  # five exist
    finish_if_over(running.pk)
    assert told("unknown") == []
    items.exclude(outcome=Outcome.UNKNOWN).update(outcome=Outcome.DONE, **settled)
    for _again in range(2):
        finish_if_over(running.pk)
    assert told("unknown") == sorted([deleter.pk, decider.pk])
    assert "the outcome of 1 item is not known" in words("unknown")


def test_an_unknown_item_of_a_cancelled_run_is_told_when_it_settles(running: Run, deleter: Any) -> None:
    engine.cancel_rest(running, **person(deleter))
    Item.objects.filter(run=running).update(outcome=Outcome.UNKNOWN)
    finish_if_over(running.pk)
    assert told("unknown") == [deleter.pk]


def test_a_refused_approval_tells_nobody(waiting: Run, approver: Any) -> None:
    before = Notice.objects.count()
    with pytest.raises(engine.Refused):
        engine.approve(waiting, digest_shown="another", **person(approver))
    assert Notice.objects.count() == before


def test_notices_lead_to_the_run(waiting: Run) -> None:
    assert Notice.objects.values_list("link", flat=True).distinct().get() == reverse(
        "admin:operations_run_change", args=[waiting.pk]
    )


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_rolled_back_leaves_no_notice(running: Run, deleter: Any) -> None:
    with transaction.atomic():
        finish.halt(running, Halt.MAINTENANCE, now=database_now())
        assert told("halted") == [deleter.pk]
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert Run.objects.get(pk=running.pk).state == RunState.RUNNING
