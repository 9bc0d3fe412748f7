"""The library's lists: what they show, what they can be narrowed by, and that rows cost no queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from media_assets.models import VideoAsset
from operations.models import Hold, Item, Run
from tests.factories.media_assets import (
    CloudFileFactory,
    CloudFolderFactory,
    MeetingVideoFactory,
    SignPackageFactory,
    TranscodedOutputFactory,
    VideoAssetFactory,
    VodTemplateGroupFactory,
)
from tests.factories.operations import plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

VIDEOS = "admin:media_assets_videoasset_changelist"


@pytest.fixture
def browser(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def _page(browser: Client, query: str = "", name: str = VIDEOS) -> str:
    answer = browser.get(f"{reverse(name)}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def _queries(browser: Client, name: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        _page(browser, name=name)
    return len(queries)


def _some_videos() -> None:
    held = VideoAssetFactory(course_class__locked=True)
    placer = User.objects.get(username="lin.yue")
    Hold.objects.create(
        target_kind="media_assets.videoasset",
        target_id=held.pk,
        target_label="x",
        reason="Appeal",
        placed_by=placer,
    )
    TranscodedOutputFactory(template_group__asset__source_present=False)
    MeetingVideoFactory(retained=True)
    VideoAssetFactory(gone=True)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        (VIDEOS, _some_videos),
        ("admin:media_assets_cloudfile_changelist", CloudFileFactory),
        ("admin:media_assets_cloudfolder_changelist", CloudFolderFactory),
        ("admin:media_assets_vodasset_changelist", TranscodedOutputFactory),
        ("admin:media_assets_vodtemplategroup_changelist", TranscodedOutputFactory),
        ("admin:media_assets_signpackage_changelist", MeetingVideoFactory),
    ],
)
def test_a_list_asks_the_database_as_often_for_many_rows_as_for_one(
    browser: Client, name: str, make: Callable[[], Any]
) -> None:
    make()
    _page(browser, name=name)
    few = _queries(browser, name)
    for _number in range(8):
        make()
    assert _queries(browser, name) == few


def test_the_notes_of_a_page_take_two_queries(browser: Client, person: User) -> None:
    _some_videos()
    plan("media_assets.meeting_video.delete", VideoAsset.objects.filter(kind="meeting_video"), person)
    with CaptureQueriesContext(connection) as queries:
        _page(browser)
    sql = [query["sql"] for query in queries]
    assert sum('FROM "operations_hold"' in one for one in sql) == 1
    of_videos = [
        one for one in sql if '"operations_item"."target_kind"' in one and 'FROM "operations_item"' in one
    ]
    assert len(of_videos) == 1


def test_all_kinds_are_in_one_list_and_each_in_its_tab(browser: Client) -> None:
    clip, output, meeting = (
        VideoAssetFactory(title="Rotating frames"),
        TranscodedOutputFactory(title="Recap, HD MP4"),
        MeetingVideoFactory(title="Contract"),
    )
    every = _page(browser)
    assert all(str(video) in every for video in (clip, output, meeting))
    tab = _page(browser, "?kind=transcoded_output")
    assert "Recap, HD MP4" in tab
    assert "Rotating frames" not in tab


def test_a_row_says_what_keeps_it(browser: Client, person: User) -> None:
    _some_videos()
    planned = VideoAssetFactory()
    run = plan("media_assets.class_video.delete", VideoAsset.objects.filter(pk=planned.pk), person)
    page = _page(browser)
    for words in (
        "On hold",
        "Appeal",
        "Locked at ClassIn",
        "Source is gone",
        "Kept until",
        "Deleted",
        f"In {run}",
    ):
        assert words in page, words


def test_a_container_says_that_a_video_in_it_is_on_hold(browser: Client, person: User) -> None:
    video = MeetingVideoFactory()
    Hold.objects.create(
        target_kind="media_assets.videoasset",
        target_id=video.pk,
        target_label="x",
        reason="Appeal",
        placed_by=person,
    )
    assert "A video in it is on hold" in _page(browser, name="admin:media_assets_signpackage_changelist")


def test_the_usual_row_has_no_note(browser: Client) -> None:
    VideoAssetFactory()
    assert "cell-notes" not in _page(browser)


def test_a_plan_that_is_too_old_or_that_leaves_the_row_out_is_no_note(browser: Client, person: User) -> None:
    video = VideoAssetFactory()
    run = plan("media_assets.class_video.delete", VideoAsset.objects.filter(pk=video.pk), person)
    Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(days=1))
    assert f"In {run}" not in _page(browser)
    Run.objects.filter(pk=run.pk).update(created_at=timezone.now())
    assert f"In {run}" in _page(browser)
    Item.objects.filter(run=run).update(left_out="unticked")
    assert f"In {run}" not in _page(browser)


@pytest.mark.parametrize(
    "query",
    [
        "?recorded_before={old}",
        "?size_min=1000",
        "?course={course}",
        "?lesson=special",
        "?course_class={lesson}",
        "?account={account}&q=Wanted",
        "?presence=missing",
        "?held=true",
        "?planned=true",
        "?q=wanted",
        "?q=12345678",
    ],
)
def test_the_list_is_narrowed_by_its_address(browser: Client, person: User, query: str) -> None:
    VideoAssetFactory(title="Other")
    wanted = VideoAssetFactory(
        title="Wanted",
        provider_id="12345678",
        recorded_at=timezone.now() - timedelta(days=400),
        size_bytes=2_000_000_000,
        course_class__name="A special lesson",
        presence="missing" if "missing" in query else "present",
    )
    if "held" in query:
        Hold.objects.create(
            target_kind="courses.course",
            target_id=wanted.course_class.course_id,
            target_label="x",
            reason="Appeal",
            placed_by=person,
        )
    if "planned" in query:
        plan("media_assets.class_video.delete", VideoAsset.objects.filter(pk=wanted.pk), person)
    values = {
        "old": (timezone.now() - timedelta(days=300)).date().isoformat(),
        "course": wanted.course_class.course_id,
        "lesson": wanted.course_class_id,
        "account": wanted.account_id,
    }
    page = _page(browser, query.format(**values))
    assert "Wanted" in page
    assert "Other" not in page


def test_what_is_not_held_or_planned_can_be_asked_for_too(browser: Client) -> None:
    VideoAssetFactory(title="Free")
    assert "Free" in _page(browser, "?held=false&planned=false")
    assert "Free" not in _page(browser, "?held=true")


def test_words_of_syngrafii_are_translated_and_new_ones_shown_as_they_came(browser: Client) -> None:
    SignPackageFactory(package_state="executed", package_type="Live Session", name="One")
    SignPackageFactory(package_state="frozen", package_type="hologram", name="Two")
    name = "admin:media_assets_signpackage_changelist"
    page = _page(browser, name=name)
    assert all(words in page for words in ("Signed", "Live session", "frozen", "hologram"))
    narrowed = _page(browser, "?package_state=executed", name=name)
    assert "One" in narrowed
    assert "Two" not in narrowed


def test_a_long_file_name_is_shortened_in_the_list_and_whole_on_its_page(browser: Client) -> None:
    long = "b762feb514419b72f066658cde4a6377_1_1_1920X1080_3000_0.m3u8"
    output = TranscodedOutputFactory(provider_id=f"/asset/{long}")
    assert long not in _page(browser)
    assert "b762feb514419b72f0…1080_3000_0.m3u8" in _page(browser)
    url = reverse("admin:media_assets_videoasset_change", args=[output.pk])
    assert long in browser.get(url).content.decode()


def test_filters_for_links_have_no_button(browser: Client) -> None:
    page = _page(browser, f"?package={MeetingVideoFactory().package_id}")
    assert "Media asset</" not in page.split("<table")[0]


def test_one_selection_of_all_kinds_becomes_one_plan(browser: Client) -> None:
    rows = [VideoAssetFactory(), TranscodedOutputFactory(), MeetingVideoFactory()]
    answer = browser.post(
        reverse(VIDEOS),
        {"action": "review_deletion", "select_across": "0", "_selected_action": [row.pk for row in rows]},
    )
    run = Run.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == run.get_absolute_url()
    assert {item.operation for item in Item.objects.filter(run=run)} == {
        "media_assets.class_video.delete",
        "media_assets.transcoded_output.delete",
        "media_assets.meeting_video.delete",
    }
    assert set(Item.objects.filter(run=run).values_list("left_out", flat=True)) == {""}


@pytest.mark.parametrize(
    ("name", "action", "make"),
    [
        ("admin:media_assets_vodtemplategroup_changelist", "delete_groups", TranscodedOutputFactory),
        ("admin:media_assets_signpackage_changelist", "delete_videos", MeetingVideoFactory),
    ],
)
def test_containers_have_a_button_of_their_own(browser: Client, name: str, action: str, make: Any) -> None:
    video = make()
    container = video.template_group or video.package
    page = _page(browser, name=name)
    assert f'value="{action}"' in page
    browser.post(reverse(name), {"action": action, "select_across": "0", "_selected_action": [container.pk]})
    assert Item.objects.get().target_id == container.pk


def test_without_the_right_there_is_no_button(client: Client, person: User) -> None:
    VideoAssetFactory()
    for codename in ("delete_class_video", "delete_transcoded_output", "delete_meeting_video"):
        person.user_permissions.remove(person.user_permissions.get(codename=codename))
    client.force_login(User.objects.get(pk=person.pk))
    assert "review_deletion" not in _page(client)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("videoasset", VideoAssetFactory),
        ("videoasset", TranscodedOutputFactory),
        ("videoasset", MeetingVideoFactory),
        ("cloudfile", CloudFileFactory),
        ("vodasset", lambda: TranscodedOutputFactory().template_group.asset),
        ("vodtemplategroup", VodTemplateGroupFactory),
        ("signpackage", SignPackageFactory),
    ],
)
def test_every_row_has_a_page(browser: Client, name: str, make: Callable[[], Any]) -> None:
    row = make()
    answer = browser.get(reverse(f"admin:media_assets_{name}_change", args=[row.pk]))
    assert answer.status_code == 200
    assert row.provider_id in answer.content.decode()


def test_the_page_of_a_file_is_its_form_and_leads_to_the_review(browser: Client) -> None:
    file = CloudFileFactory(name="Old.pdf")
    page = browser.get(reverse("admin:media_assets_cloudfile_change", args=[file.pk])).content.decode()
    assert 'name="change_extension"' in page
    url = reverse("admin:media_assets_cloudfile_do", args=[file.pk, "media_assets.cloud_file.rename"])
    assert "needs the tick" not in page
    refused = browser.post(url, {"name": "New.doc"})
    assert refused.status_code == 422
    assert "To change it, tick" in refused.content.decode()
    answer = browser.post(url, {"name": "New"})
    assert answer.status_code == 302
    assert Item.objects.get().params == {"fileName": "New.pdf"}
    file.refresh_from_db()
    assert file.name == "Old.pdf"
    review = browser.get(answer["Location"]).content.decode()
    assert "Old.pdf" in review
    assert "New.pdf" in review
