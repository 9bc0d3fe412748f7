"""The second person: another one, with the right, in time, for exactly the list that was confirmed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.urls import reverse

from audit.actors import Actor
from audit.denials import Denied
from audit.models import Record
from backoffice.roles import ensure_roles
from media_assets.models import VideoAsset
from operations import engine
from operations.clock import database_now
from operations.engine.claim import claim
from operations.engine.limits import Answer, change_policy
from operations.engine.policy import needs_approval, policy
from operations.engine.sweep import sweep
from operations.models import Item, Policy, Run, StopSwitch
from operations.states import ItemState, Risk, RunState
from tests.factories.operations import confirmed, plan
from tests.factories.people import SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db

DELETE = "media_assets.class_video.delete"


@pytest.fixture(autouse=True)
def second_person(no_waiting: None) -> None:
    Policy.objects.update(second_person=True, approve_from=5)


@pytest.fixture
def approver(db: None) -> Any:
    return UserFactory(permissions=["operations.approve_run", "operations.view_run"])


@pytest.fixture
def waiting(clips: list[VideoAsset], deleter: Any) -> Run:
    return confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)


def approve(run: Run, user: Any, digest: str | None = None) -> Run:
    shown = run.digest if digest is None else digest
    return engine.approve(run, actor=Actor.person(user, via="test"), user=user, digest_shown=shown)


def send_back(run: Run, user: Any, comment: str = "Keep the last lesson") -> Run:
    return engine.send_back(run, comment=comment, actor=Actor.person(user, via="test"), user=user)


def code(refused: pytest.ExceptionInfo[engine.Refused]) -> str:
    return refused.value.code


def test_without_a_row_the_policy_is_the_strict_one():
    Policy.objects.all().delete()
    rules = policy()
    assert (rules.second_person, rules.approve_from, rules.approval_hours) == (True, 100, 48)
    assert (rules.irreversible_seconds, rules.sweeping_seconds) == (900, 3600)


@pytest.mark.parametrize(
    ("risk", "count", "needed"),
    [
        (Risk.IRREVERSIBLE, 4, False),
        (Risk.IRREVERSIBLE, 5, True),
        (Risk.SWEEPING, 1, True),
        (Risk.REVERSIBLE, 500, False),
    ],
)
def test_a_large_or_sweeping_deletion_needs_a_second_person(risk, count, needed):
    assert needs_approval(policy(), {risk}, count) is needed


def test_nothing_is_sent_before_the_approval_and_everything_after_it(waiting, approver, sandbox, work_off):
    assert waiting.state == RunState.WAITING_APPROVAL
    sweep()
    work_off(waiting)
    assert not sandbox.calls()
    work_off(approve(waiting, approver))
    waiting.refresh_from_db()
    assert waiting.state == RunState.FINISHED
    assert (waiting.approved_by_id, waiting.approved_digest) == (approver.pk, waiting.digest)
    assert Record.objects.get(action="operations.run.approved").details == {"digest": waiting.digest}


def test_a_small_deletion_needs_nobody_else(clips, deleter):
    run = confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter), deleter)
    assert (run.needs_approval, run.state) == (False, RunState.RUNNING)


def test_nobody_approves_their_own_run_not_even_through_a_second_role(waiting, deleter):
    ensure_roles()
    deleter.groups.set(Group.objects.filter(name__in=["Approver", "Owner"]))
    person = get_user_model().objects.get(pk=deleter.pk)
    assert person.has_perm("operations.approve_run")
    with pytest.raises(Denied):
        approve(waiting, person)
    with pytest.raises(Denied):
        send_back(waiting, person)


def test_the_database_refuses_ones_own_approval_and_a_run_without_its_approval(waiting, deleter):
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=waiting.pk).update(approved_by=deleter)
    for state in (RunState.RUNNING, RunState.COUNTING_DOWN):
        with pytest.raises(IntegrityError), transaction.atomic():
            Run.objects.filter(pk=waiting.pk).update(state=state)


def test_an_administrator_may_not_approve_their_own_either(clips):
    admin = SuperuserFactory()
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), admin), admin)
    with pytest.raises(Denied):
        approve(run, admin)


def test_the_right_to_delete_is_not_the_right_to_approve(waiting):
    other = UserFactory(permissions=["media_assets.delete_class_video"])
    with pytest.raises(Denied):
        approve(waiting, other)


def test_a_right_that_was_lost_meanwhile_does_not_approve(waiting, approver):
    approver.user_permissions.clear()
    with pytest.raises(Denied):
        approve(waiting, get_user_model().objects.get(pk=approver.pk))


def test_a_maker_who_lost_the_right_gets_no_approval(waiting, approver, deleter):
    deleter.user_permissions.clear()
    with pytest.raises(engine.Refused) as refused:
        approve(waiting, approver)
    assert code(refused) == "requester_lost_right"


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_another_list_than_the_one_shown_is_not_approved(waiting, approver, digest):
    with pytest.raises(engine.Refused) as refused:
        approve(waiting, approver, digest)
    assert code(refused) == "list_changed"


def test_a_list_that_was_changed_under_its_checksum_is_not_approved(waiting, approver):
    item = Item.objects.filter(run=waiting).first()
    Item.objects.filter(pk=item.pk).update(identity={"classId": "1", "fileId": "2"})
    with pytest.raises(engine.Refused) as refused:
        approve(waiting, approver)
    assert code(refused) == "list_changed"


def test_an_approval_runs_out(waiting, approver):
    Run.objects.filter(pk=waiting.pk).update(approve_until=database_now() - timedelta(seconds=1))
    with pytest.raises(engine.Refused) as refused:
        approve(waiting, approver)
    assert code(refused) == "approval_over"
    sweep()
    waiting.refresh_from_db()
    assert waiting.state == RunState.CANCELLED
    assert not Item.objects.filter(run=waiting).exclude(state=ItemState.SETTLED).exists()
    assert Record.objects.get(action="operations.run.approval_expired").details == {"count": 5}


def test_a_second_approval_is_refused(waiting, approver):
    approve(waiting, approver)
    with pytest.raises(engine.Refused) as refused:
        approve(waiting, approver)
    assert code(refused) == "not_waiting"


def test_the_maker_can_cancel_while_it_waits(waiting, approver, deleter):
    assert engine.cancel_rest(waiting, actor=Actor.person(deleter, via="test"), user=deleter) == 5
    with pytest.raises(engine.Refused) as refused:
        approve(waiting, approver)
    assert code(refused) == "not_waiting"


def test_the_stop_switch_stops_approvals(waiting, approver):
    StopSwitch.objects.update_or_create(pk=1, defaults={"stopped_at": database_now()})
    with pytest.raises(engine.Refused) as refused:
        approve(waiting, approver)
    assert code(refused) == "switch"


def test_sent_back_it_is_a_plan_again_with_the_comment_and_a_fresh_token(waiting, approver, deleter):
    token = waiting.token
    back = send_back(waiting, approver)
    assert (back.state, back.digest, back.confirmed_at) == (RunState.DRAFT, "", None)
    assert back.token != token
    assert back.sent_back_comment == "Keep the last lesson"
    assert back.sent_back_name
    assert set(Item.objects.filter(run=back).values_list("state", flat=True)) == {ItemState.PLANNED}
    again = confirmed(back, deleter)
    assert (again.state, again.sent_back_comment) == (RunState.WAITING_APPROVAL, "")


def test_what_was_left_out_is_left_out_again_after_sending_back(clips, deleter, approver):
    draft = plan(DELETE, VideoAsset.objects.all(), deleter)
    Policy.objects.update(approve_from=1)
    first = Item.objects.filter(run=draft).first()
    engine.keep_only(
        draft, shown=[first.pk], ticked=[], actor=Actor.person(deleter, via="test"), user=deleter
    )
    draft.refresh_from_db()
    back = send_back(confirmed(draft, deleter), approver)
    first.refresh_from_db()
    assert (first.state, first.left_out, first.outcome) == (ItemState.PLANNED, "unticked", "")
    assert confirmed(back, deleter).items.filter(confirmed=True).count() == 4


def test_a_plan_that_comes_back_late_is_as_fresh_as_its_return(waiting, approver, deleter, settings):
    Run.objects.filter(pk=waiting.pk).update(created_at=database_now() - timedelta(hours=30))
    back = send_back(waiting, approver)
    assert confirmed(back, deleter).state == RunState.WAITING_APPROVAL


def test_a_plan_that_came_back_goes_stale_as_others_do(waiting, approver, deleter):
    back = send_back(waiting, approver)
    Run.objects.filter(pk=back.pk).update(checked_at=database_now() - timedelta(hours=3))
    with pytest.raises(engine.Refused) as refused:
        confirmed(back, deleter)
    assert code(refused) == "stale"


def test_what_changed_while_a_plan_waited_is_left_out_of_it_when_it_comes_back(
    waiting, approver, deleter, clips
):
    VideoAsset.objects.filter(pk=clips[0].pk).update(presence="deleted")
    back = send_back(waiting, approver)
    assert back.items.filter(left_out="").count() == 4
    assert confirmed(back, deleter).items.filter(confirmed=True).count() == 4


def test_no_list_that_changed_after_its_approval_is_ever_claimed(waiting, approver, sandbox, work_off):
    run = approve(waiting, approver)
    Item.objects.filter(run=run).first().delete()
    work_off(run)
    assert (run.state, run.halt) == (RunState.HALTED, "list_changed")
    assert not sandbox.calls()


def test_the_approved_checksum_is_asked_at_each_claim_not_at_the_first_alone(
    waiting, approver, clips, sandbox
):
    run = approve(waiting, approver)
    assert len(claim(run.pk, clips[0].account_id, 1).requests) == 1
    Run.objects.filter(pk=run.pk).update(digest="0" * 64)
    assert not claim(run.pk, clips[0].account_id, 5).requests


def test_an_approval_of_one_list_is_no_approval_of_the_next(waiting, approver, deleter):
    seen = waiting.digest
    back = send_back(waiting, approver)
    Policy.objects.update(approve_from=1)
    first = Item.objects.filter(run=back).first()
    engine.keep_only(back, shown=[first.pk], ticked=[], actor=Actor.person(deleter, via="test"), user=deleter)
    back.refresh_from_db()
    again = confirmed(back, deleter)
    assert (again.state, again.approved_by_id) == (RunState.WAITING_APPROVAL, None)
    with pytest.raises(engine.Refused) as refused:
        approve(again, approver, seen)
    assert code(refused) == "list_changed"


@pytest.mark.parametrize("comment", ["", "   ", "x" * 301])
def test_sending_back_needs_a_comment(waiting, approver, comment):
    with pytest.raises(engine.Refused) as refused:
        send_back(waiting, approver, comment)
    assert code(refused) == "comment_missing"


def test_switching_the_second_person_off_frees_no_run_that_waits(waiting, sandbox, work_off):
    Policy.objects.update(second_person=False)
    sweep()
    work_off(waiting)
    assert waiting.state == RunState.WAITING_APPROVAL
    assert not sandbox.calls()


def test_changing_the_policy_is_recorded_and_lowering_is_marked():
    owner = SuperuserFactory()
    actor = Actor.person(owner, via="test")
    change_policy({"second_person": False, "approve_from": 5}, actor=actor, user=owner)
    change_policy({"irreversible_seconds": 600}, actor=actor, user=owner)
    assert change_policy({"irreversible_seconds": 600}, actor=actor, user=owner) == Answer()
    lowered = Record.objects.get(action="operations.policy.lowered")
    assert lowered.details == {"lowered": ["second_person"]}
    assert lowered.changes["second_person"]["before"] is True
    assert (
        Record.objects.get(action="operations.policy.changed").changes["irreversible_seconds"]["after"] == 600
    )


def test_the_policy_is_not_for_everybody(deleter, client):
    with pytest.raises(Denied):
        change_policy({"second_person": False}, actor=Actor.person(deleter, via="test"), user=deleter)
    client.force_login(deleter, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("admin:limits")).status_code == 403
    assert client.post(reverse("admin:limits"), {"approve_from": "9"}).status_code == 403
    assert policy().approve_from == 5


def test_the_roles_have_their_rights():
    ensure_roles()
    holders = {
        codename: set(Group.objects.filter(permissions__codename=codename).values_list("name", flat=True))
        for codename in ("approve_run", "change_policy")
    }
    assert holders == {"approve_run": {"Approver", "Owner"}, "change_policy": {"Owner"}}
    assert Permission.objects.filter(codename="approve_run").count() == 1


def test_the_limits_are_changed_on_their_page(client):
    client.force_login(SuperuserFactory(), backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("admin:limits"))
    assert page.status_code == 200
    given = {
        "second_person": "on",
        "approve_from": "20",
        "approval_hours": "24",
        "irreversible_minutes": "0.5",
        "sweeping_minutes": "60",
    }
    assert client.post(reverse("admin:limits"), given).status_code == 302
    rules = policy()
    assert (rules.approve_from, rules.irreversible_seconds, rules.sweeping_seconds) == (20, 30, 3600)
    assert client.post(reverse("admin:limits"), {**given, "approve_from": "0"}).status_code == 422


def test_the_approver_sees_the_list_and_answers_on_its_page(waiting, approver, client):
    client.force_login(approver, backend="django.contrib.auth.backends.ModelBackend")
    assert str(waiting.get_absolute_url()) in client.get(reverse("admin:index")).content.decode()
    page = client.get(waiting.get_absolute_url()).content.decode()
    assert "Clip 0" in page
    assert waiting.digest in page
    answer = client.post(waiting.get_absolute_url(), {"do": "approve", "digest": waiting.digest})
    assert answer.status_code == 302
    waiting.refresh_from_db()
    assert waiting.state == RunState.RUNNING


def test_the_maker_reads_the_comment(waiting, approver, deleter, client):
    client.force_login(approver, backend="django.contrib.auth.backends.ModelBackend")
    client.post(waiting.get_absolute_url(), {"do": "send_back", "comment": "Keep the last lesson"})
    client.force_login(deleter, backend="django.contrib.auth.backends.ModelBackend")
    assert "Keep the last lesson" in client.get(waiting.get_absolute_url()).content.decode()


def test_the_maker_sees_no_approve_button_and_is_refused(waiting, deleter, client):
    deleter.user_permissions.add(Permission.objects.get(codename="approve_run"))
    client.force_login(deleter, backend="django.contrib.auth.backends.ModelBackend")
    assert 'value="approve"' not in client.get(waiting.get_absolute_url()).content.decode()
    answer = client.post(waiting.get_absolute_url(), {"do": "approve", "digest": waiting.digest})
    assert answer.status_code == 403
    waiting.refresh_from_db()
    assert waiting.state == RunState.WAITING_APPROVAL
