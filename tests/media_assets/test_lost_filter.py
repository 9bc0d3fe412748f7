"""The lost filter of NetBox (#7058, #9499, #12184, #20375, #20436): "all that match" acted on more than the list showed.

Every filter, tab, search and ordering of the list of videos is walked as it is declared, so a new one is covered; one
of a new type fails until somebody says which values it is tried with.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import django_filters
import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from media_assets.admin import VideoAssetAdmin
from media_assets.filters import VideoFilterSet
from media_assets.models import VideoAsset
from operations.models import Hold, Item, Run
from screens.filters import SizeRangeFilter
from tests.factories.media_assets import (
    LessonFactory,
    MeetingVideoFactory,
    TranscodedOutputFactory,
    VideoAssetFactory,
)
from tests.factories.operations import AccountFactory, plan
from tests.tiers import FULL, tier

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected", "library", "short_pages")]

LIST = reverse("admin:media_assets_videoasset_changelist")
FORM = re.compile(r'id="changelist-form" method="post" action="([^"]*)"')
ORDERINGS = [turn + name for name in VideoAssetAdmin.keyset_orderings for turn in ("", "-")]
TABS = range(len(VideoAssetAdmin.tabs))
WALKS = [(tab, order) for at, order in enumerate(ORDERINGS) for tab in TABS if FULL or at % len(TABS) == tab]
"""Every tab with every ordering; each of both at least once in the quick tier."""


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VideoAssetAdmin, "list_per_page", 3)


@pytest.fixture
def browser(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


@pytest.fixture
def library(person: User) -> None:
    """Videos of all kinds, some of which every filter lets through and some of which it keeps out."""
    lesson = LessonFactory(name="Mechanics")
    rows = VideoAssetFactory.create_batch(4, course_class=lesson)
    rows += VideoAssetFactory.create_batch(3, title="旋转参考系", account=AccountFactory(name="east"))
    VideoAssetFactory(gone=True, size_bytes=None, recorded_at=None)
    TranscodedOutputFactory.create_batch(4, size_bytes=5_000_000)
    MeetingVideoFactory.create_batch(4, recorded_at="2025-02-28T08:00:00Z")
    for row in rows[2:5]:
        Hold.objects.create(
            target_kind="media_assets.videoasset",
            target_id=row.pk,
            target_label="x",
            reason="Appeal",
            placed_by=person,
        )
    plan(
        "media_assets.class_video.delete",
        VideoAsset.objects.filter(pk__in=[row.pk for row in rows[:2]]),
        person,
    )


def queries(name: str) -> Iterator[dict[str, str]]:
    """Values with which the list is asked through one filter."""
    one = VideoFilterSet.base_filters[name]
    if isinstance(one, SizeRangeFilter):
        yield from ({f"{name}_min": "100"}, {f"{name}_max": "100"}, {f"{name}_min": "1", f"{name}_max": "9"})
    elif isinstance(one, django_filters.DateFromToRangeFilter):
        yield from ({f"{name}_after": "2025-06-01"}, {f"{name}_before": "2025-06-01"})
    elif isinstance(one, django_filters.BooleanFilter):
        yield from ({name: "true"}, {name: "false"})
    elif isinstance(one, django_filters.ModelChoiceFilter):
        path = one.field_name
        for pk in (
            VideoAsset.objects.exclude(**{path: None})
            .order_by(path)
            .values_list(path, flat=True)
            .distinct()[: tier(quick=2, full=3)]
        ):
            yield {name: str(pk)}
    elif isinstance(one, django_filters.ChoiceFilter):
        yield from ({name: str(value)} for value, _label in one.field.choices if value)
    elif isinstance(one, django_filters.CharFilter):
        yield {name: "mechan"}
    else:
        pytest.fail(f"say with which values a {type(one).__name__} is tried")


def exported(browser: Client, query: dict[str, str]) -> list[str]:
    """The ids of the file that the list's own button leads to, in their order."""
    head = browser.get(f"{LIST}?{urlencode(query)}").context["actions"]
    (url,) = [action["url"] for action in head if "/export/" in action["url"]]
    answer = browser.post(url, {"do": "csv"})
    lines = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))  # type: ignore[attr-defined]
    return [line[0] for line in lines][1:]


def listed(browser: Client, query: dict[str, str]) -> tuple[set[int], list[str]]:
    """What the list shows on all its pages, and where the forms of the first and of the last page lead."""
    shown: list[int] = []
    actions = []
    url = f"{LIST}?{urlencode(query)}"
    while url:
        answer = browser.get(url)
        cl = answer.context["cl"]
        assert not cl.filters.problems
        shown += [row.pk for row in cl.result_list]
        actions += [html.unescape(found) for found in FORM.findall(answer.content.decode())]
        url = f"{LIST}{cl.page.next_url}" if cl.page.next_url else ""
    assert len(shown) == len(set(shown))
    ids = dict(VideoAsset.objects.values_list("pk", "provider_id"))
    assert exported(browser, query) == [ids[pk] for pk in shown], "the file has other rows than the list"
    return set(shown), list(dict.fromkeys(actions[:1] + actions[-1:]))


def pressed(browser: Client, action: str, **posted: Any) -> set[int] | None:
    """The targets of the plan that a press makes; None without a plan. The plan goes again."""
    before = set(Run.objects.values_list("pk", flat=True))
    browser.post(action, {"action": "review_deletion", **posted})
    run = Run.objects.exclude(pk__in=before).first()
    if run is None:
        return None
    targets = set(Item.objects.filter(run=run).values_list("target_id", flat=True))
    Item.objects.filter(run=run).delete()
    run.delete()
    return targets


def check(browser: Client, query: dict[str, str]) -> set[int]:
    """On the first and the last page of the list, "all that match" and "all except" mean exactly the rows of the list.

    The quick tier presses "all except" on the last page alone.
    """
    shown, actions = listed(browser, query)
    assert bool(shown) == bool(actions)
    for action in actions:
        assert pressed(browser, action, select_across="1") == shown
    if len(shown) > 1:
        stay = min(shown)
        for action in actions[-tier(quick=1, full=2) :]:
            assert pressed(browser, action, select_across="2", _selected_action=[stay]) == shown - {stay}
    return shown


@pytest.mark.parametrize("name", sorted(VideoFilterSet.base_filters))
def test_netbox_7058_9499_all_that_match_is_what_each_filter_shows(browser: Client, name: str) -> None:
    everything = VideoAsset.objects.count()
    shown = [len(check(browser, query)) for query in queries(name)]
    assert shown
    assert any(0 < count < everything for count in shown), "these values try nothing"


@pytest.mark.parametrize(("tab", "order"), WALKS)
def test_netbox_12184_tabs_orderings_and_pages_lose_no_filter(browser: Client, tab: int, order: str) -> None:
    conditions = VideoAssetAdmin.tabs[tab][1]
    shown = check(browser, {**conditions, "presence": "present", "o": order})
    assert shown == set(
        VideoAsset.objects.filter(presence="present", **conditions).values_list("pk", flat=True)
    )


@pytest.mark.parametrize("search", ["Part", "旋转", "/asset/", "4c512b8a"])
def test_netbox_20375_a_search_is_a_filter_as_well(browser: Client, search: str) -> None:
    shown = check(browser, {"q": search})
    assert 0 < len(shown) < VideoAsset.objects.count()
    check(browser, {"q": search, "size_min": "6"})


def test_netbox_20436_two_filters_narrow_together(browser: Client) -> None:
    shown = check(browser, {"kind": "class_video", "held": "false", "presence": "present"})
    assert 0 < len(shown) < VideoAsset.objects.filter(kind="class_video").count()


def test_a_cursor_of_nonsense_widens_and_narrows_nothing(browser: Client) -> None:
    shown, _actions = listed(browser, {"kind": "meeting_video"})
    for place in ("after=zz", "before=zz", "p=9", "e=1"):
        assert pressed(browser, f"{LIST}?kind=meeting_video&{place}", select_across="1") == shown


@pytest.mark.parametrize("across", ["1", "2"])
@pytest.mark.parametrize(
    "query",
    [
        "kinds=class_video",
        "kind__exact=class_video",
        "kind=class_video&nonsense=1",
        "kind=class",
        "recorded_before=yesterday",
        "course=999999",
        "size_min=much",
        "presence=gone",
        "kind=class_video&q=%00",
    ],
)
def test_netbox_7058_a_filter_that_is_not_understood_refuses(
    browser: Client, query: str, across: str
) -> None:
    stay = VideoAsset.objects.values_list("pk", flat=True)[0]
    assert pressed(browser, f"{LIST}?{query}", select_across=across, _selected_action=[stay]) is None


def test_a_filter_in_the_body_of_the_press_is_none(browser: Client) -> None:
    shown, _actions = listed(browser, {"kind": "meeting_video"})
    assert (
        pressed(browser, f"{LIST}?kind=meeting_video", select_across="1", kind="class_video", q="Part")
        == shown
    )


def test_netbox_9499_rows_that_appear_after_the_freeze_are_not_in_it(browser: Client) -> None:
    shown, (action, *_more) = listed(browser, {"kind": "meeting_video"})
    browser.post(action, {"action": "review_deletion", "select_across": "1"})
    MeetingVideoFactory.create_batch(3)
    run = Run.objects.latest("pk")
    browser.get(run.get_absolute_url())
    assert set(Item.objects.filter(run=run).values_list("target_id", flat=True)) == shown


# All except the ticked ones


def test_the_run_says_what_was_excepted_and_keeps_the_query(browser: Client) -> None:
    query = "kind=meeting_video&recorded_before=2025-03-01"
    stay = list(VideoAsset.objects.filter(kind="meeting_video").values_list("pk", flat=True)[:2])
    browser.post(
        f"{LIST}?{query}", {"action": "review_deletion", "select_across": "2", "_selected_action": stay}
    )
    run = Run.objects.latest("pk")
    assert run.filter_words == "Meeting video, until 1 Mar 2025, except 2 that were ticked"
    assert run.filter_query == query


def test_a_long_filter_does_not_crowd_the_exception_out(browser: Client) -> None:
    for number in range(9):
        VideoAssetFactory(title=f"{'x' * 90}{number}" + "y" * 200)
    words = f"{'x' * 90}" * 1
    lesson = "M" + "e" * 98
    VideoAsset.objects.first().course_class.__class__.objects.update(name=lesson)  # type: ignore[union-attr]
    stay = [VideoAsset.objects.filter(kind="class_video", title__startswith="x")[0].pk]
    query = urlencode({"q": words, "lesson": lesson, "kind": "class_video", "presence": "present"})
    browser.post(
        f"{LIST}?{query}", {"action": "review_deletion", "select_across": "2", "_selected_action": stay}
    )
    run = Run.objects.latest("pk")
    assert run.filter_words.endswith(", except 1 that was ticked")
    assert run.filter_query == query


@pytest.mark.parametrize(
    ("ticked", "said"),
    [
        ([], "Nothing is selected"),
        (["999999"], "1 ticked row is not in this list"),
        (["x"], "not in this list"),
    ],
)
def test_all_except_nothing_or_except_a_foreign_row_refuses(
    browser: Client, ticked: list[str], said: str
) -> None:
    before = Run.objects.count()
    answer = browser.post(
        LIST, {"action": "review_deletion", "select_across": "2", "_selected_action": ticked}, follow=True
    )
    assert said in str(next(iter(answer.context["messages"])))
    assert Run.objects.count() == before


def test_all_except_all_leaves_nothing_and_says_so(browser: Client) -> None:
    rows = list(VideoAsset.objects.filter(kind="meeting_video").values_list("pk", flat=True))
    answer = browser.post(
        f"{LIST}?kind=meeting_video",
        {"action": "review_deletion", "select_across": "2", "_selected_action": rows},
        follow=True,
    )
    assert "none is left" in str(next(iter(answer.context["messages"])))


def test_a_row_that_is_ticked_and_does_not_match_excepts_nothing(browser: Client) -> None:
    other = VideoAsset.objects.filter(kind="class_video")[0].pk
    shown, _actions = listed(browser, {"kind": "meeting_video"})
    action = f"{LIST}?kind=meeting_video"
    assert pressed(browser, action, select_across="2", _selected_action=[other]) == shown


def test_a_hold_is_placed_on_all_except_the_ticked_rows(browser: Client, person: User) -> None:
    from django.contrib.auth.models import Permission

    person.user_permissions.add(Permission.objects.get(codename="place_hold"))
    shown, _actions = listed(browser, {"kind": "meeting_video"})
    stay = min(shown)
    url = f"{LIST}?kind=meeting_video"
    page = browser.post(url, {"action": "place_hold", "select_across": "2", "_selected_action": [stay]})
    carried: dict[str, Any] = {"reason": "Appeal", "count": str(len(shown) - 1)}
    for name, value in page.context["carried"]:
        carried.setdefault(name, []).append(value)
    Hold.objects.all().delete()
    browser.post(url, carried)
    assert set(Hold.objects.values_list("target_id", flat=True)) == shown - {stay}


# The same filters without a browser


@pytest.mark.parametrize("name", sorted(VideoFilterSet.base_filters))
def test_the_command_freezes_what_the_list_shows(browser: Client, name: str) -> None:
    for query in queries(name):
        shown, _actions = listed(browser, query)
        if not shown:
            continue
        call_command("plan_deletion", filter=urlencode(query), person="lin.yue", stdout=StringIO())
        run = Run.objects.latest("pk")
        assert set(Item.objects.filter(run=run).values_list("target_id", flat=True)) == shown
        assert run.filter_query == urlencode(query)
        Item.objects.filter(run=run).delete()
        run.delete()


@pytest.mark.parametrize(
    "query", ["", " ", "kind=", "o=size", "after=x", "kinds=class_video", "kind=class", "q=%00"]
)
def test_the_command_takes_no_filter_that_narrows_nothing_or_is_not_understood(query: str) -> None:
    before = Run.objects.count()
    with pytest.raises(CommandError) as error:
        call_command("plan_deletion", filter=query, person="lin.yue", stdout=StringIO())
    assert error.value.returncode == 2
    assert Run.objects.count() == before


def test_the_list_is_the_one_that_the_admin_shows() -> None:
    assert isinstance(admin.site.get_model_admin(VideoAsset), VideoAssetAdmin)
