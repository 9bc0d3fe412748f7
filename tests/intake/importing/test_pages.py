"""The pages of imports: upload, columns, dry run, apply; what is wrong stands beside its field."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from courses.models import Course
from intake.importing import receive
from intake.importing.work import AT_ONCE
from intake.models import Import
from tests.factories.courses import CourseFactory
from tests.factories.intake import COURSES, applied, checked, csv_file, uploaded, worked_off
from tests.factories.operations import AccountFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
NEW = reverse("admin:intake_import_new")


def sent(browser: Client, content: bytes, **more: Any) -> Any:
    data = {"account": AccountFactory().pk, "kind": "courses", "at": "", **more}
    return browser.post(NEW, {**data, "file": SimpleUploadedFile("list.csv", content)})


def test_the_whole_way_by_forms_alone(browser: Client):
    content = "课程ID,课程名称,颜色\n1001,光学,red\nx,坏,red\n".encode("gb18030")
    page = browser.get(sent(browser, content)["Location"])
    one = Import.objects.get()
    assert b"2 of 3 headings are known" in page.content
    url = one.get_absolute_url()
    browser.post(url, {"do": "columns", "column_0": "id", "column_1": "name", "column_2": ""})
    page = browser.get(url)
    assert "data-progress" in page.content.decode()
    assert page.context["sentence"].startswith("Courses of ClassIn")
    worked_off(one)
    page = browser.get(url)
    assert "no ID of ClassIn" in page.content.decode()
    browser.post(url, {"do": "apply", "token": page.context["one"].token})
    worked_off(one)
    assert Course.objects.get().name == "光学"
    assert "Applied by" in browser.get(url).content.decode()


@pytest.mark.parametrize(
    ("content", "field", "said"),
    [
        (b"", "file", "This file is empty."),
        (b"ID,Name\n", "file", "There is no row below the headings."),
        (b"\x89PNG\x00\xff\xff", "file", "no text file"),
        (b"PK\x03\x04zip", "file", "no Excel workbook"),
    ],
)
def test_a_bad_file_is_told_beside_the_field_and_keeps_nothing(
    browser: Client, content: bytes, field: str, said: str
):
    answer = sent(browser, content)
    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors[field])
    assert not Import.objects.exists()


def test_a_file_beyond_the_bound_is_told(browser: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(receive, "MOST_BYTES", 10)
    assert "larger" in str(sent(browser, b"ID,Name\n1,Optics\n").context["form"].errors["file"])


def test_a_date_of_the_future_is_told_beside_its_field(browser: Client):
    answer = sent(browser, b"ID,Name\n1,A\n", at="2099-01-01T08:00")
    assert "future" in str(answer.context["form"].errors["at"])


def test_two_headings_for_one_column_are_told_beside_the_second(browser: Client, person: User):
    one = uploaded(csv_file([COURSES[:2], ["1", "A"]]), person)
    answer = browser.post(one.get_absolute_url(), {"do": "columns", "column_0": "id", "column_1": "id"})
    assert answer.status_code == 422
    assert "stands for this already" in str(answer.context["form"].errors["column_1"])


def test_a_column_that_is_needed_and_lacking_is_named(browser: Client, person: User):
    one = uploaded(csv_file([COURSES[:2], ["1", "A"]]), person)
    answer = browser.post(one.get_absolute_url(), {"do": "columns", "column_0": "id", "column_1": ""})
    assert answer.status_code == 422
    assert "course name" in answer.content.decode()


def test_the_dry_run_shows_rows_by_result_with_now_and_the_file(browser: Client, person: User):
    CourseFactory(provider_id="1", name="Waves", main_teacher_name="", status="unknown")
    one = checked(csv_file([COURSES[:2], ["1", "Optics"], ["2", "New one"], ["y", "Bad"]]), person)
    url = one.get_absolute_url()
    changed = browser.get(f"{url}?show=changed").content.decode()
    assert "Waves" in changed
    assert "Optics" in changed
    assert "New one" not in changed
    assert "New one" in browser.get(f"{url}?show=new").content.decode()
    assert "Bad" in browser.get(url).content.decode()


def test_pages_of_rows_follow_each_other(browser: Client, person: User):
    one = checked(csv_file([COURSES[:2], *([str(n), f"C{n}"] for n in range(1, 61))]), person)
    first = browser.get(f"{one.get_absolute_url()}?show=new")
    assert len(first.context["lines"]) == 50
    rest = browser.get(f"{one.get_absolute_url()}?{first.context['next_query']}")
    assert len(rest.context["lines"]) == 10
    assert AT_ONCE > 60


def test_a_viewer_sees_and_presses_nothing(client: Client, person: User):
    one = checked(csv_file([COURSES[:2], ["1", "A"]]), person)
    client.force_login(UserFactory(roles=["Viewer"]), backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(one.get_absolute_url())
    assert page.status_code == 200
    assert 'value="apply"' not in page.content.decode()
    assert client.get(NEW).status_code == 403
    assert client.post(one.get_absolute_url(), {"do": "apply", "token": one.token}).status_code == 403


def test_editors_and_owners_may_import():
    may = {
        role
        for role in ("Viewer", "Editor", "Deleter", "Approver", "Auditor", "Owner")
        if UserFactory(roles=[role]).has_perm("intake.import_mirror")
    }
    assert may == {"Editor", "Owner"}


def test_the_chinese_page_says_it_in_chinese_where_the_worker_spoke_english(browser: Client, person: User):
    one = checked(csv_file([COURSES, ["1", "A", "odd", ""]]), person)
    browser.cookies["django_language"] = "zh-hans"
    assert "未开始" in browser.get(one.get_absolute_url()).content.decode()


@pytest.mark.parametrize("state", ["uploaded", "checked", "applied"])
def test_each_state_has_its_page_and_a_line_in_the_list(browser: Client, person: User, state: str):
    make = {"uploaded": uploaded, "checked": checked, "applied": applied}[state]
    one = make(csv_file([COURSES[:2], ["1", "A"]]), person)
    assert browser.get(one.get_absolute_url()).status_code == 200
    assert one.file_name in browser.get(reverse("admin:intake_import_changelist")).content.decode()
