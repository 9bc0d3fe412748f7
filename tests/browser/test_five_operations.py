"""What the product is for, done by hand in a browser: edit, rename, and delete each of the three kinds of video."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from audit.models import Record
from courses.models import Course
from media_assets.models import CloudFile, VideoAsset
from tests.browser.steps import newest_run, until, visit

WORDS = {
    "en": {"send": "Send to ClassIn", "typed": "DELETE {}", "done": "Changed", "deleted": "Deleted"},
    "zh-hans": {"send": "发送", "typed": "删除 {}", "done": "已", "deleted": "已删除"},
}

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    ("language", "script"),
    [
        ("en", True),
        pytest.param("zh-hans", True, marks=pytest.mark.walk),
        pytest.param("en", False, marks=pytest.mark.walk),
    ],
)
def test_all_five_operations_by_hand(school, worker, open_page, language, script):
    page = open_page(language=language, script=script)
    words = WORDS[language]

    course = Course.objects.get(name="Guitar for beginners")
    visit(page, f"/admin/courses/course/{course.pk}/change/")
    page.fill("[name=name]", "Guitar for beginners, winter")
    page.locator("[data-changes-button]").click()
    expect(page.locator("ins")).to_contain_text("winter")
    assert not school.calls("classin"), "nothing is sent before the review is confirmed"
    page.locator("button[value=confirm]").click()
    until(page, newest_run(), "finished")
    course.refresh_from_db()
    assert course.name == "Guitar for beginners, winter"
    visit(page, f"/admin/courses/course/{course.pk}/history/")
    expect(page.locator("main")).to_contain_text("Lin Yue")

    file = CloudFile.objects.filter(name__endswith=".pdf").exclude(folder=None).order_by("pk")[5]
    visit(page, f"/admin/media_assets/cloudfile/{file.pk}/change/")
    page.fill("[name=name]", "Reviewed handout")
    page.locator("[data-changes-button]").click()
    page.locator("button[value=confirm]").click()
    until(page, newest_run(), "finished")
    file.refresh_from_db()
    assert file.name == "Reviewed handout.pdf"

    for kind in ("class_video", "transcoded_output", "meeting_video"):
        visit(page, f"/admin/media_assets/videoasset/?kind={kind}&o=-recorded")
        page.locator("[name=_selected_action]").nth(20).check()
        page.locator("[name=_selected_action]").nth(21).check()
        page.locator("button[value=review_deletion]").click()
        run = newest_run()
        going = run.items.filter(left_out="").count()
        assert going, f"nothing of {kind} can go: {list(run.items.values_list('left_out', flat=True))}"
        page.fill("[name=reason]", "Term is over")
        page.fill("[name=typed]", words["typed"].format(going))
        page.locator("button[value=confirm]").click()
        until(page, run, "finished")
        assert set(run.items.exclude(outcome="skipped").values_list("outcome", flat=True)) <= {
            "done",
            "already",
        }
        expect(page.locator("main")).to_contain_text(words["deleted"])
        gone = VideoAsset.objects.filter(pk__in=run.items.filter(outcome="done").values("target_id"))
        assert set(gone.values_list("presence", flat=True)) == {"deleted"}

    visit(page, "/admin/audit/record/")
    expect(page.locator("main")).to_contain_text("Lin Yue")
    assert Record.objects.filter(outcome="done").count() >= 5


def test_a_wrong_confirmation_is_told_beside_its_field(school, open_page):
    page = open_page()
    visit(page, "/admin/media_assets/videoasset/?kind=class_video")
    page.locator("[name=_selected_action]").first.check()
    page.locator("button[value=review_deletion]").click()
    page.fill("[name=reason]", "Term is over")
    page.fill("[name=typed]", "DELETE 99")
    page.locator("button[value=confirm]").click()
    expect(page.locator(".field-error")).to_contain_text("DELETE 1")
    expect(page.locator("[name=reason]")).to_have_value("Term is over")
    assert not school.calls()


def test_everything_that_matches_can_be_chosen_without_a_single_tick(school, open_page):
    page = open_page(script=False)
    visit(page, "/admin/media_assets/videoasset/?kind=meeting_video")
    page.locator("[name=select_across][value='1']").check()
    page.locator("button[value=review_deletion]").click()
    run = newest_run()
    assert run.items.count() == VideoAsset.objects.filter(kind="meeting_video").count()
    assert not school.calls()


def test_a_refusal_of_the_provider_comes_back_beside_its_field(school, worker, open_page):
    page = open_page()
    course = Course.objects.get(name="Guitar for beginners")
    visit(page, f"/admin/courses/course/{course.pk}/change/")
    page.fill("[name=folder_id]", "99999999")
    page.locator("[data-changes-button]").click()
    page.locator("button[value=confirm]").click()
    until(page, newest_run(), "finished")
    page.get_by_role("link", name=re.compile("Back to the form")).click()
    expect(page.locator("#div_id_folder_id .field-error")).to_contain_text("ClassIn 160")
    expect(page.locator("[name=folder_id]")).to_have_value("99999999")


def test_the_progress_page_updates_itself(school, worker, open_page):
    school.set_latency(120)
    page = open_page()
    visit(page, "/admin/media_assets/videoasset/?kind=class_video&o=-recorded")
    page.locator("thead [type=checkbox]").check()
    page.locator("button[value=review_deletion]").click()
    going = newest_run().items.filter(left_out="").count()
    page.fill("[name=reason]", "Term is over")
    page.fill("[name=typed]", f"DELETE {going}")
    page.locator("button[value=confirm]").click()
    expect(page.locator("main")).to_contain_text("Finished", timeout=30_000)
