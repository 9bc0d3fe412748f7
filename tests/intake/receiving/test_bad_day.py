"""A bad day, small: messages out of order, doubled, broken and forged against a real server, worked off by a real worker.

`python -m bench --only pushes` is the large one.
"""

from __future__ import annotations

from typing import Any

import pytest

from backoffice.embedded import EmbeddedWorker
from bench.push_traffic import send, traffic, wait_for
from courses.models import Course, CourseClass
from intake.models import PushMessage, TurnedAway
from intake.receiving import waking
from media_assets.models import VideoAsset
from sandbox.credentials import CLASSIN_SECRET, CLASSIN_SID
from tests.factories.operations import AccountFactory
from tests.intake.receiving.conftest import WAKE
from tests.tiers import tier

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

COUNT = tier(quick=300, full=3_000)


@pytest.fixture
def school_at_work(
    settings: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch, nothing_counted_yet: None
) -> Any:
    """The account, a web server with threads, and the embedded worker."""
    monkeypatch.setattr(waking.Waker, "wake", WAKE)
    settings.PROVIDER_ACCOUNTS = {"classin": {"default": {"sid": CLASSIN_SID, "secret": CLASSIN_SECRET}}}
    settings.OPERATIONS = {**settings.OPERATIONS, "sweep_seconds": 5.0}
    AccountFactory()
    with EmbeddedWorker():
        yield live_server.url


def test_every_answer_is_right_and_the_mirror_ends_whole(school_at_work: str):
    made = traffic(COUNT, CLASSIN_SECRET, CLASSIN_SID)
    answers = send(f"{school_at_work}/webhooks/classin/default/", made.bodies, per_second=200.0)
    assert answers.wrong == []
    assert wait_for(lambda: not PushMessage.objects.filter(state="waiting").exists(), 300)
    assert PushMessage.objects.count() == made.stored
    assert PushMessage.objects.filter(state="failed").count() == made.broken
    assert PushMessage.objects.filter(state="kept").count() == made.kept
    assert Course.objects.count() == made.courses
    assert CourseClass.objects.filter(seat_count=9).count() == made.lessons
    assert VideoAsset.objects.filter(duration_seconds=600).count() == made.videos
    assert set(TurnedAway.objects.values_list("kind", flat=True)) <= {"wrong_key"}
