"""A deletion by hand from the first tick to the receipt: two languages, and once without script."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from audit.models import Record
from courses.models import Course
from media_assets.models import VideoAsset
from operations.clock import database_now
from operations.models import Hold, Item, Notice, Policy, Run
from tests.browser.speech import Speech
from tests.factories.people import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True)]

DELETE = "media_assets.class_video.delete"
LIST = "/admin/media_assets/videoasset/"
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
def people(school: Any) -> None:
    for username, name, role in (
        ("maker", "Chen", "Deleter"),
        ("approver", "Wu", "Approver"),
        ("keeper", "Zhao", "Editor"),
    ):
        UserFactory(username=username, first_name=name, last_name="Min", password="school", roles=[role])


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


def newest_run() -> Run:
    return Run.objects.order_by("-pk")[0]


def sent_ids(school: Any) -> list[str]:
    """The clips that are gone at the provider through us, one entry for each effect."""
    return sorted(entry["params"]["fileId"] for entry in school.effects("classin"))


def calls(school: Any) -> list[dict[str, Any]]:
    return [entry for entry in school.calls() if entry["provider"]]


def ids_of(rows: list[VideoAsset]) -> list[str]:
    return sorted(row.provider_id for row in rows)


def until(page: Page, run: Run, state: str) -> None:
    """Reload as a person without script would."""
    for _look in range(160):
        page.goto(run.get_absolute_url())
        run.refresh_from_db()
        if run.state == state:
            page.goto(run.get_absolute_url())
            return
        page.wait_for_timeout(200)
    pytest.fail(f"the run is {run.state}, not {state}")


def delete_button(page: Page, say: Speech, count: int) -> Locator:
    words = say.many("Delete %(count)s item for good", "Delete %(count)s items for good", count)
    return page.get_by_role("button", name=words)


def approve_button(page: Page, say: Speech, count: int) -> Locator:
    words = say.many(
        "Approve the deletion of %(count)s item", "Approve the deletion of %(count)s items", count
    )
    return page.get_by_role("button", name=words)


def confirm(page: Page, say: Speech, count: int, reason: str = "Term is over") -> None:
    page.get_by_label(say("Reason")).fill(reason)
    page.get_by_label(say.typed(count)).fill(say.typed(count))
    delete_button(page, say, count).click()


def downloaded(page: Page, link: str, folder: Path) -> str:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=link, exact=True).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path.read_text("utf-8-sig")


def time_passes(run: Run) -> datetime:
    """Nearly all of the waiting time is over; returns its end. No request may have gone before that."""
    end = database_now() + timedelta(seconds=1.5)
    Run.objects.filter(pk=run.pk).update(not_before=end)
    return end


def recorded(run: Run) -> set[str]:
    return set(Record.objects.filter(run_id=run.pk).values_list("action", flat=True))


def place_hold(page: Page, say: Speech, video: VideoAsset) -> None:
    page.goto(f"{LIST}{video.pk}/hold/")
    page.get_by_label(say("Reason")).fill("A parent asks for it")
    title = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("main").get_by_role("button", name=title).click()
    expect(page.get_by_role("main")).to_contain_text(say("On hold"))


def select_by_filter(page: Page, say: Speech, plot: Plot, *, script: bool) -> Run:
    """The list with its chips, all that match but the two ticked rows, and the plan that comes of it."""
    page.goto(f"{LIST}?kind=class_video&course={plot.course.pk}")
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
    say = Speech(language)
    maker, approver, keeper = (
        open_page(language=language, script=script, username=name)
        for name in ("maker", "approver", "keeper")
    )
    held, gone = plot.clips[0], plot.clips[1]
    keeps = {"reason": "Needed", "placed_by": get_user_model().objects.get(username="keeper")}
    Hold.objects.create(target_kind="media_assets.videoasset", target_id=held.pk, **keeps)
    VideoAsset.objects.filter(pk=gone.pk).update(presence="deleted", presence_at=timezone.now())
    recent = plot.clips[10:12]
    VideoAsset.objects.filter(pk__in=[clip.pk for clip in recent]).update(recorded_at=timezone.now())

    run = select_by_filter(maker, say, plot, script=script)
    plot.clips = [clip for clip in plot.clips if clip not in (held, gone, *recent)]

    # What will go, what is left out and why, what deserves a look
    main = maker.get_by_role("main")
    going = len(plot.clips) + 2
    assert run.items.filter(left_out="").count() == going
    expect(delete_button(maker, say, going)).to_be_visible()
    for words in ("On hold", "Already gone at the provider", "A whole lesson: no clip would be left"):
        expect(main).to_contain_text(say(words))
    expect(main).to_contain_text(plot.course.name)
    (unticked,) = plot.take(1)
    item = run.items.get(target_id=unticked.pk)
    first_rows = maker.locator(f"[name=ticked][value='{item.pk}']")
    if not first_rows.count():
        maker.get_by_role("link", name=say("Show the next ones")).click()
    first_rows.uncheck()
    maker.get_by_role("button", name=say("Update the plan with these ticks")).click()
    maker.locator("form").filter(has=maker.locator("[name=look][value=recent]")).get_by_role(
        "button", name=say("Leave these out")
    ).click()
    going -= 3
    assert set(run.items.filter(left_out="").values_list("target_id", flat=True)) == {
        clip.pk for clip in plot.clips
    }

    # A wrong word is refused beside its field, and what was entered stays
    maker.get_by_label(say("Reason")).fill("Term is over")
    typed = maker.get_by_label(say.typed(going))
    typed.fill(say.typed(going + 1))
    delete_button(maker, say, going).click()
    expect(typed).to_have_accessible_description(
        re.compile(re.escape(say("Type %(words)s exactly, with the number.", words=say.typed(going))))
    )
    expect(maker.get_by_label(say("Reason"))).to_have_value("Term is over")
    expect(typed).to_have_value(say.typed(going + 1))
    run.refresh_from_db()
    assert run.state == "draft"

    # A second person, who sees the same list and sends it back
    confirm(maker, say, going)
    expect(maker.get_by_role("main")).to_contain_text(say("Waiting for approval"))
    run.refresh_from_db()
    frozen = downloaded(maker, say("Full list as CSV"), tmp_path)
    approver.goto("/admin/notices/")
    expect(approver.get_by_role("main")).to_contain_text(str(run))
    approver.goto(run.get_absolute_url())
    assert downloaded(approver, say("Full list as CSV"), tmp_path) == frozen
    expect(approver.get_by_role("main")).to_contain_text(
        " ".join(run.digest[at : at + 4] for at in range(0, 32, 4))
    )
    expect(maker.get_by_role("button", name=say("Send back"))).to_have_count(0)
    approver.get_by_label(say("Comment")).fill("Is the winter course in it?")
    approver.get_by_role("button", name=say("Send back")).click()
    maker.goto(run.get_absolute_url())
    expect(maker.get_by_role("main")).to_contain_text("Is the winter course in it?")
    digest = run.digest
    confirm(maker, say, going, "Term is over, without the winter course")
    run.refresh_from_db()
    assert (run.state, run.digest) == ("waiting_approval", digest)
    approver.goto(run.get_absolute_url())
    approve_button(approver, say, going).click()

    # The waiting time, on every page; paused, and going on
    run.refresh_from_db()
    assert run.state == "counting_down"
    maker.goto("/admin/courses/course/")
    expect(maker.get_by_role("link", name=str(run), exact=True)).to_be_visible()
    expect(maker.get_by_role("button", name=f"{say('Cancel')} {run}")).to_be_visible()
    expect(approver.get_by_role("button", name=f"{say('Cancel')} {run}")).to_have_count(0)
    maker.get_by_role("link", name=str(run), exact=True).click()
    maker.get_by_role("button", name=say("Pause")).click()
    expect(maker.get_by_role("main")).to_contain_text(say("It does not start by itself. When somebody lets it go on, this time passes first."))  # fmt: skip
    maker.get_by_role("button", name=say("Go on")).click()
    run.refresh_from_db()
    assert run.state == "counting_down"
    assert run.not_before > database_now() + timedelta(minutes=50)

    # Somebody else needs one of them, and the providers are as they are
    (kept,) = plot.take(1)
    place_hold(keeper, say, kept)
    rejected, already, lost = plot.take(3)
    school.fault("classin", "code", call="deleteClassVideo", match={"fileId": rejected.provider_id}, code="633", times=None)  # fmt: skip
    school.fault("classin", "reset_before", call="deleteClassVideo", match={"fileId": lost.provider_id}, times=None)  # fmt: skip
    school.change("clip", already.provider_id, deleted_at=timezone.now().timestamp() - 60)
    school.set_latency(80)
    assert calls(school) == []
    end = time_passes(run)
    maker.goto(run.get_absolute_url())
    if script:
        watch(maker, say)
    until(maker, run, "finished")
    assert min(call["at"] for call in calls(school)) >= end.timestamp()
    assert sent_ids(school) == ids_of(plot.clips)

    # The result, by cause
    main = maker.get_by_role("main")
    counts = {"done": len(plot.clips), "already": 1, "rejected": 1, "unknown": 1, "skipped": 1}
    for outcome, count in counts.items():
        assert run.items.filter(confirmed=True, outcome=outcome).count() == count, outcome
    expect(main).to_contain_text("ClassIn 633")
    kept.refresh_from_db()
    assert kept.presence == "present"

    # What nobody knows, before a person
    maker.get_by_role(
        "link", name=say.many("Decide about %(count)s…", "Decide about %(count)s…", 1)
    ).click()
    expect(maker.get_by_role("radio")).to_have_count(3)
    maker.get_by_role("button", name=say("Record this decision")).click()
    expect(maker.get_by_role("main")).to_contain_text(say("Choose what you found."))
    maker.get_by_role("checkbox", name=str(lost)).check()
    maker.get_by_label(say("It is still there: it may be sent again")).check()
    maker.get_by_label(say("How you found out")).fill("Seen in the console of ClassIn")
    maker.get_by_role("button", name=say("Record this decision")).click()
    expect(maker.get_by_role("main")).to_contain_text(say("Not sent"))

    # Again, as a plan of its own: fewer than ten, so without a second person
    school.clear_faults()
    maker.get_by_role(
        "button", name=say.many("Review a retry of %(count)s…", "Review a retry of %(count)s…", 2)
    ).click()
    child = newest_run()
    assert child.parent_id == run.pk
    assert set(child.items.values_list("target_id", flat=True)) == {rejected.pk, lost.pk}
    confirm(maker, say, 2, "Once more")
    child.refresh_from_db()
    assert child.state == "counting_down"
    seen = len(calls(school))
    end = time_passes(child)
    until(maker, child, "finished")
    assert min(call["at"] for call in calls(school)[seen:]) >= end.timestamp()
    assert sent_ids(school) == ids_of([*plot.clips, rejected, lost])
    for video in (kept, held, unticked, *recent, *plot.excepted):
        video.refresh_from_db()
        assert video.presence == "present"

    check_receipt(maker, say, run, plot, tmp_path)
    check_notices(maker, approver, say, run, counts)
    check_log(open_page, language, script, run, child)


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
    page.goto(run.get_absolute_url())
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


def check_notices(maker: Page, approver: Page, say: Speech, run: Run, counts: dict[str, int]) -> None:
    deleted = say("%(count)s deleted", count=counts["done"])
    for page in (maker, approver):
        page.goto("/admin/notices/")
        expect(page.get_by_role("main")).to_contain_text(deleted)
    maker.goto("/admin/notices/")
    expect(maker.get_by_role("main")).to_contain_text("Is the winter course in it?")
    assert Notice.objects.filter(run_id=run.pk).values("person").distinct().count() >= 2


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
    log.goto(f"/admin/audit/record/?run={run.pk}")
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
    maker.goto(LIST)
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
    approver.goto(run.get_absolute_url())
    expect(approver.get_by_role("main")).to_contain_text("no-such-id")
    approve_button(approver, say, going).click()
    run.refresh_from_db()
    assert run.state == "counting_down"
    maker.goto("/admin/")
    maker.get_by_role("button", name=f"{say('Cancel')} {run}").first.click()
    expect(maker.get_by_role("main")).to_contain_text(say("Cancelled"))
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert set(run.items.values_list("outcome", flat=True)) == {"cancelled"}
    maker.wait_for_timeout(1500)
    assert calls(school) == []
    approver.goto("/admin/notices/")
    expect(approver.get_by_role("main")).to_contain_text(str(run))
    assert {"operations.selection.made"} <= set(Record.objects.values_list("action", flat=True))
    assert {"operations.run.approved", "operations.run.cancelled"} <= recorded(run)
