"""A retention rule by hand: made, announced by night, kept from, proposed, taken over, confirmed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override, pgettext
from playwright.sync_api import Page, expect

from audit.models import Record
from media_assets.models import RetentionProposal, RetentionRule, VideoAsset
from media_assets.retention.nightly import pass_nights
from operations.engine.chores import do_chores
from operations.models import Hold
from tests.browser.speech import Speech
from tests.browser.steps import calls, confirm, ids_of, sent_ids, until, visit
from tests.factories.retention import LONG_AGO

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

LIST = "/admin/media_assets/retentionrule/"


@pytest.fixture
def old(school: Any) -> list[VideoAsset]:
    """Three old clips of one course, whose others are new."""
    clips = VideoAsset.objects.filter(course_class__course__name="Year 6 science").order_by("pk")
    clips.update(recorded_at=timezone.now() - timedelta(days=3), presence="present")
    chosen = list(clips[:3])
    for clip in chosen:
        VideoAsset.objects.filter(pk=clip.pk).update(
            recorded_at=timezone.now() - timedelta(days=400), watch_count=0
        )
    return chosen


def make_a_rule(page: Page, say: Speech, owner: str) -> RetentionRule:
    """By the form: first a look at what it would touch, which saves nothing."""
    visit(page, LIST)
    page.get_by_role("link", name=say("New rule…")).click()
    page.get_by_label(say("Name"), exact=True).fill("Old science")
    page.get_by_label(say("Older than (days)")).fill("180")
    page.get_by_label(say("Only one course")).fill("Year 6 science")
    page.get_by_label(say("Days of notice before the plan")).fill("7")
    page.get_by_role("checkbox", name=owner).check()
    page.get_by_role("button", name=say("Show what it would touch")).click()
    expect(page.get_by_role("main")).to_contain_text(
        say("This is what the rule would touch today. Nothing is saved yet.")
    )
    assert not RetentionRule.objects.exists()
    page.get_by_role("button", name=say("Save the rule")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Old science")
    made = RetentionRule.objects.get()
    RetentionRule.objects.update(on_since=LONG_AGO)
    return made


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_rule_announces_an_owner_keeps_and_a_person_signs(
    school: Any,
    worker: Any,
    people: None,
    old: list[VideoAsset],
    open_page: Callable[..., Page],
    language: str,
) -> None:
    say = Speech(language)
    maker, keeper = (open_page(language=language, username=name) for name in ("maker", "keeper"))
    make_a_rule(maker, say, "Zhao Min")
    do_chores()
    announced = RetentionProposal.objects.get()
    assert announced.count == 3
    assert announced.run is None

    visit(keeper, "/admin/notices/")
    with override(language):
        keeper.get_by_role("button", name=pgettext("notice", "Open")).first.click()
        keep = pgettext("retention", "Keep")
    kept, *going = old
    keeper.get_by_role("button", name=f"{keep} {kept}").first.click()
    expect(keeper.get_by_role("main")).to_contain_text(say("On hold"))
    kept_id = Hold.objects.get().target_id
    going = [clip for clip in old if clip.pk != kept_id]

    pass_nights()
    announced.refresh_from_db()
    assert announced.run is None, "the days of notice are not over"
    RetentionProposal.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    do_chores()
    announced.refresh_from_db()
    run = announced.run
    assert run is not None
    assert run.is_unsigned
    assert set(run.items.values_list("target_id", flat=True)) == {clip.pk for clip in going}

    visit(maker, announced.get_absolute_url())
    maker.get_by_role("link", name=say("Open the plan")).click()
    expect(maker.get_by_label(say("Reason"))).to_have_count(0)
    maker.get_by_role("button", name=say("Take over this plan")).click()
    expect(maker.get_by_role("main")).to_contain_text("Old science")
    assert calls(school) == []
    confirm(maker, say, 2)
    until(maker, run, "finished")
    assert sent_ids(school) == ids_of(going)
    assert VideoAsset.objects.get(pk=kept_id).presence == "present"
    actions = set(Record.objects.values_list("action", flat=True))
    assert {"operations.run.signed", "operations.hold.placed", "operations.run.finished"} <= actions
