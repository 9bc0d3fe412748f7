"""A deletion by hand from the first tick to the receipt: two languages, and once without script."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from playwright.sync_api import Page, expect

from audit.models import Record
from courses.models import Course
from media_assets.models import VideoAsset
from operations.clock import database_now
from operations.models import Hold, Policy, Run
from tests.browser.speech import Speech
from tests.browser.steps import (
    approve_button,
    calls,
    confirm,
    delete_button,
    downloaded,
    ids_of,
    newest_run,
    sent_ids,
    time_passes,
    until,
    visit,
)

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

DELETE = "media_assets.class_video.delete"
LIST = "/admin/media_assets/videoasset/"
COMMENT = "Is the winter course in it?"
WAYS = [("en", True), ("zh-hans", True), ("en", False)]
WAY_NAMES = ["english", "chinese", "without-script"]


@dataclass
class Plot:
    """One course of class videos, and what is to become of some of them."""

    course: Course
    clips: list[VideoAsset]
    excepted: list[VideoAsset] = field(default_factory=list)

    def take(self, count: int) -> list[VideoAsset]:
        return [self.clips.pop() for _number in range(count)]


@pytest.fixture
def strict(school: Any, no_waiting: None, settings: Any) -> None:
    """A second person from ten videos on, and an hour of waiting; nothing in the way of single unknown outcomes."""
    Policy.objects.update(second_person=True, approve_from=10, irreversible_seconds=3600)
    settings.OPERATIONS = {**settings.OPERATIONS, "unknowns_before_halt": 50}


@pytest.fixture
def plot(school: Any) -> Plot:
    """A course of which nothing speaks against deleting, so that every reason in a plan is one that a test made."""
    course = Course.objects.get(name="IELTS Speaking, spring 2025")
    clips = VideoAsset.objects.filter(course_class__course=course).order_by("recorded_at", "pk")
    clips.update(recorded_at=timezone.now() - timedelta(days=90))
    return Plot(course, list(clips))


def recorded(run: Run) -> set[str]:
    return set(Record.objects.filter(run_id=run.pk).values_list("action", flat=True))


def place_hold(page: Page, say: Speech, video: VideoAsset) -> None:
    visit(page, f"{LIST}{video.pk}/hold/")
    page.get_by_label(say("Reason")).fill("A parent asks for it")
    title = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("main").get_by_role("button", name=title).click()
    expect(page.get_by_role("main")).to_contain_text(say("On hold"))


def select_by_filter(page: Page, say: Speech, plot: Plot, *, script: bool) -> Run:
    """The list with its chips, all that match but the two ticked rows, and the plan that comes of it."""
    visit(page, f"{LIST}?kind=class_video&course={plot.course.pk}")
    for label in (say("Kind"), say("Course")):
        expect(page.get_by_role("link", name=say("Show all again: %(label)s", label=label))).to_be_visible()
    matching = VideoAsset.objects.filter(course_class__course=plot.course).count()
    except_ticked = page.get_by_role("group", name=say("Act on a selection")).get_by_role("radio").nth(2)
    except_ticked.check()
    shown = page.locator("[name=_selected_action]")
    ticked = [shown.nth(at).get_attribute("value") for at in (3, 7)]
    for at in (3, 7):
        shown.nth(at).check()
    expect(except_ticked).to_be_checked()
    if script:
        expect(page.get_by_role("group", name=say("Act on a selection"))).to_contain_text(str(matching - 2))
    page.get_by_role("button", name=say("Review deletion…")).click()
    run = newest_run()
    plot.excepted = list(VideoAsset.objects.filter(pk__in=ticked))
    assert run.items.count() == matching - 2
    assert not run.items.filter(target_id__in=ticked).exists()
    plot.clips = [clip for clip in plot.clips if str(clip.pk) not in ticked]
    return run


@dataclass
class Walk:
    """The people at their browsers, what becomes of which video, and the run that it is about."""

    school: Any
    plot: Plot
    say: Speech
    script: bool
    folder: Path
    maker: Page
    approver: Page
    keeper: Page
    run: Run = field(init=False)
    stay: list[VideoAsset] = field(init=False)
    """What no deletion may touch: held before or after the confirmation, unticked, excepted, left out."""
    rejected: VideoAsset = field(init=False)
    lost: VideoAsset = field(init=False)

    @property
    def going(self) -> int:
        return len(self.plot.clips)

    def state(self) -> str:
        self.run.refresh_from_db()
        return self.run.state

    def expect_main(self, page: Page, *words: str) -> None:
        for one in words:
            expect(page.get_by_role("main")).to_contain_text(one)


@pytest.mark.parametrize(("language", "script"), WAYS, ids=WAY_NAMES)
def test_a_deletion_from_the_list_to_the_receipt(
    school: Any,
    worker: Any,
    people: None,
    strict: None,
    plot: Plot,
    open_page: Callable[..., Page],
    tmp_path: Path,
    language: str,
    script: bool,
) -> None:
    pages = [
        open_page(language=language, script=script, username=name) for name in ("maker", "approver", "keeper")
    ]
    walk = Walk(school, plot, Speech(language), script, tmp_path, *pages)
    look_through_the_preview(walk)
    mistype(walk)
    be_sent_back_and_approved(walk)
    wait_pause_and_go_on(walk)
    run_with_trouble(walk)
    decide(walk)
    child = retry(walk)
    check_receipt(walk.maker, walk.say, walk.run, plot, tmp_path)
    check_notices(walk.maker, walk.approver, walk.say, walk.going)
    check_log(open_page, language, script, walk.run, child)


def look_through_the_preview(walk: Walk) -> None:
    """What will go, what is left out and why, what deserves a look; one is unticked, those of one reason stay."""
    maker, say, plot = walk.maker, walk.say, walk.plot
    held, gone, *recent = plot.clips[0], plot.clips[1], *plot.clips[10:12]
    keeps = {"reason": "Needed", "placed_by": get_user_model().objects.get(username="keeper")}
    Hold.objects.create(target_kind="media_assets.videoasset", target_id=held.pk, **keeps)
    VideoAsset.objects.filter(pk=gone.pk).update(presence="deleted", presence_at=timezone.now())
    VideoAsset.objects.filter(pk__in=[clip.pk for clip in recent]).update(recorded_at=timezone.now())
    run = walk.run = select_by_filter(maker, say, plot, script=walk.script)
    plot.clips = [clip for clip in plot.clips if clip not in (held, gone, *recent)]
    further_down = plot.clips.pop(30)  # behind the first rows of its list, on the list's first page
    walk.stay = [held, *recent, *plot.excepted, further_down]
    assert run.items.filter(left_out="").count() == walk.going + 3
    expect(delete_button(maker, say, walk.going + 3)).to_be_visible()
    reasons = ("On hold", "Already gone at the provider", "A whole lesson: no clip would be left")
    walk.expect_main(maker, plot.course.name, *(say(words) for words in reasons))
    tick = maker.locator(f"[name=ticked][value='{run.items.get(target_id=walk.stay[-1].pk).pk}']")
    if not tick.count():
        maker.get_by_role(
            "link", name=say.begins("Show the other %(shown)s item", "Show the other %(shown)s items")
        ).click()
    tick.uncheck()
    maker.get_by_role("button", name=say("Update the plan with these ticks")).click()
    of_one_reason = maker.locator("form").filter(has=maker.locator("[name=look][value=recent]"))
    of_one_reason.get_by_role("button", name=say("Leave these out")).click()
    expect(delete_button(maker, say, walk.going)).to_be_visible()
    left = set(run.items.filter(left_out="").values_list("target_id", flat=True))
    assert left == {clip.pk for clip in plot.clips}


def mistype(walk: Walk) -> None:
    """A wrong word is refused beside its field, and what was entered stays."""
    maker, say = walk.maker, walk.say
    maker.get_by_label(say("Reason")).fill("Term is over")
    typed = maker.get_by_label(say.typed(walk.going))
    typed.fill(say.typed(walk.going + 1))
    delete_button(maker, say, walk.going).click()
    told = say("Type %(words)s exactly, with the number.", words=say.typed(walk.going))
    expect(typed).to_have_accessible_description(re.compile(re.escape(told)))
    expect(maker.get_by_label(say("Reason"))).to_have_value("Term is over")
    expect(typed).to_have_value(say.typed(walk.going + 1))
    assert walk.state() == "draft"


def be_sent_back_and_approved(walk: Walk) -> None:
    """A second person sees the same frozen list, sends it back, and approves what comes again."""
    maker, approver, say, run = walk.maker, walk.approver, walk.say, walk.run
    confirm(maker, say, walk.going)
    walk.expect_main(maker, say("Waiting for approval"))
    assert walk.state() == "waiting_approval"
    digest = run.digest
    frozen = downloaded(maker, say("Full list as CSV"), walk.folder)
    visit(approver, "/admin/notices/")
    walk.expect_main(approver, str(run))
    visit(approver, run.get_absolute_url())
    assert downloaded(approver, say("Full list as CSV"), walk.folder) == frozen
    walk.expect_main(approver, " ".join(digest[at : at + 4] for at in range(0, 32, 4)))
    expect(maker.get_by_role("button", name=say("Send back"))).to_have_count(0)
    approver.get_by_label(say("Comment")).fill(COMMENT)
    approver.get_by_role("button", name=say("Send back")).click()
    visit(maker, run.get_absolute_url())
    walk.expect_main(maker, COMMENT)
    confirm(maker, say, walk.going, "Term is over, without the winter course")
    walk.expect_main(maker, say("Waiting for approval"))
    assert (walk.state(), run.digest) == ("waiting_approval", digest)
    visit(approver, run.get_absolute_url())
    approve_button(approver, say, walk.going).click()
    expect(approve_button(approver, say, walk.going)).to_have_count(0)
    assert walk.state() == "counting_down"


def wait_pause_and_go_on(walk: Walk) -> None:
    """The waiting time is shown on every page; paused it keeps its rest."""
    maker, say, run = walk.maker, walk.say, walk.run
    visit(maker, "/admin/courses/course/")
    expect(maker.get_by_role("button", name=f"{say('Cancel')} {run}")).to_be_visible()
    visit(walk.approver, "/admin/courses/course/")
    expect(walk.approver.get_by_role("link", name=str(run), exact=True)).to_be_visible()
    expect(walk.approver.get_by_role("button", name=f"{say('Cancel')} {run}")).to_have_count(0)
    maker.get_by_role("link", name=str(run), exact=True).click()
    maker.get_by_role("button", name=say("Pause")).click()
    walk.expect_main(maker, say("It does not start by itself. When somebody lets it go on, this time passes first."))  # fmt: skip
    assert walk.state() == "paused"
    maker.get_by_role("button", name=say("Go on")).click()
    expect(maker.get_by_role("button", name=say("Pause"))).to_be_visible()
    assert walk.state() == "counting_down"
    assert run.not_before is not None
    assert run.not_before > database_now() + timedelta(minutes=50)


def run_with_trouble(walk: Walk) -> None:
    """Somebody puts one on hold meanwhile; one is rejected, one already gone, and one answer is lost each time."""
    maker, say, run, school = walk.maker, walk.say, walk.run, walk.school
    kept, walk.rejected, already, walk.lost = walk.plot.take(4)
    walk.stay.append(kept)
    place_hold(walk.keeper, say, kept)
    for video, fault in (
        (walk.rejected, {"kind": "code", "code": "633"}),
        (walk.lost, {"kind": "reset_before"}),
    ):
        school.fault("classin", call="deleteClassVideo", match={"fileId": video.provider_id}, times=None, **fault)  # fmt: skip
    school.change("clip", already.provider_id, deleted_at=timezone.now().timestamp() - 60)
    school.set_latency(80)
    assert calls(school) == []
    end = time_passes(run)
    visit(maker, run.get_absolute_url())
    if walk.script:
        watch(maker, say)
    until(maker, run, "finished")
    assert min(call["at"] for call in calls(school)) >= end.timestamp()
    assert sent_ids(school) == ids_of(walk.plot.clips)
    counts = {"done": walk.going, "already": 1, "rejected": 1, "unknown": 1, "skipped": 1}
    for outcome, count in counts.items():
        assert run.items.filter(confirmed=True, outcome=outcome).count() == count, outcome
    walk.expect_main(maker, say("What did not go through, by cause"), "ClassIn 633")


def decide(walk: Walk) -> None:
    """What nobody knows is put before a person, with three choices."""
    maker, say = walk.maker, walk.say
    record = maker.get_by_role("button", name=say("Record this decision"))
    maker.get_by_role("link", name=say.many("Decide about %(count)s…", "Decide about %(count)s…", 1)).click()
    expect(maker.get_by_role("radio")).to_have_count(3)
    record.click()
    walk.expect_main(maker, say("Choose what you found."))
    maker.get_by_role("checkbox", name=str(walk.lost)).check()
    maker.get_by_label(say("It is still there: it may be sent again")).check()
    maker.get_by_label(say("How you found out")).fill("Seen in the console of ClassIn")
    record.click()
    expect(record).to_have_count(0)
    assert walk.run.items.get(target_id=walk.lost.pk).outcome == "not_sent"


def retry(walk: Walk) -> Run:
    """Again, as a plan of its own: fewer than ten, so without a second person, but not without the waiting time."""
    maker, say, school = walk.maker, walk.say, walk.school
    school.clear_faults()
    again = say.many("Review a retry of %(count)s…", "Review a retry of %(count)s…", 2)
    maker.get_by_role("button", name=again).click()
    expect(delete_button(maker, say, 2)).to_be_visible()
    child = newest_run()
    assert child.parent_id == walk.run.pk
    assert set(child.items.values_list("target_id", flat=True)) == {walk.rejected.pk, walk.lost.pk}
    confirm(maker, say, 2, "Once more")
    expect(maker.get_by_role("button", name=say("Pause"))).to_be_visible()
    child.refresh_from_db()
    assert child.state == "counting_down"
    seen = len(calls(school))
    end = time_passes(child)
    until(maker, child, "finished")
    assert min(call["at"] for call in calls(school)[seen:]) >= end.timestamp()
    assert sent_ids(school) == ids_of([*walk.plot.clips, walk.rejected, walk.lost])
    stay = VideoAsset.objects.filter(pk__in=[video.pk for video in walk.stay])
    assert set(stay.values_list("presence", flat=True)) == {"present"}
    return child


def watch(page: Page, say: Speech) -> None:
    """The page tells how far it is, and that it is over, without a reload by hand."""
    reloads: list[str] = []
    page.once("framenavigated", lambda frame: reloads.append(frame.url))
    bar = page.get_by_role("progressbar")
    values = set()
    for _look in range(200):
        values.add(bar.get_attribute("value"))
        if reloads:
            break
        page.wait_for_timeout(150)
    assert reloads, "the page says by itself that the run is over"
    assert len(values) > 1, "the figures moved while the page was open"
    expect(page.get_by_role("main")).to_contain_text(say("Finished"))


def check_receipt(page: Page, say: Speech, run: Run, plot: Plot, folder: Path) -> None:
    visit(page, run.get_absolute_url())
    page.get_by_role("link", name=say("Receipt"), exact=True).last.click()
    main = page.get_by_role("main")
    expect(page.get_by_role("heading", level=1)).to_contain_text(say("Receipt R-%(run)s", run=run.pk))
    freed = sum(clip.size_bytes or 0 for clip in plot.clips)
    for words in (
        "Chen Min",
        "Wu Min",
        "Term is over, without the winter course",
        say("%(bytes)s bytes", bytes=f"{freed:,}"),
        "ClassIn 633",
        run.digest,
    ):
        expect(main).to_contain_text(words)
    rows = list(csv.reader(downloaded(page, "CSV", folder).splitlines()))
    assert len(rows) == 1 + run.items.count()
    words = [row[8] for row in rows[1:]]
    assert words.count(say("Deleted")) == len(plot.clips)
    assert words.count(say("Already gone")) == 1
    receipt = json.loads(downloaded(page, "JSON", folder))
    assert receipt["totals"]["outcomes"]["done"] == len(plot.clips)
    assert receipt["totals"]["outcomes"]["rejected"] == 1
    assert receipt["checksum"]["value"] == run.digest
    gone = {entry["identity"]["fileId"] for entry in receipt["items"] if entry["outcome"] == "done"}
    assert sorted(gone) == ids_of(plot.clips)


def check_notices(maker: Page, approver: Page, say: Speech, done: int) -> None:
    deleted = say("%(count)s deleted", count=done)
    for page in (maker, approver):
        visit(page, "/admin/notices/")
        expect(page.get_by_role("main")).to_contain_text(deleted)
    expect(maker.get_by_role("main")).to_contain_text(COMMENT)


def check_log(open_page: Callable[..., Page], language: str, script: bool, run: Run, child: Run) -> None:
    assert {
        f"{DELETE}.requested",
        f"{DELETE}.succeeded",
        f"{DELETE}.already",
        f"{DELETE}.rejected",
        f"{DELETE}.unknown",
        f"{DELETE}.decided",
        "operations.plan.changed",
        "operations.list.exported",
        "operations.run.sent_back",
        "operations.run.approved",
        "operations.run.scheduled",
        "operations.run.paused",
        "operations.run.resumed",
        "operations.run.started",
        "operations.run.finished",
        "operations.receipt.exported",
    } <= recorded(run)
    assert {f"{DELETE}.requested", "operations.run.scheduled", "operations.run.finished"} <= recorded(child)
    assert Record.objects.filter(action="operations.hold.placed").exists()
    log = open_page(language=language, script=script)
    visit(log, f"/admin/audit/record/?run={run.pk}")
    expect(log.get_by_role("main")).to_contain_text("Wu Min")
    expect(log.get_by_role("main")).to_contain_text("Chen Min")


@pytest.mark.parametrize(("language", "script"), WAYS, ids=WAY_NAMES)
def test_a_list_of_ids_is_planned_approved_and_cancelled_from_another_page(
    school: Any,
    worker: Any,
    people: None,
    strict: None,
    plot: Plot,
    open_page: Callable[..., Page],
    language: str,
    script: bool,
) -> None:
    say = Speech(language)
    maker, approver = (
        open_page(language=language, script=script, username=name) for name in ("maker", "approver")
    )
    chosen = plot.clips[:11]
    meeting = VideoAsset.objects.filter(kind="meeting_video", provider_state="archived").first()
    visit(maker, LIST)
    maker.get_by_role("link", name=say("Select by IDs…")).click()
    maker.get_by_label(say("IDs"), exact=False).first.fill(
        "\n".join([*(clip.provider_id for clip in chosen), meeting.provider_id, "no-such-id"])
    )
    maker.get_by_role("button", name=say("Look up")).click()
    expect(maker.get_by_role("main")).to_contain_text("no-such-id")
    maker.get_by_role("button", name=say("Review deletion…")).click()
    run = newest_run()
    expect(maker.get_by_role("main")).to_contain_text("no-such-id")
    going = run.items.filter(left_out="").count()
    assert going == 12
    confirm(maker, say, going)
    visit(approver, run.get_absolute_url())
    expect(approver.get_by_role("main")).to_contain_text("no-such-id")
    approve_button(approver, say, going).click()
    run.refresh_from_db()
    assert run.state == "counting_down"
    visit(maker, "/admin/")
    maker.get_by_role("button", name=f"{say('Cancel')} {run}").first.click()
    expect(maker.get_by_role("main")).to_contain_text(say("Cancelled"))
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert set(run.items.values_list("outcome", flat=True)) == {"cancelled"}
    maker.wait_for_timeout(1500)
    assert calls(school) == []
    visit(approver, "/admin/notices/")
    expect(approver.get_by_role("main")).to_contain_text(str(run))
    assert {"operations.selection.made"} <= set(Record.objects.values_list("action", flat=True))
    assert {"operations.run.approved", "operations.run.cancelled"} <= recorded(run)
