"""The waiting time: no request before its time, whatever clocks, restarts and policies do.

Cases named after Cloud Custodian are bugs of its mark-for-op, kept here so that they are not made again.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone as django_timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.actors import Actor
from audit.models import Record
from media_assets.models import VideoAsset
from operations import engine
from operations.clock import database_now
from operations.engine import claim, sweep
from operations.engine.policy import policy, quiet_hours
from operations.models import Item, Policy, Run
from operations.states import RunState
from tests.factories.operations import confirmed, plan
from tests.factories.people import UserFactory
from tests.tiers import tier

pytestmark = pytest.mark.django_db

DELETE = "media_assets.class_video.delete"


class Clock:
    """The database's clock, in the test's hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@contextlib.contextmanager
def clock_at(now: datetime) -> Iterator[Clock]:
    clock = Clock(now)
    with pytest.MonkeyPatch.context() as patch:
        for module in ("approve", "claim", "confirm", "control", "sweep", "waiting"):
            patch.setattr(importlib.import_module(f"operations.engine.{module}"), "database_now", clock)
        yield clock


def wait(seconds: int) -> None:
    Policy.objects.update(irreversible_seconds=seconds, sweeping_seconds=seconds)


def one(deleter: Any, clips: list[VideoAsset]) -> Run:
    return confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter), deleter)


def test_a_confirmed_deletion_waits_and_can_be_seen_waiting(clips, deleter, sandbox, work_off, client):
    wait(3600)
    before = database_now()
    run = one(deleter, clips)
    assert run.state == RunState.COUNTING_DOWN
    assert run.not_before - before >= timedelta(seconds=3600)
    sweep.sweep()
    work_off(run)
    assert run.state == RunState.COUNTING_DOWN
    assert not sandbox.calls()
    client.force_login(deleter, backend="django.contrib.auth.backends.ModelBackend")
    for address in (run.get_absolute_url(), reverse("admin:operations_run_progress", args=[run.pk])):
        assert "Goes" in client.get(address).content.decode()
    assert 'value="cancel"' in client.get(reverse("admin:index")).content.decode()


def test_when_its_time_has_come_the_sweeper_starts_it(clips, deleter, work_off):
    wait(60)
    run = one(deleter, clips)
    with clock_at(run.not_before) as clock:
        clock.now -= timedelta(milliseconds=1)
        sweep.sweep()
        run.refresh_from_db()
        assert run.state == RunState.COUNTING_DOWN
        clock.now = run.not_before
        sweep.sweep()
        work_off(run)
    assert run.state == RunState.FINISHED
    actions = set(Record.objects.filter(run_id=run.pk).values_list("action", flat=True))
    assert {"operations.run.scheduled", "operations.run.started"} <= actions


def test_without_a_waiting_time_it_runs_at_once(clips, deleter):
    assert one(deleter, clips).state == RunState.RUNNING


def test_anyone_with_the_right_cancels_with_one_click(clips, deleter, client, sandbox, work_off):
    wait(60)
    run = one(deleter, clips)
    other = UserFactory(permissions=["media_assets.delete_class_video", "operations.view_run"])
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    client.post(run.get_absolute_url(), {"do": "cancel"})
    with clock_at(run.not_before + timedelta(days=1)):
        sweep.sweep()
        work_off(run)
    assert run.state == RunState.CANCELLED
    assert not sandbox.calls()


def test_the_waiting_time_begins_with_the_approval(clips, deleter):
    Policy.objects.update(second_person=True, approve_from=1)
    wait(600)
    run = one(deleter, clips)
    person = UserFactory(permissions=["operations.approve_run"])
    later = database_now() + timedelta(hours=5)
    with clock_at(later):
        run = engine.approve(
            run, actor=Actor.person(person, via="test"), user=person, digest_shown=run.digest
        )
    assert (run.state, run.not_before) == (RunState.COUNTING_DOWN, later + timedelta(seconds=600))


def test_a_wait_lowered_between_confirmation_and_approval_stays_a_raised_one_counts(clips, deleter):
    Policy.objects.update(second_person=True, approve_from=1)
    person = UserFactory(permissions=["operations.approve_run"])
    for new, expected in ((0, 600), (900, 900)):
        wait(600)
        run = one(deleter, clips)
        wait(new)
        run = engine.approve(
            run, actor=Actor.person(person, via="test"), user=person, digest_shown=run.digest
        )
        assert run.wait_seconds == expected
        engine.cancel_rest(run, actor=Actor.person(deleter, via="test"), user=deleter)


# Cloud Custodian's bugs


def test_custodian_4097_nothing_goes_before_its_whole_time(clips, deleter, sandbox):
    """It deleted before the thirty days were over."""
    wait(30 * 86_400)
    run = one(deleter, clips)
    with clock_at(run.confirmed_at + timedelta(days=29, hours=23)):
        sweep.sweep()
        assert not claim.claim(run.pk, clips[0].account_id, 5).requests
    assert not sandbox.calls()


@pytest.mark.parametrize("seconds", [1, 59, 600, 86_400])
def test_custodian_3617_every_length_of_the_wait_is_kept(seconds, clips, deleter):
    """Its skew was ignored: it acted for any value."""
    wait(seconds)
    run = one(deleter, clips)
    assert run.not_before - run.confirmed_at == timedelta(seconds=seconds)


def test_custodian_6106_a_policy_that_nobody_set_is_not_zero(clips, deleter):
    """Its default was 0 days where the documentation said 4."""
    Policy.objects.all().delete()
    run = one(deleter, clips)
    assert run.not_before - run.confirmed_at == timedelta(minutes=15)


def test_custodian_4818_8306_one_runs_time_is_not_taken_for_the_next(clips, deleter):
    """The first resource’s zone was used again for the next one."""
    wait(60)
    first = one(deleter, clips)
    wait(7200)
    second = confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[1].pk), deleter), deleter)
    assert first.not_before - first.confirmed_at == timedelta(seconds=60)
    with clock_at(first.not_before):
        sweep.sweep()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (RunState.RUNNING, RunState.COUNTING_DOWN)


@pytest.mark.parametrize("hours", [-12, -8, 0, 5.5, 14])
def test_custodian_5728_the_time_zone_does_not_move_it(hours, clips, deleter):
    """In periodic mode its zone was ignored: a day early."""
    wait(3600)
    zone = timezone(timedelta(hours=hours))
    with django_timezone.override(zone):
        run = one(deleter, clips)
        run.refresh_from_db()
        assert run.not_before - run.confirmed_at == timedelta(hours=1)
        with clock_at((run.not_before - timedelta(seconds=1)).astimezone(zone)):
            sweep.sweep()
        run.refresh_from_db()
    assert run.state == RunState.COUNTING_DOWN


def test_custodian_4968_6530_exactly_one_schedule_record_however_often_the_sweeper_looks(clips, deleter):
    """Its mails went out again on every day; ours speaks of a countdown once."""
    wait(3600)
    run = one(deleter, clips)
    for _pass in range(3):
        sweep.sweep()
    assert Record.objects.filter(run_id=run.pk, action="operations.run.scheduled").count() == 1


def test_custodian_2384_confirming_again_does_not_move_the_time(clips, deleter):
    """Does running it again reset the window? Here the same confirmation changes nothing."""
    wait(3600)
    run = one(deleter, clips)
    wait(60)
    again = engine.confirm(
        run,
        actor=Actor.person(deleter, via="test"),
        user=deleter,
        token=str(run.token),
        reason="Term is over",
        typed="DELETE 1",
    )
    assert again.not_before == run.not_before


# Whatever happens

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
)
"""Instants around which clocks of those zones change."""

_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("clock"), st.integers(0, 7200)),
        st.tuples(st.just("machine"), st.integers(-86_400, 86_400)),
        st.tuples(st.just("policy"), st.integers(0, 7200)),
        st.tuples(st.just("quiet"), st.integers(0, 23)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("pause"), st.just(0)),
        st.tuples(st.just("resume"), st.just(0)),
        st.tuples(st.just("claim"), st.just(0)),
    ),
    min_size=1,
    max_size=14,
)


class Machine:
    """The machine's own clock, `skew` seconds beside the database's. Nothing may ask it when to delete."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.skew = clock, 0

    def __call__(self) -> datetime:
        return self.clock() + timedelta(seconds=self.skew)


@pytest.mark.timeout(tier(quick=120, full=1800))
@settings(
    max_examples=tier(quick=25, full=10_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seconds=st.integers(0, 7200),
    around=st.sampled_from(CHANGES),
    before=st.integers(0, 4 * 3600),
    zone=st.sampled_from(ZONES),
    steps=_STEPS,
)
def test_no_request_starts_before_its_time(clips, deleter, seconds, around, before, zone, steps):
    """Clocks that differ, summer time, sweepers that start anew, limits that change, pauses: never early, never quiet."""
    start = around - timedelta(seconds=before)
    with transaction.atomic(), clock_at(start) as clock, pytest.MonkeyPatch.context() as patch:
        patch.setattr(django_timezone, "get_default_timezone", lambda: ZoneInfo(zone))
        machine = Machine(clock)
        patch.setattr(django_timezone, "now", machine)
        Policy.objects.update(irreversible_seconds=seconds, quiet_days="", quiet_from=None, quiet_until=None)
        draft = plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter)
        Run.objects.filter(pk=draft.pk).update(created_at=start)
        run = confirmed(draft, deleter)
        due = start + timedelta(seconds=seconds)
        assert run.not_before == due
        paused_with: timedelta | None = None
        for step, value in steps:
            if step == "clock":
                clock.now += timedelta(seconds=value)
            elif step == "machine":
                machine.skew = value
            elif step == "policy":
                Policy.objects.update(irreversible_seconds=value)
            elif step == "quiet":
                hours = {"quiet_from": time(value), "quiet_until": time((value + 7) % 24)}
                Policy.objects.update(quiet_days="0123456", **hours)
            elif step == "restart":
                sweep.sweep()
            elif step == "pause" and run.state == RunState.COUNTING_DOWN:
                engine.pause(run, actor=Actor.person(deleter, via="test"), user=deleter)
                paused_with = max(due - clock.now, timedelta(0))
            elif step == "resume" and paused_with is not None:
                engine.resume(run, actor=Actor.person(deleter, via="test"), user=deleter)
                due, paused_with = max(due, clock.now + paused_with), None
            elif step == "claim":
                made = claim.claim(run.pk, clips[0].account_id, 5).requests
                quiet = quiet_hours(policy())
                assert not made or clock.now >= due
                assert not made or quiet is None or not quiet.covers(clock.now)
                assert not made or paused_with is None
            run.refresh_from_db()
            assert run.not_before >= due
            due = run.not_before
        transaction.set_rollback(True)


def test_a_request_that_is_due_is_claimed_whatever_the_machines_clock_says(clips, deleter, monkeypatch):
    """The control: the machine's clock holds nothing back either."""
    wait(600)
    run = one(deleter, clips)
    with clock_at(run.not_before) as clock:
        machine = Machine(clock)
        machine.skew = -86_400
        monkeypatch.setattr(django_timezone, "now", machine)
        Item.objects.filter(run=run).update(due_at=clock.now)
        assert claim.claim(run.pk, clips[0].account_id, 5).requests


def test_a_countdown_lowered_to_nothing_goes_at_its_old_time(clips, deleter):
    wait(3600)
    run = one(deleter, clips)
    wait(0)
    with clock_at(run.not_before - timedelta(seconds=1)):
        sweep.sweep()
        assert not claim.claim(run.pk, clips[0].account_id, 5).requests
