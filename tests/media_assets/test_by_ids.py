"""Choosing videos by provider ids: what is found goes into one plan, what is not is said and stays with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.actors import Actor
from audit.models import Record
from media_assets.admin import VideoAssetAdmin
from media_assets.models import VideoAsset
from operations import selecting
from operations.models import Item, Run, SelectedId, Selection
from operations.registry import registry
from tests.factories.media_assets import (
    LessonFactory,
    MeetingVideoFactory,
    TranscodedOutputFactory,
    VideoAssetFactory,
)
from tests.factories.operations import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

BY_IDS = "admin:media_assets_videoasset_by_ids"
FOUND = "admin:media_assets_videoasset_by_ids_found"
PRESS = {"action": "review_deletion"}


@pytest.fixture
def browser(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def staged(person: User, *ids: str) -> Selection:
    how = VideoAssetAdmin.by_ids
    assert how is not None
    return selecting.stage(VideoAsset, ids, how, actor=Actor.person(person, via="test"), user=person)


def counts(selection: Selection) -> tuple[int, int, int, int]:
    return selection.found, selection.unknown, selection.ambiguous, selection.doubled


def targets(run: Run) -> set[int]:
    return set(Item.objects.filter(run=run).values_list("target_id", flat=True))


# What ids stand for


def test_ids_of_all_kinds_are_found_and_the_rest_is_counted(person: User) -> None:
    rows = [VideoAssetFactory(), TranscodedOutputFactory(), MeetingVideoFactory()]
    VideoAssetFactory()
    selection = staged(person, *(row.provider_id for row in rows), "nobody", rows[0].provider_id)
    assert counts(selection) == (3, 1, 0, 1)
    assert set(selecting.rows_of(selection, VideoAsset)) == set(rows)


def test_an_output_is_known_by_its_path_its_address_and_what_the_list_shows(person: User) -> None:
    output = TranscodedOutputFactory()
    last = output.provider_id.rpartition("/")[2]
    address = output.product_url
    for one in (output.provider_id, last, address, f"{address}?auth_key=1-0"):
        assert counts(staged(person, one)) == (1, 0, 0, 0), one
    assert counts(staged(person, output.provider_id, last, address)) == (1, 0, 0, 2)


def test_the_last_part_that_two_outputs_share_is_not_guessed(person: User) -> None:
    for folder in "ab":
        TranscodedOutputFactory(provider_id=f"/{folder}/same.mp4")
    assert counts(staged(person, "same.mp4")) == (0, 0, 1, 0)


def test_an_id_at_two_accounts_is_reported_and_not_guessed(person: User) -> None:
    VideoAssetFactory(provider_id="77")
    VideoAssetFactory(provider_id="77", account=AccountFactory(name="east"))
    sure = VideoAssetFactory(provider_id="78")
    selection = staged(person, "77", "78")
    assert counts(selection) == (1, 0, 1, 0)
    assert list(selecting.rows_of(selection, VideoAsset)) == [sure]
    assert "2 things have it" in selecting.why_not(SelectedId.objects.get(text="77"))


def test_a_part_of_an_id_or_another_case_is_another_id(person: User) -> None:
    MeetingVideoFactory(provider_id="4c512b8a-c1ad")
    assert counts(staged(person, "4C512B8A-C1AD", "4c512b8a", "4c512b8a-c1ad%", "")) == (0, 4, 0, 0)


def test_looking_up_is_recorded_and_touches_nothing_else(person: User) -> None:
    VideoAssetFactory(provider_id="77")
    staged(person, "77", "78")
    record = Record.objects.get()
    assert record.action == "operations.selection.made"
    assert record.details == {"count": 2, "found": 1, "unknown": 1, "ambiguous": 0, "source": ""}
    assert not Run.objects.exists()


def test_a_list_without_a_plan_is_forgotten_after_a_day(person: User) -> None:
    VideoAssetFactory(provider_id="77")
    old, fresh, planned = staged(person, "77"), staged(person, "77"), staged(person, "77")
    actor = Actor.person(person, via="test")
    operations = [registry["media_assets.class_video.delete"]]
    selecting.plan_selection(planned, operations, VideoAsset, actor=actor, user=person)
    past = timezone.now() - timedelta(days=1, minutes=1)
    Selection.objects.filter(pk__in=[old.pk, planned.pk]).update(made_at=past)
    newest = staged(person, "77")
    assert set(Selection.objects.values_list("pk", flat=True)) == {fresh.pk, planned.pk, newest.pk}
    assert not SelectedId.objects.filter(selection_id=old.pk).exists()


def test_thousands_of_ids_take_few_statements(person: User) -> None:
    lesson = LessonFactory()
    VideoAsset.objects.bulk_create(
        VideoAsset(
            account=lesson.account,
            provider_id=str(5_000_000 + number),
            kind=VideoAsset.Kind.CLASS_VIDEO,
            title=f"Part {number}",
            course_class=lesson,
        )
        for number in range(4_000)
    )
    with CaptureQueriesContext(connection) as queries:
        selection = staged(person, *(str(5_000_000 + number) for number in range(5_000)))
    assert counts(selection) == (4_000, 1_000, 0, 0)
    assert len(queries) < 40
    with CaptureQueriesContext(connection) as queries:
        run = selecting.plan_selection(
            selection,
            [registry["media_assets.class_video.delete"]],
            VideoAsset,
            actor=Actor.person(person, via="test"),
            user=person,
        )
    assert len(queries) < 25
    assert Item.objects.filter(run=run).count() == 4_000


# The pages


def test_the_list_leads_there_and_get_changes_nothing(browser: Client) -> None:
    VideoAssetFactory()
    page = browser.get(reverse("admin:media_assets_videoasset_changelist")).content.decode()
    assert f'href="{reverse(BY_IDS)}"' in page
    assert "Select by IDs…" in page
    assert browser.get(reverse(BY_IDS), {"pasted": "1"}).status_code == 200
    assert not Selection.objects.exists()


def test_pasted_ids_and_a_file_become_one_plan_of_three_kinds(browser: Client, person: User) -> None:
    clip, output, meeting = VideoAssetFactory(), TranscodedOutputFactory(), MeetingVideoFactory()
    file = SimpleUploadedFile(
        "旧.csv", f"编号,名称\n{meeting.provider_id},会议\nlost-1,无\n".encode("gb18030")
    )
    answer = browser.post(
        reverse(BY_IDS), {"pasted": f"{clip.provider_id}，{output.provider_id}\nlost-2", "file": file}
    )
    selection = Selection.objects.get()
    assert answer["Location"] == reverse(FOUND, args=[selection.pk])
    page = browser.get(answer["Location"]).content.decode()
    for words in (
        "3 found",
        "Class video",
        "Transcoded output",
        "Meeting video",
        "lost-1",
        "lost-2",
        "旧.csv",
    ):
        assert words in page, words
    made = browser.post(answer["Location"], PRESS)
    run = Run.objects.get()
    assert made["Location"] == run.get_absolute_url()
    assert targets(run) == {clip.pk, output.pk, meeting.pk}
    assert run.filter_words == "5 IDs from “旧.csv and pasted”, 2 unknown"


def test_a_second_press_makes_no_second_plan(browser: Client, person: User) -> None:
    selection = staged(person, VideoAssetFactory().provider_id)
    url = reverse(FOUND, args=[selection.pk])
    first, second = browser.post(url, PRESS), browser.post(url, PRESS)
    assert first["Location"] == second["Location"] == Run.objects.get().get_absolute_url()
    assert browser.get(url)["Location"] == first["Location"]


def test_unknown_ids_are_seen_at_the_preview_and_in_its_csv(browser: Client, person: User) -> None:
    selection = staged(person, VideoAssetFactory().provider_id, "lost-1", "=lost()")
    url = browser.post(reverse(FOUND, args=[selection.pk]), PRESS)["Location"]
    page = browser.get(url).content.decode()
    assert "IDs that are in no plan" in page
    assert "lost-1" in page
    run = Run.objects.get()
    lines = b"".join(browser.get(reverse("admin:operations_run_csv", args=[run.pk]))).decode()  # type: ignore[arg-type]
    assert ",,lost-1,,,Unknown here,," in lines
    assert "'=lost()" in lines


def test_of_many_unknown_ids_the_first_fifty_are_named_and_all_are_in_the_csv(
    browser: Client, person: User
) -> None:
    selection = staged(person, *(f"lost-{number:03}" for number in range(60)))
    page = browser.get(reverse(FOUND, args=[selection.pk])).content.decode()
    assert "lost-049" in page
    assert "lost-050" not in page
    assert "and 10 more" in page
    assert "None of these IDs is known here" in page
    csv_url = reverse("admin:media_assets_videoasset_by_ids_csv", args=[selection.pk])
    assert b"".join(browser.get(csv_url)).decode().count("lost-") == 60  # type: ignore[arg-type]


def test_nothing_found_makes_no_plan(browser: Client, person: User) -> None:
    selection = staged(person, "lost")
    url = reverse(FOUND, args=[selection.pk])
    assert browser.post(url, PRESS)["Location"] == url
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({}, "pasted", "Paste IDs, or choose a file"),
        ({"pasted": " \n "}, "pasted", "Paste IDs, or choose a file"),
        ({"file": b""}, "file", "There is no ID in it"),
        ({"file": b"name,size\na,1\n"}, "file", "No column is headed"),
        ({"file": b"1" * (2 * 1024 * 1024 + 1)}, "file", "larger than 2 MB"),
        ({"pasted": "7 " * 100_001}, "pasted", "100,001 IDs, 100,000 at most"),
    ],
)
def test_what_is_no_list_is_said_beside_its_field(
    browser: Client, sent: dict[str, str | bytes], field: str, said: str
) -> None:
    data = {
        name: SimpleUploadedFile("x.csv", value) if isinstance(value, bytes) else value
        for name, value in sent.items()
    }
    answer = browser.post(reverse(BY_IDS), data)
    assert answer.status_code == 422
    assert said in answer.context["form"].errors[field][0]
    assert answer.content.decode().count(said) == 2
    assert not Selection.objects.exists()


def test_somebody_elses_list_is_not_shown_or_planned(browser: Client, person: User) -> None:
    other = User.objects.create_user("other")
    selection = staged(other, VideoAssetFactory().provider_id)
    url = reverse(FOUND, args=[selection.pk])
    assert browser.get(url)["Location"] == reverse(BY_IDS)
    assert browser.post(url, PRESS)["Location"] == reverse(BY_IDS)
    assert browser.get(f"{url}unknown.csv").status_code == 404
    assert not Run.objects.exists()


@pytest.mark.parametrize("lost", ["view_videoasset", "delete_"])
def test_without_the_right_there_is_no_page_and_the_refusal_is_kept(
    client: Client, person: User, lost: str
) -> None:
    selection = staged(person, VideoAssetFactory().provider_id)
    person.user_permissions.remove(*person.user_permissions.filter(codename__startswith=lost))
    client.force_login(User.objects.get(pk=person.pk))
    for url in (reverse(BY_IDS), reverse(FOUND, args=[selection.pk])):
        assert client.get(url).status_code == 403
        assert client.post(url, PRESS).status_code == 403
    assert Record.objects.filter(outcome="denied").count() == 4
    assert not Run.objects.exists()


def test_a_button_that_does_not_exist_makes_no_plan(browser: Client, person: User) -> None:
    selection = staged(person, VideoAssetFactory().provider_id)
    for action in ("", "delete_selected", "place_hold"):
        assert browser.post(reverse(FOUND, args=[selection.pk]), {"action": action}).status_code in (302, 403)
    assert not Run.objects.exists()
