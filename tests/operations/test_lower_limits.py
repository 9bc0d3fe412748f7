"""Lower limits wait for a second person as long as the limits in force ask for one and there is one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from audit.actors import Actor
from audit.denials import Denied
from audit.models import Record
from operations.clock import database_now
from operations.engine.limits import Answer, approve_change, change_policy, waiting_change, withdraw_change
from operations.engine.policy import policy
from operations.engine.refusals import Refused
from operations.engine.sweep import sweep
from operations.models import Policy, PolicyChange
from tests.factories.people import SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db

PAGE = {
    "second_person": "on",
    "approve_from": "100",
    "approval_hours": "48",
    "irreversible_minutes": "15",
    "sweeping_minutes": "60",
}


@pytest.fixture(autouse=True)
def strict(no_waiting: None) -> None:
    Policy.objects.update(second_person=True, irreversible_seconds=900, sweeping_seconds=3600)


@pytest.fixture
def owner() -> Any:
    return SuperuserFactory()


@pytest.fixture
def other() -> Any:
    return UserFactory(permissions=["operations.change_policy"])


def change(user: Any, **values: Any) -> Answer:
    return change_policy(values, actor=Actor.person(user, via="test"), user=user)


def approve(waiting: PolicyChange, user: Any) -> None:
    approve_change(waiting.pk, actor=Actor.person(user, via="test"), user=user)


def recorded() -> list[str]:
    return list(
        Record.objects.filter(action__startswith="operations.policy")
        .order_by("pk")
        .values_list("action", flat=True)
    )


@pytest.mark.parametrize(
    "values",
    [
        {"second_person": False},
        {"approve_from": 101},
        {"approval_hours": 49},
        {"irreversible_seconds": 899},
        {"sweeping_seconds": 0},
    ],
)
def test_what_is_lower_waits_and_counts_when_another_one_approves(values, owner, other):
    before = policy()
    answer = change(owner, **values)
    assert answer.changed == ()
    assert {name: getattr(policy(), name) for name in values} == {n: getattr(before, n) for n in values}
    approve(waiting_change(), other)
    assert {name: getattr(policy(), name) for name in values} == values
    assert waiting_change() is None
    assert recorded() == ["operations.policy.proposed", "operations.policy.approved"]
    approved = Record.objects.get(action="operations.policy.approved")
    assert approved.actor_id == other.pk
    assert approved.details == {"lowered": list(values), "proposer": owner.get_full_name()}
    assert set(approved.changes) == set(values)


def test_what_is_stricter_counts_at_once_beside_what_waits(owner, other):
    answer = change(owner, approve_from=50, irreversible_seconds=60)
    assert answer.changed == ("approve_from",)
    assert (policy().approve_from, policy().irreversible_seconds) == (50, 900)
    assert waiting_change().values == {"irreversible_seconds": 60}


def test_nobody_approves_their_own_lower_limits(owner, other):
    change(owner, second_person=False)
    with pytest.raises(Denied):
        approve(waiting_change(), owner)
    waiting = waiting_change()
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyChange.objects.filter(pk=waiting.pk).update(state="approved", answered_by=owner)
    assert policy().second_person


def test_without_the_right_nobody_proposes_approves_or_withdraws(owner, other):
    stranger = UserFactory(permissions=["operations.approve_run"])
    with pytest.raises(Denied):
        change(stranger, second_person=False)
    change(owner, second_person=False)
    with pytest.raises(Denied):
        approve(waiting_change(), stranger)
    with pytest.raises(Denied):
        withdraw_change(waiting_change().pk, actor=Actor.person(stranger, via="test"), user=stranger)
    assert policy().second_person
    assert waiting_change()


@pytest.mark.parametrize("away", ["alone", "inactive", "no_staff"])
def test_a_single_administrator_lowers_alone_and_it_is_marked(away, owner):
    if away != "alone":
        one = UserFactory(permissions=["operations.change_policy"])
        one.is_active, one.is_staff = away != "inactive", away != "no_staff"
        one.save()
    assert change(owner, second_person=False).changed == ("second_person",)
    assert recorded() == ["operations.policy.lowered"]


def test_while_the_second_person_is_off_anybody_with_the_right_lowers_alone(owner, other):
    Policy.objects.update(second_person=False)
    assert change(owner, irreversible_seconds=0).changed == ("irreversible_seconds",)


def test_one_proposal_waits_at_a_time_and_nothing_of_a_second_one_counts(owner, other):
    change(owner, irreversible_seconds=60)
    with pytest.raises(Refused) as refused:
        change(other, sweeping_seconds=60, approve_from=10)
    assert refused.value.code == "change_waiting"
    assert policy().approve_from == 100


@pytest.mark.parametrize("who", ["owner", "other"])
def test_withdrawn_or_refused_limits_never_count(who, owner, other):
    change(owner, irreversible_seconds=60)
    waiting = waiting_change()
    person = {"owner": owner, "other": other}[who]
    withdraw_change(waiting.pk, actor=Actor.person(person, via="test"), user=person)
    with pytest.raises(Refused):
        approve(waiting, other)
    assert policy().irreversible_seconds == 900
    assert recorded() == ["operations.policy.proposed", "operations.policy.withdrawn"]


def test_a_proposal_runs_out_once(owner, other):
    change(owner, irreversible_seconds=60)
    waiting = waiting_change()
    PolicyChange.objects.update(runs_out_at=database_now() - timedelta(seconds=1))
    with pytest.raises(Refused):
        approve(waiting, other)
    sweep()
    sweep()
    assert waiting_change() is None
    assert recorded() == ["operations.policy.proposed", "operations.policy.proposal_expired"]
    assert policy().irreversible_seconds == 900


def test_limits_that_moved_meanwhile_are_not_approved(owner, other):
    change(owner, irreversible_seconds=60)
    waiting = waiting_change()
    change(other, irreversible_seconds=1800)
    with pytest.raises(Refused) as refused:
        approve(waiting, other)
    assert refused.value.code == "limits_moved"
    assert policy().irreversible_seconds == 1800


def test_a_proposer_who_lost_the_right_gets_no_approval(owner, other):
    change(other, irreversible_seconds=60)
    other.user_permissions.clear()
    with pytest.raises(Refused) as refused:
        approve(waiting_change(), owner)
    assert refused.value.code == "proposer_lost_right"


def test_both_see_the_proposal_and_only_the_other_one_can_approve_it(owner, other, client: Client):
    url = reverse("admin:limits")
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(url, {**PAGE, "irreversible_minutes": "1"}).status_code == 302
    waiting = waiting_change()
    page = client.get(url).content.decode()
    assert 'value="withdraw"' in page
    assert 'value="approve"' not in page
    answer = client.post(url, {"do": "approve", "change": waiting.pk})
    assert answer.status_code == 403
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(url).content.decode()
    assert owner.get_full_name() in page
    assert client.post(url, {"do": "approve", "change": waiting.pk}).status_code == 302
    assert policy().irreversible_seconds == 60
    assert client.post(url, {"do": "approve", "change": "x"}).status_code == 302
