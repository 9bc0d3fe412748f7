"""An edit as a person makes it in the browser: form, review, confirmation, and back to the form after a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses import mirror
from courses.models import Course
from operations.learning import Known
from operations.mirror import MirrorRow
from operations.models import Item, Run
from tests.courses.conftest import EDIT, picture, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


@pytest.fixture
def at_classin(sandbox: Any, course: Course) -> Course:
    """The course of the mirror, at the imitated ClassIn as well."""
    classin = sandbox.classin
    for uid, name in (("1001001", "Maria Ortega"), ("1001002", "Chen Yu")):
        classin.add_teacher(name, uid=uid)
    classin.add_classroom_setting("Up to 12 on stage", setting_id="235")
    classin.add_folder("School resources", folder_id="22419")
    classin.add_course(
        course.name,
        course_id=course.provider_id,
        main_teacher_uid="1001001",
        subject_id="3",
        classroom_setting_id="235",
        folder_id="22419",
    )
    return course


def url_of(course: Course) -> str:
    return reverse("admin:courses_course_do", args=[course.pk, EDIT])


def page(browser: Client, url: str, status: int = 200) -> str:
    answer = browser.get(url)
    assert answer.status_code == status
    return str(answer.content.decode())


def reviewed(browser: Client, course: Course, **values: Any) -> Run:
    """Send the form; it leads to the review and sends nothing to ClassIn."""
    answer = browser.post(url_of(course), {**shown(course), **values})
    assert answer.status_code == 302
    run = Run.objects.latest("pk")
    assert answer["Location"] == run.get_absolute_url()
    return run


def confirm(browser: Client, run: Run) -> None:
    answer = browser.post(run.get_absolute_url(), {"do": "confirm", "token": str(run.token), "reason": ""})
    assert answer.status_code == 302


def error_beside(html: str, field: str) -> str:
    found = re.search(rf'id="id_{field}_error".*?</p>', html, re.DOTALL)
    return found.group(0) if found else ""


def test_the_details_of_a_course_are_its_form_with_one_token(browser, course):
    html = page(browser, reverse("admin:courses_course_change", args=[course.pk]))
    form = html[html.index('id="edit-form"') :]
    assert form.count("csrfmiddlewaretoken") == 1
    assert 'enctype="multipart/form-data"' in html
    assert "style=" not in form


def test_the_review_shows_what_is_sent_and_sends_nothing(browser, at_classin, sandbox):
    run = reviewed(browser, at_classin, name="IELTS Writing", main_teacher_uid="1001002", stamp="2")
    html = page(browser, run.get_absolute_url())
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html))
    assert "added: Chen" in words
    assert "leaves the teacher list" in html
    assert "Also re-sent unchanged: subject, classroom setting." in html
    assert not sandbox.calls("classin")


def test_a_confirmed_edit_is_at_classin_with_its_cover(browser, at_classin, sandbox, work_off):
    run = reviewed(browser, at_classin, name="IELTS Writing", cover=picture())
    confirm(browser, run)
    work_off(run)
    (sent,) = sandbox.calls("classin")
    there = sandbox.classin.courses[at_classin.provider_id]
    at_classin.refresh_from_db()
    assert (there.name, there.cover) == ("IELTS Writing", at_classin.cover_sha256)
    assert (sent["params"]["subjectId"], sent["params"]["classroomSettingId"]) == ("3", "235")
    assert at_classin.provenance["name"]["source"] == "own_edit"


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"folder_id": "99999"}, "160", "folder_id"),
        ({"main_teacher_uid": "1001003", "stamp": "1"}, "310", "main_teacher_uid"),
        ({"classroom_setting_id": "236"}, "371", "classroom_setting_id"),
    ],
)
def test_a_refusal_comes_back_beside_its_field(
    browser: Client,
    at_classin: Course,
    work_off: Callable[..., None],
    values: dict[str, str],
    code: str,
    field: str,
) -> None:
    from tests.factories.courses import TeacherFactory

    TeacherFactory(provider_id="1001003", name="Nobody at ClassIn")
    run = reviewed(browser, at_classin, name="IELTS Writing", **values)
    confirm(browser, run)
    work_off(run)
    item = Item.objects.get(run=run)
    assert (item.outcome, item.code) == ("rejected", code)
    html = page(browser, f"{url_of(at_classin)}?item={item.pk}")
    assert f"ClassIn {code}" in error_beside(html, field)
    assert "IELTS Writing" in html
    at_classin.refresh_from_db()
    assert at_classin.name != "IELTS Writing"


def test_a_value_that_moved_on_after_the_review_stops_the_confirmation(browser, at_classin, sandbox):
    run = reviewed(browser, at_classin, name="IELTS Writing")
    Course.objects.filter(pk=at_classin.pk).update(name="Renamed by somebody else")
    answer = browser.post(run.get_absolute_url(), {"do": "confirm", "token": str(run.token), "reason": ""})
    assert answer.status_code == 422
    assert "moved on" in answer.content.decode()
    assert not sandbox.calls("classin")


def pushed(course: Course, **values: Any) -> None:
    """ClassIn tells us that somebody changed the course there."""
    known = [Known(course.provider_id, values)]
    mirror.rows_learned(Course, course.account, known, at=timezone.now(), source=MirrorRow.Source.PUSH)


def test_a_push_between_form_and_sending_is_shown_as_loaded_now_and_yours(browser, at_classin):
    posted = {**shown(at_classin), "name": "Mine"}
    pushed(at_classin, name="Theirs", introduction="Theirs as well")
    answer = browser.post(url_of(at_classin), posted)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert not Run.objects.exists()
    cards = re.findall(r'name="choice_name" value="(\w+)"( checked)?>.*?</span>([^<]+)<', html)
    assert cards == [
        ("loaded", "", at_classin.name),
        ("now", "", "Theirs"),
        ("yours", " checked", "Mine"),
    ]
    assert "choice_introduction" not in html, "what the person does not change is nobody's conflict"
    assert "Now (pushed, " in html


@pytest.mark.parametrize(("choice", "sent"), [("yours", "Mine"), ("loaded", "IELTS Speaking, autumn 2024")])
def test_what_is_chosen_in_a_conflict_goes_to_the_review(browser, at_classin, choice, sent):
    posted = {**shown(at_classin), "name": "Mine"}
    pushed(at_classin, name="Theirs")
    html = browser.post(url_of(at_classin), posted).content.decode()
    opened = re.search(r'name="opened" value="([^"]+)"', html).group(1)
    answer = browser.post(url_of(at_classin), {**posted, "opened": opened, "choice_name": choice})
    assert answer.status_code == 302
    changes = Item.objects.get().changes
    assert changes["name"] == {"before": "Theirs", "after": sent}


def test_choosing_what_is_there_now_leaves_it_alone(browser, at_classin):
    posted = {**shown(at_classin), "name": "Mine", "introduction": "Mine"}
    pushed(at_classin, name="Theirs")
    html = browser.post(url_of(at_classin), posted).content.decode()
    opened = re.search(r'name="opened" value="([^"]+)"', html).group(1)
    answer = browser.post(url_of(at_classin), {**posted, "opened": opened, "choice_name": "now"})
    assert answer.status_code == 302
    assert list(Item.objects.get().changes) == ["introduction"]


def test_a_review_says_that_a_push_overtook_it(browser, at_classin):
    run = reviewed(browser, at_classin, name="Mine")
    assert "Changed by others" not in page(browser, run.get_absolute_url())
    pushed(at_classin, name="Theirs")
    html = page(browser, run.get_absolute_url())
    assert "Changed by others since you opened the form: Course name." in html
    assert 'value="confirm"' not in html


def test_a_course_that_expired_after_the_review_is_left_out(browser, at_classin, sandbox):
    run = reviewed(browser, at_classin, name="IELTS Writing")
    Course.objects.filter(pk=at_classin.pk).update(expiry_time=1)
    browser.post(run.get_absolute_url(), {"do": "confirm", "token": str(run.token), "reason": ""})
    assert Item.objects.get(run=run).left_out == "expired"
    assert not sandbox.calls("classin")


def test_without_the_right_the_page_shows_facts_and_the_form_is_refused(browser, course, editor):
    editor.user_permissions.remove(Permission.objects.get(codename="edit_course"))
    html = page(browser, reverse("admin:courses_course_change", args=[course.pk]))
    assert 'id="edit-form"' not in html
    assert "Maria Ortega" in html
    assert browser.get(url_of(course)).status_code == 403


def test_every_tab_of_a_course_leads_to_a_list_that_knows_its_filter(browser, course):
    html = page(browser, reverse("admin:courses_course_change", args=[course.pk]))
    links = set(re.findall(r'href="(/[^"]*(?:courseclass|videoasset|cloudfile)/\?[^"]*)"', html))
    assert len(links) == 3
    for link in links:
        assert "has no filter called" not in page(browser, link.replace("&amp;", "&"))
