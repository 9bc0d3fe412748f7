"""No window of an account ever sees more requests than its limit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operations.engine.pace import _room, seconds_for

START = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def admitted(limit: float, window: float, wishes: list[tuple[float, int]]) -> list[datetime]:
    at, tat, admitted_at = START, None, []
    for pause, want in wishes:
        at += timedelta(seconds=pause)
        room = _room(tat, at, limit=limit, window=window)
        granted = max(0, min(want, room.fits))
        if granted:
            tat = room.after(granted)
            admitted_at += [at] * granted
    return admitted_at


@settings(deadline=None)  # on a busy machine an example may take longer than Hypothesis likes
@given(
    limit=st.sampled_from([1.0, 5.0, 20.0, 90.0, 600.0]),
    window=st.sampled_from([1.0, 60.0]),
    wishes=st.lists(st.tuples(st.floats(0, 20), st.integers(1, 200)), max_size=60),
)
def test_no_window_sees_more_than_the_limit(limit, window, wishes):
    times = admitted(limit, window, wishes)
    for first in times:
        inside = [at for at in times if first <= at < first + timedelta(seconds=window)]
        assert len(inside) <= max(1, limit)


@pytest.mark.parametrize("limit", [1.0, 5.0, 20.0])
def test_after_the_announced_moment_at_least_one_request_fits(limit):
    room = _room(None, START, limit=limit, window=1.0)
    granted = room.fits
    later = room.free_at(granted)
    assert _room(room.after(granted), later + timedelta(microseconds=10), limit=limit, window=1.0).fits >= 1


def start_of_last(requests: int, per_second: float, per_minute: float) -> float:
    """Seconds until the last of so many requests starts, by asking both windows for one request at a time."""
    at, tats = START, {1.0: None, 60.0: None}
    limits = {1.0: per_second, 60.0: per_minute}
    for _request in range(requests):
        rooms = {window: _room(tats[window], at, limit=limits[window], window=window) for window in limits}
        at = max([at, *(room.free_at(0) for room in rooms.values() if not room.fits)])
        rooms = {window: _room(tats[window], at, limit=limits[window], window=window) for window in limits}
        tats = {window: room.after(1) for window, room in rooms.items()}
    return (at - START).total_seconds()


@settings(deadline=None, max_examples=60)
@given(
    requests=st.integers(1, 400),
    per_second=st.sampled_from([1.0, 5.0, 20.0]),
    per_minute=st.sampled_from([30, 90, 600]),
)
def test_the_announced_duration_is_that_of_the_pace(requests, per_second, per_minute):
    announced = seconds_for(requests, per_second, per_minute)
    assert announced == pytest.approx(start_of_last(requests, per_second, per_minute), abs=0.5)


def test_one_request_takes_no_waiting_and_more_never_take_less():
    assert seconds_for(1, 5.0, 90) == 0
    durations = [seconds_for(requests, 5.0, 90) for requests in range(1, 300)]
    assert durations == sorted(durations)
