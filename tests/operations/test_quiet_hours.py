"""Quiet hours: right on the school's clock whatever the clock does, and no deletion starts in them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audit.actors import Actor
from audit.models import Record
from media_assets.forms import RenameCloudFileForm
from media_assets.models import VideoAsset
from operations import engine
from operations.engine import claim, sweep
from operations.engine.limits import change_policy
from operations.engine.policy import policy, quiet_hours
from operations.engine.quiet import QuietHours
from operations.models import Attempt, Item, Policy, Run
from operations.registry import registry
from operations.states import ItemState, Outcome, RunState
from tests.factories.media_assets import CloudFileFactory
from tests.factories.operations import confirmed, plan
from tests.factories.people import SuperuserFactory
from tests.operations.test_waiting import clock_at
from tests.tiers import tier

DELETE = "media_assets.class_video.delete"
MINUTE = timedelta(minutes=1)
EVERY_DAY = frozenset(range(7))
ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "America/Sao_Paulo",  # once changed at midnight
    "Pacific/Apia",  # left a whole day out
    "Asia/Kathmandu",
    "Africa/Casablanca",
)
NEAR_CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2018, 11, 4, 3, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
    datetime(2026, 2, 15, 2, tzinfo=UTC),
)


@st.composite
def hours(draw: st.DrawFn) -> QuietHours:
    start, end = draw(st.lists(st.integers(0, 1439), min_size=2, max_size=2, unique=True))
    return QuietHours(
        time(start // 60, start % 60),
        time(end // 60, end % 60),
        draw(st.frozensets(st.integers(0, 6))),
        ZoneInfo(draw(st.sampled_from(ZONES))),
    )


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    anchor = draw(st.sampled_from(NEAR_CHANGES))
    return anchor + timedelta(
        minutes=draw(st.integers(-3 * 1440, 3 * 1440)), seconds=draw(st.integers(0, 59))
    )


def quiet_by_hand(hours: QuietHours, moment: datetime) -> bool:
    """The definition, said another way: the minutes of each day's quiet hours, one by one, as the wall clock has them."""
    shown = moment.astimezone(hours.zone)
    asked = (shown.year, shown.month, shown.day, shown.hour, shown.minute)
    for back in (0, 1):
        day = shown.date() - timedelta(days=back)
        if day.weekday() not in hours.days:
            continue
        wall = datetime.combine(day, hours.start)
        until = datetime.combine(day, hours.end)
        if until <= wall:
            until += timedelta(days=1)
        while wall < until:
            if (wall.year, wall.month, wall.day, wall.hour, wall.minute) == asked:
                return True
            wall += MINUTE
    return False


@settings(max_examples=tier(quick=150, full=3000), deadline=None)
@given(hours=hours(), moment=moments())
def test_quiet_is_what_the_wall_clock_says(hours, moment):
    assert hours.covers(moment) is quiet_by_hand(hours, moment)


@settings(max_examples=tier(quick=200, full=10_000), deadline=None)
@given(hours=hours(), moment=moments())
@example(  # two o'clock never comes: three o'clock summer time is the first moment that is not quiet
    hours=QuietHours(time(1), time(2, 30), EVERY_DAY, ZoneInfo("Europe/Berlin")),
    moment=datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
)
@example(  # the clock goes back out of the quiet hours that have begun
    hours=QuietHours(time(2, 30), time(4), EVERY_DAY, ZoneInfo("Europe/Berlin")),
    moment=datetime(2026, 10, 25, 0, 45, tzinfo=UTC),
)
def test_the_next_allowed_moment_is_the_one_that_walking_minute_by_minute_finds(hours, moment):
    allowed = hours.next_allowed(moment)
    assert not hours.covers(allowed)
    assert (allowed == moment) is not hours.covers(moment)
    walked = moment
    while hours.covers(walked):
        walked = walked.replace(second=0) + MINUTE
    assert allowed == walked


def test_two_thirty_that_comes_twice_is_quiet_twice():
    quiet = QuietHours(time(2), time(3), EVERY_DAY, ZoneInfo("Europe/Berlin"))
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert quiet.covers(first)
    assert quiet.covers(second)
    assert quiet.next_allowed(first) == datetime(2026, 10, 25, 2, tzinfo=UTC)


def test_two_thirty_that_never_comes_is_never_quiet():
    quiet = QuietHours(time(2, 15), time(2, 45), EVERY_DAY, ZoneInfo("Europe/Berlin"))
    day = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert not any(quiet.covers(day + minute * MINUTE) for minute in range(180))


def test_an_end_before_the_beginning_lies_on_the_next_day_and_the_weekday_is_that_of_the_beginning():
    quiet = QuietHours(time(22), time(6), frozenset({4}), ZoneInfo("Asia/Shanghai"))  # Fridays
    saturday_morning = datetime(2026, 11, 21, 5, 59, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert quiet.covers(saturday_morning)
    assert not quiet.covers(saturday_morning + MINUTE)
    assert not quiet.covers(saturday_morning - timedelta(days=1))
    assert not quiet.covers(saturday_morning + timedelta(days=1))


# In the engine: the school's clock is Asia/Shanghai

NIGHT = {"quiet_from": time(22), "quiet_until": time(6), "quiet_days": "0123456"}
EVENING = datetime(2026, 11, 24, 21, 50, tzinfo=ZoneInfo("Asia/Shanghai"))
MORNING = datetime(2026, 11, 25, 6, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def make(clips: list[VideoAsset], deleter: Any, at: datetime) -> Run:
    draft = plan(DELETE, VideoAsset.objects.all(), deleter)
    Run.objects.filter(pk=draft.pk).update(created_at=at)
    run = confirmed(draft, deleter)
    Item.objects.filter(run=run, state=ItemState.QUEUED).update(due_at=at)
    return run


@pytest.fixture
def night(db: None) -> None:
    Policy.objects.update(**NIGHT)


@pytest.mark.django_db
def test_there_are_none_unless_somebody_sets_them():
    assert quiet_hours(Policy()) is None
    assert quiet_hours(policy()) is None


@pytest.mark.django_db
def test_a_countdown_that_would_end_in_quiet_hours_ends_after_them(night, clips, deleter, sandbox):
    Policy.objects.update(irreversible_seconds=900)
    with clock_at(EVENING) as clock:
        run = make(clips, deleter, EVENING)
        assert (run.state, run.not_before) == (RunState.COUNTING_DOWN, MORNING)
        clock.now = MORNING - timedelta(seconds=1)
        sweep.sweep()
        assert not claim.claim(run.pk, clips[0].account_id, 5).requests
        clock.now = MORNING
        assert claim.claim(run.pk, clips[0].account_id, 5).requests


@pytest.mark.django_db
def test_without_a_waiting_time_a_deletion_confirmed_at_night_starts_in_the_morning(night, clips, deleter):
    with clock_at(EVENING + timedelta(hours=1)):
        run = make(clips, deleter, EVENING)
    assert (run.state, run.not_before) == (RunState.COUNTING_DOWN, MORNING)


@pytest.mark.django_db
def test_quiet_hours_that_were_set_after_the_confirmation_count_as_well(clips, deleter):
    Policy.objects.update(irreversible_seconds=900)
    with clock_at(EVENING) as clock:
        run = make(clips, deleter, EVENING)
        assert run.not_before == EVENING + timedelta(minutes=15)
        Policy.objects.update(**NIGHT)
        clock.now = run.not_before
        sweep.sweep()
        made = claim.claim(run.pk, clips[0].account_id, 5)
        run.refresh_from_db()
        assert (run.state, made.requests, made.next_at) == (RunState.COUNTING_DOWN, [], MORNING)


@pytest.mark.django_db
def test_taking_quiet_hours_away_brings_no_confirmed_run_forward(night, clips, deleter):
    with clock_at(EVENING + timedelta(hours=1)) as clock:
        run = make(clips, deleter, EVENING)
        Policy.objects.update(quiet_days="", quiet_from=None, quiet_until=None)
        clock.now += timedelta(hours=1)
        sweep.sweep()
        assert not claim.claim(run.pk, clips[0].account_id, 5).requests


@pytest.mark.django_db
def test_a_running_deletion_waits_when_quiet_hours_begin_and_goes_on_by_itself(night, clips, deleter):
    with clock_at(EVENING) as clock:
        run = make(clips, deleter, EVENING)
        assert len(claim.claim(run.pk, clips[0].account_id, 1).requests) == 1
        clock.now = EVENING + timedelta(minutes=10)
        assert not claim.claim(run.pk, clips[0].account_id, 5).requests
        run.refresh_from_db()
        assert (run.state, run.halt) == (RunState.RUNNING, "")
        clock.now = MORNING
        assert claim.claim(run.pk, clips[0].account_id, 1).requests
    assert not Record.objects.filter(action="operations.run.halted").exists()


@pytest.mark.django_db
def test_lost_answers_are_still_looked_up_in_quiet_hours(night, clips, deleter):
    with clock_at(EVENING) as clock:
        run = make(clips, deleter, EVENING)
        lost = Item.objects.filter(run=run).first()
        Item.objects.filter(pk=lost.pk).update(state=ItemState.LOOKING, outcome=Outcome.UNKNOWN)
        clock.now = EVENING + timedelta(hours=2)
        requests = claim.claim(run.pk, clips[0].account_id, 5).requests
    assert [request.attempt.purpose for request in requests] == [Attempt.Purpose.LOOK]
    assert [item.pk for request in requests for item in request.items] == [lost.pk]


@pytest.mark.django_db
def test_edits_know_no_quiet_hours(night, sandbox):
    file, owner = CloudFileFactory(), SuperuserFactory()
    person = Actor.person(owner, via="test")
    rename = registry["media_assets.cloud_file.rename"]
    with clock_at(EVENING + timedelta(hours=2)) as clock:
        form = RenameCloudFileForm({"name": "New name"}, target=file)
        assert form.is_valid()
        draft = engine.freeze_edit(rename, file, form.proposal(), actor=person, user=owner)
        Run.objects.filter(pk=draft.pk).update(created_at=clock.now)
        run = engine.confirm(draft, actor=person, user=owner, token=str(draft.token), reason="", typed=None)
        assert run.state == RunState.RUNNING
        assert len(claim.claim(run.pk, file.account_id, 5).requests) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("values", "action"), [
    ({"quiet_from": time(21)}, "changed"),
    ({"quiet_until": time(7)}, "changed"),
    ({"quiet_from": time(23)}, "lowered"),
    ({"quiet_days": "01234"}, "lowered"),
    ({"quiet_from": time(12), "quiet_until": time(13)}, "lowered"),
    ({"quiet_days": ""}, "lowered"),
])  # fmt: skip
def test_shrinking_or_moving_quiet_hours_lowers_the_limits(night, values, action):
    owner = SuperuserFactory()
    answer = change_policy(values, actor=Actor.person(owner, via="test"), user=owner)
    assert answer.changed
    assert Record.objects.filter(action=f"operations.policy.{action}").count() == 1


# On the screens


@pytest.fixture
def browser(client: Client, deleter: Any) -> Client:
    client.force_login(deleter, backend="django.contrib.auth.backends.ModelBackend")
    return client


def around_now(*, ends_in_hours: int) -> dict[str, Any]:
    """Quiet hours that lie around this moment."""
    here = timezone.localtime()
    start, end = here - timedelta(hours=2), here + timedelta(hours=ends_in_hours)
    return {
        "quiet_from": start.time().replace(second=0, microsecond=0),
        "quiet_until": end.time().replace(second=0, microsecond=0),
        "quiet_days": "0123456",
    }


@pytest.mark.django_db
def test_the_page_says_that_a_countdown_ends_after_the_quiet_hours(clips, deleter, browser):
    Policy.objects.update(**around_now(ends_in_hours=3))
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    for address in (run.get_absolute_url(), reverse("admin:operations_run_progress", args=[run.pk])):
        assert "after the quiet hours" in browser.get(address).content.decode()
    assert "after the quiet hours" in browser.get(reverse("admin:index")).content.decode()


@pytest.mark.django_db
def test_the_page_says_until_when_a_running_deletion_waits(clips, deleter, browser):
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    hours = around_now(ends_in_hours=3)
    Policy.objects.update(**hours)
    for address in (run.get_absolute_url(), reverse("admin:operations_run_progress", args=[run.pk])):
        page = browser.get(address).content.decode()
        assert "Waits for the end of the quiet hours" in page
        assert f"{hours['quiet_until']:%H:%M}" in page


LIMITS = {
    "second_person": "",
    "approve_from": "100",
    "approval_hours": "48",
    "irreversible_minutes": "0",
    "sweeping_minutes": "0",
}


@pytest.mark.django_db
def test_quiet_hours_are_set_on_the_page_of_limits(client):
    client.force_login(SuperuserFactory(), backend="django.contrib.auth.backends.ModelBackend")
    given = {**LIMITS, "quiet_days": ["0", "4"], "quiet_from": "22:00", "quiet_until": "06:30"}
    assert client.post(reverse("admin:limits"), given).status_code == 302
    rules = policy()
    assert (rules.quiet_days, rules.quiet_from, rules.quiet_until) == ("04", time(22), time(6, 30))
    assert client.post(reverse("admin:limits"), LIMITS).status_code == 302
    assert policy().quiet_days == ""


@pytest.mark.django_db
@pytest.mark.parametrize(("given", "field"), [
    ({"quiet_from": "22:00"}, "quiet_until"),
    ({"quiet_until": "22:00"}, "quiet_from"),
    ({"quiet_from": "25:00", "quiet_until": "22:00"}, "quiet_from"),
    ({"quiet_from": "22:00", "quiet_until": "22:00"}, "quiet_until"),
    ({"quiet_days": ["7"]}, "quiet_days"),
])  # fmt: skip
def test_wrong_quiet_hours_are_refused_beside_their_field(client, given, field):
    client.force_login(SuperuserFactory(), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(reverse("admin:limits"), {**LIMITS, "quiet_days": ["0"], **given})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert policy().quiet_days == ""
