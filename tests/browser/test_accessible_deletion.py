"""Every screen that a deletion and a retention rule pass through: no axe finding, no sideways scroll, no console message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from axe_core_python.base import AXE_SCRIPT
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from audit.actors import Actor
from media_assets.admin import VideoAssetAdmin
from media_assets.models import RetentionProposal, VideoAsset
from media_assets.retention.nightly import pass_nights
from operations import engine, selecting
from operations.engine.limits import change_policy
from operations.models import Hold, Item, Policy, Run
from operations.registry import registry
from tests.factories.operations import confirmed, plan
from tests.factories.people import UserFactory
from tests.factories.retention import rule
from tests.tiers import tier

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

DELETE = "media_assets.class_video.delete"
LOOKS = [
    {"language": "zh-hans", "width": 1440, "dark": False},
    {"language": "en", "width": 320, "dark": True},
    {"language": "en", "width": 1440, "dark": True},
    {"language": "zh-hans", "width": 390, "dark": False},
][: tier(quick=2, full=4)]
"""The first two are each other's opposite in everything; the quick tier looks at those."""


@pytest.fixture
def strict(school: Any, no_waiting: None) -> None:
    Policy.objects.update(second_person=True, approve_from=4, irreversible_seconds=3600)


class Screens:
    """Makes each state of a deletion from clips of its own; addresses by what they show."""

    def __init__(self, people: Any) -> None:
        self.admin = people.objects.get(username="admin")
        self.other = UserFactory(username="approver", password="school", is_superuser=True)
        self.clips = list(
            VideoAsset.objects.filter(kind="class_video", presence="present").order_by("pk")[:120]
        )
        VideoAsset.objects.filter(pk__in=[clip.pk for clip in self.clips]).update(
            recorded_at=timezone.now() - timedelta(days=400), watch_count=0
        )
        self.addresses: dict[str, str] = {}

    def some(self, count: int) -> list[VideoAsset]:
        return [self.clips.pop() for _number in range(count)]

    def draft(self, count: int, user: Any = None) -> Run:
        rows = VideoAsset.objects.filter(pk__in=[clip.pk for clip in self.some(count)])
        return plan(DELETE, rows, user or self.admin)

    def add(self, name: str, address: Any) -> None:
        self.addresses[name] = address if isinstance(address, str) else address.get_absolute_url()


def plans(screens: Screens) -> None:
    """A plan with something of everything, one that waits for either person, countdowns."""
    recent, gone, held = screens.some(1)[0], screens.some(1)[0], screens.some(1)[0]
    VideoAsset.objects.filter(pk=recent.pk).update(recorded_at=timezone.now())
    VideoAsset.objects.filter(pk=gone.pk).update(presence="deleted", presence_at=timezone.now())
    Hold.objects.create(target_kind="media_assets.videoasset", target_id=held.pk, target_label="x", reason="Needed", placed_by=screens.other)  # fmt: skip
    chosen = [recent, gone, held, *screens.some(3)]
    mixed = plan(DELETE, VideoAsset.objects.filter(pk__in=[one.pk for one in chosen]), screens.admin)
    screens.add("plan", mixed)
    screens.add("plan, a reason to look", f"{mixed.get_absolute_url()}?look=recent")
    screens.add("plan, what is left out", f"{mixed.get_absolute_url()}?out=already_gone")
    screens.add("waits for somebody else", confirmed(screens.draft(5), screens.admin))
    screens.add("waits for me", confirmed(screens.draft(5, screens.other), screens.other))
    back = confirmed(screens.draft(4), screens.admin)
    comment = "Is the winter course in it?"
    engine.send_back(back, comment=comment, actor=Actor.person(screens.other, via="test"), user=screens.other)
    screens.add("sent back", back)
    screens.add("counts down", confirmed(screens.draft(2), screens.admin))
    paused = confirmed(screens.draft(2), screens.admin)
    engine.pause(paused, actor=Actor.person(screens.admin, via="test"), user=screens.admin)
    screens.add("paused", paused)
    held_page = reverse("admin:media_assets_videoasset_hold", args=[held.pk])
    screens.add("a further hold", held_page)


def ids(screens: Screens) -> None:
    screens.add("ids", reverse("admin:media_assets_videoasset_by_ids"))
    assert VideoAssetAdmin.by_ids is not None
    known = [clip.provider_id for clip in screens.some(2)]
    who = {"actor": Actor.person(screens.admin, via="test"), "user": screens.admin}
    found = selecting.stage(
        VideoAsset, [*known, "nobody", known[0]], VideoAssetAdmin.by_ids, source="", **who
    )
    screens.add("ids found", reverse("admin:media_assets_videoasset_by_ids_found", args=[found.pk]))
    unplanned = selecting.stage(VideoAsset, [*known, "nobody"], VideoAssetAdmin.by_ids, source="", **who)
    by_ids = selecting.plan_selection(unplanned, [registry[DELETE]], VideoAsset, **who)
    screens.add("plan of ids", by_ids)


def results(screens: Screens, school: Any, work_off: Callable[..., None]) -> None:
    """A finished run with a rejection, an unknown outcome, one already gone."""
    run = screens.draft(3)
    ids_of = [item.identity["fileId"] for item in run.items.order_by("pk")]
    Policy.objects.update(irreversible_seconds=0)
    school.fault("classin", "code", match={"fileId": ids_of[0]}, code="633", times=None)
    school.change("clip", ids_of[1], deleted_at=timezone.now().timestamp())
    run = confirmed(run, screens.admin)
    work_off(run)
    Policy.objects.update(irreversible_seconds=3600, price_per_gb_month="0.02", price_currency="USD")
    Item.objects.filter(run=run, outcome="done").update(outcome="unknown", code="no_answer")
    screens.add("causes", run)
    screens.add("decide", reverse("admin:operations_run_decide", args=[run.pk]))
    unknown = run.items.get(outcome="unknown")
    screens.add("unknown item", reverse("admin:operations_run_item", args=[run.pk, unknown.pk]))
    screens.add("receipt", reverse("admin:operations_run_receipt", args=[run.pk]))
    screens.add("receipts", reverse("admin:operations_receipt_changelist"))
    screens.add("runs", reverse("admin:operations_run_changelist"))
    screens.add("stop switch", reverse("admin:operations_switch"))


def rules(screens: Screens) -> None:
    old = screens.some(3)
    course = old[0].course_class.course
    quick = rule(name="Without notice", kind="class_video", older_than_days=399, course=course)
    slow = rule(
        name="With notice",
        kind="class_video",
        notice_days=7,
        note="Speak up",
        owners=[screens.admin, screens.other],
    )
    pass_nights()
    announced = RetentionProposal.objects.get(rule=slow)
    proposed = RetentionProposal.objects.get(rule=quick).run
    assert proposed is not None
    assert proposed.is_unsigned
    screens.add("unsigned proposal", proposed)
    screens.add("rules", reverse("admin:media_assets_retentionrule_changelist"))
    screens.add("rule", slow)
    screens.add("new rule", reverse("admin:media_assets_retentionrule_new"))
    screens.add("changed rule", reverse("admin:media_assets_retentionrule_edit", args=[slow.pk]))
    screens.add("coming deletions", reverse("admin:media_assets_retentionproposal_changelist"))
    screens.add("announced", announced)


def limits(screens: Screens) -> None:
    """Quiet hours, and lower limits that wait for the other person."""
    Policy.objects.update(quiet_from=time(8), quiet_until=time(18), quiet_days="01234")
    who = {"actor": Actor.person(screens.other, via="test"), "user": screens.other}
    assert change_policy({"approve_from": 500}, **who).proposed is not None
    screens.add("limits", reverse("admin:limits"))


def notices(screens: Screens) -> None:
    screens.add("notices", reverse("admin:notices"))
    screens.add("notices by mail", reverse("admin:notice_settings"))


@pytest.fixture
def addresses(
    school: Any, strict: None, work_off: Callable[..., None], django_user_model: Any
) -> dict[str, str]:
    screens = Screens(django_user_model)
    results(screens, school, work_off)
    plans(screens)
    ids(screens)
    rules(screens)
    notices(screens)
    limits(screens)
    return screens.addresses


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look.values())))
def test_every_screen_of_a_deletion_is_accessible(
    addresses: dict[str, str], open_page: Callable[..., Page], look: dict[str, Any]
) -> None:
    page = open_page(**look)
    found: list[str] = []
    for name, address in addresses.items():
        answer = page.goto(address)
        assert answer is not None
        if answer.status != 200 or not page.url.endswith(address):
            found.append(f"{name}: {answer.status} {page.url}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            found.append(f"{name}: scrolls sideways by {wide} px")
        page.evaluate(AXE_SCRIPT)
        result = page.evaluate("axe.run({preload: false, resultTypes: ['violations']})")
        found += [
            f"{name}: {violation['id']}: {violation['nodes'][0]['html'][:160]}"
            for violation in result["violations"]
        ]
    assert found == []
