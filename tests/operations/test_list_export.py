"""Every list that can be taken along: its rows and no others, as texts, guarded, recorded, in flat pages."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from audit.models import Record
from courses.models import Course
from intake.models import PushMessage, Reading
from media_assets.models import RetentionProposal, VideoAsset
from operations import exporting
from operations.export_admin import ExportableAdmin
from operations.models import Account, Hold, Run
from screens.model_admin import ScreenAdmin
from tests.contracts.targets import TARGETS
from tests.factories.courses import CourseClassFactory, CourseFactory
from tests.factories.intake import checked, csv_file
from tests.factories.media_assets import VideoAssetFactory
from tests.factories.operations import AccountFactory, confirmed, plan
from tests.factories.people import SuperuserFactory, UserFactory
from tests.factories.retention import rule

pytestmark = pytest.mark.django_db

LISTS = sorted(
    (screen for screen in admin.site._registry.values() if isinstance(screen, ExportableAdmin)),
    key=lambda screen: screen.opts.label_lower,
)
DELETE = "media_assets.class_video.delete"
COURSES = reverse("admin:courses_course_export")
VIDEOS = reverse("admin:media_assets_videoasset_export")


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(SuperuserFactory(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def content(browser: Client, url: str, do: str) -> bytes:
    answer = browser.post(url, {"do": do})
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def as_csv(browser: Client, url: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content(browser, url, "csv").decode("utf-8-sig"))))


def as_sheet(browser: Client, url: str) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(content(browser, url, "xlsx")))
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]


def export_of(screen: ExportableAdmin) -> str:
    return reverse(f"admin:{screen.opts.app_label}_{screen.opts.model_name}_export")


def test_every_list_of_ours_can_be_taken_along_and_the_log_has_an_export_of_its_own():
    lists = {
        screen.opts.label_lower for screen in admin.site._registry.values() if isinstance(screen, ScreenAdmin)
    }
    assert lists == {screen.opts.label_lower for screen in LISTS if screen.export_columns}
    assert reverse("admin:audit_record_exports")


@pytest.mark.parametrize("screen", LISTS, ids=lambda screen: screen.opts.label_lower)
def test_both_formats_say_the_same(browser: Client, sandbox: Any, all_rows: None, screen: ExportableAdmin):
    lines = as_csv(browser, export_of(screen))
    sheet = as_sheet(browser, export_of(screen))
    assert len(lines) - 1 == screen.get_queryset(browser.get("/admin/").wsgi_request).count() > 0
    assert [["" if cell is None else str(cell) for cell in row] for row in sheet] == [
        [cell.removeprefix("'") for cell in line] for line in lines
    ]


@pytest.fixture
def all_rows(sandbox: Any, all_accounts: None, browser: Client) -> None:
    for target in TARGETS.values():
        target.make(sandbox)
    person, now = SuperuserFactory(), timezone.now()
    video = VideoAsset.objects.filter(kind="class_video")
    over = confirmed(plan(DELETE, video, person), person)
    Run.objects.filter(pk=over.pk).update(state="cancelled", ended_at=now)
    Hold.objects.create(
        target_kind="media_assets.videoasset",
        target_id=video[0].pk,
        target_label="x",
        reason="Appeal",
        placed_by=person,
    )
    RetentionProposal.objects.create(
        rule=rule(), day=now.date(), notice_days=7, announced_at=now, due_at=now, count=3, size_bytes=2048
    )
    account = Account.objects.filter(provider="classin")[0]
    Reading.objects.create(account=account, state="finished", counts={"courses.course": {"new": 3}})
    PushMessage.objects.create(account=account, cmd="Record", file_id="4711", size_bytes=9, body={})
    checked(csv_file([("课程ID", "课程名称"), ("771001", "Optics")]), person)


@pytest.fixture
def all_accounts(db: None) -> None:
    for provider in ("classin", "huawei_vod", "syngrafii"):
        AccountFactory(provider=provider)


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x.example","x")']


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_is_a_formula_in_either_file(browser: Client, text: str):
    CourseFactory(name=text)
    name = as_csv(browser, COURSES)[1][1]
    assert name == f"'{text}"
    book = content(browser, COURSES, "xlsx")
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        for part in archive.namelist():
            assert b"<f>" not in archive.read(part)
            assert b"<hyperlink" not in archive.read(part)
    assert load_workbook(io.BytesIO(book)).worksheets[0]["B2"].value == text


def test_ids_are_texts_sizes_are_numbers_and_times_are_iso_with_the_offset(browser: Client):
    at = timezone.make_aware(timezone.datetime(2026, 3, 2, 8, 30))  # type: ignore[attr-defined]
    VideoAssetFactory(
        provider_id="00123456789012345678", size_bytes=746_000_000, recorded_at=at, duration_seconds=3840
    )
    head, row = as_sheet(browser, VIDEOS)
    cells = dict(zip(head, row, strict=True))
    assert cells["Video ID"] == "00123456789012345678"
    assert (cells["Size (B)"], cells["Size"]) == (746_000_000, "746 MB")
    assert (cells["Length (s)"], cells["Length"]) == (3840, "1 h 04 min")
    assert cells["Recorded"] == "2026-03-02T08:30:00+08:00"


def test_the_head_is_in_the_readers_language(browser: Client):
    CourseFactory()
    browser.cookies["django_language"] = "zh-hans"
    assert "状态" in as_csv(browser, COURSES)[0]


def test_signs_that_no_workbook_holds_are_replaced(browser: Client):
    CourseFactory(name="a\x08b")
    assert as_sheet(browser, COURSES)[1][1] == "a\ufffdb"


def test_a_filter_that_is_not_understood_exports_nothing(browser: Client):
    CourseFactory()
    before = Record.objects.count()
    for url in (f"{COURSES}?nonsense=1", f"{COURSES}?status=gone"):
        answer = browser.post(url, {"do": "csv"})
        assert answer.status_code == 422
        assert b"nothing is exported" in answer.content
    assert Record.objects.count() == before


def test_the_page_says_what_will_be_in_the_file_and_the_file_where_it_is_from(browser: Client):
    CourseFactory(status=Course.Status.RUNNING)
    page = browser.get(f"{COURSES}?status=running&q=IELTS").content.decode()
    assert "Running" in page
    assert "IELTS" in page
    answer = browser.post(f"{COURSES}?status=running&q=IELTS", {"do": "xlsx"})
    assert "courses-Running-IELTS-" in answer["Content-Disposition"]
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    about = {row[0]: row[1] for row in book.worksheets[-1].iter_rows(values_only=True)}
    assert about["Status"] == "Running"
    assert about["Search"] == "IELTS"
    assert about["Rows"] == "1"


def test_an_export_is_recorded_before_its_first_byte_and_counted_behind_its_last(browser: Client):
    CourseFactory.create_batch(3, status=Course.Status.RUNNING)
    answer = browser.post(f"{COURSES}?status=running", {"do": "csv"})
    started = Record.objects.get(action="operations.rows.exported")
    assert started.details == {
        "list": "courses.course",
        "format": "csv",
        "filter": "Running",
        "query": "status=running",
    }
    assert not Record.objects.filter(action="operations.rows.export_finished").exists()
    b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert Record.objects.get(action="operations.rows.export_finished").details["count"] == 3


def test_a_download_that_breaks_off_is_not_called_finished(browser: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    CourseFactory.create_batch(5)
    answer = browser.post(COURSES, {"do": "csv"})
    next(iter(answer.streaming_content))  # type: ignore[attr-defined]
    assert Record.objects.filter(action="operations.rows.exported").count() == 1
    assert not Record.objects.filter(action="operations.rows.export_finished").exists()


def test_who_may_not_see_the_list_gets_no_file(client: Client):
    CourseFactory()
    stranger = UserFactory(permissions=["media_assets.view_videoasset"])
    client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    for answer in (client.get(COURSES), client.post(COURSES, {"do": "csv"})):
        assert answer.status_code == 403
    assert Record.objects.filter(outcome="denied").count() == 2
    assert not Record.objects.filter(action__startswith="operations.rows").exists()


def test_looking_at_the_page_records_nothing(browser: Client):
    before = Record.objects.count()
    assert browser.get(COURSES).status_code == 200
    assert Record.objects.count() == before


@pytest.mark.parametrize("screen", LISTS, ids=lambda screen: screen.opts.label_lower)
def test_a_page_of_rows_costs_the_same_number_of_statements(
    browser: Client, sandbox: Any, all_rows: None, screen: ExportableAdmin
):
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            content(browser, export_of(screen), "csv")
        return len(asked)

    statements()
    few = statements()
    for target in TARGETS.values():
        target.make(sandbox)
    assert statements() == few


def test_pages_of_the_walk_lose_and_double_nothing(browser: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 3)
    course = CourseFactory()
    lessons = CourseClassFactory.create_batch(10, course=course)
    CourseClassFactory.create_batch(5, course=course, begin_at=None)
    ids = [line[0] for line in as_csv(browser, reverse("admin:courses_courseclass_export"))[1:]]
    assert len(ids) == len(set(ids)) == 15
    assert set(ids[:10]) == {lesson.provider_id for lesson in lessons}


def test_a_list_too_long_for_one_sheet_goes_on_in_the_next(browser: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exporting, "MOST_ROWS_A_SHEET", 2)
    CourseFactory.create_batch(5)
    book = load_workbook(io.BytesIO(content(browser, COURSES, "xlsx")))
    assert [sheet.max_row for sheet in book.worksheets[:-1]] == [3, 3, 2]
