"""How old the lists are: noted once for each way, told for each account, never older than it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from intake import freshness
from intake.freshness import How, note
from tests.factories.operations import AccountFactory
from tests.factories.people import SuperuserFactory

pytestmark = pytest.mark.django_db
FILES, VIDEOS = "media_assets.cloudfile", "media_assets.videoasset"


def test_an_older_moment_never_replaces_a_newer_one() -> None:
    account, now = AccountFactory(), timezone.now()
    note(account, FILES, How.READ, now)
    note(account, FILES, How.READ, now - timedelta(hours=2))
    (age,) = freshness.of([FILES])
    assert age.at == {How.READ: now}


def test_each_way_is_told_and_a_whole_reading_makes_an_older_look_at_new_ones_no_news() -> None:
    account, now = AccountFactory(), timezone.now()
    note(account, VIDEOS, How.READ, now - timedelta(hours=3))
    note(account, VIDEOS, How.READ_NEW, now - timedelta(hours=1))
    note(account, VIDEOS, How.PUSHED, now)
    (age,) = freshness.of([VIDEOS])
    assert [word.split()[0] for word in age.words.split("; ")] == ["read", "new", "pushed"]
    note(account, VIDEOS, How.READ, now)
    (age,) = freshness.of([VIDEOS])
    assert "new ones" not in age.words
    assert "complete" in age.words


def test_a_list_of_several_kinds_is_as_old_as_the_oldest_of_them() -> None:
    account, now = AccountFactory(), timezone.now()
    note(account, FILES, How.READ, now)
    note(account, VIDEOS, How.READ, now - timedelta(days=4))
    (age,) = freshness.of([FILES, VIDEOS])
    assert age.newest == now - timedelta(days=4)


def test_more_than_three_accounts_are_folded(django_assert_num_queries: Any) -> None:
    for name in ("default", "east", "west"):
        note(AccountFactory(name=name), FILES, How.READ, timezone.now())
    assert "<details" not in freshness.head(FILES, empty="none")
    note(AccountFactory(name="north"), FILES, How.READ, timezone.now())
    with django_assert_num_queries(1):
        shown = freshness.head(FILES, empty="none")
    assert shown.count("<li>") == 4


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("/admin/courses/course/", "courses.course"),
        ("/admin/courses/courseclass/", "courses.courseclass"),
        ("/admin/media_assets/videoasset/", VIDEOS),
        ("/admin/media_assets/cloudfile/", FILES),
        ("/admin/media_assets/vodasset/", "media_assets.vodasset"),
        ("/admin/media_assets/vodtemplategroup/", "media_assets.vodtemplategroup"),
        ("/admin/media_assets/signpackage/", "media_assets.signpackage"),
    ],
)
def test_every_list_of_the_mirror_says_how_old_it_is(client: Client, url: str, kind: str) -> None:
    client.force_login(SuperuserFactory())
    before = client.get(url).content.decode()
    assert "complete." not in before
    note(AccountFactory(), kind, How.READ, timezone.now())
    assert "ClassIn: read today, " in client.get(url).content.decode()
