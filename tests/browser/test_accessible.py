"""Every screen, both languages, light and dark, wide and narrow: no axe finding, no sideways scroll, no console message."""

from __future__ import annotations

import pytest
from axe_core_python.base import AXE_SCRIPT
from django.contrib.auth.models import User
from django.utils import timezone

from audit.actors import system
from courses.models import Course
from intake.models import PushMessage
from intake.reading import read_on, start_reading
from media_assets.models import CloudFile, VideoAsset
from operations.models import Account, Run
from tests.factories.intake import COURSES, applied, checked, csv_file, uploaded
from tests.factories.operations import plan
from tests.tiers import tier

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]

LOOKS = [
    {"language": "en", "width": 320, "dark": False},
    {"language": "zh-hans", "width": 1440, "dark": True},
    {"language": "zh-hans", "width": 768, "dark": False},
    {"language": "en", "width": 1440, "dark": False},
][: tier(quick=2, full=4)]
"""The first two are each other's opposite in everything; the quick tier looks at those."""


@pytest.fixture
def addresses(school, django_user_model) -> list[str]:
    admin = django_user_model.objects.get(username="admin")
    some = list(
        VideoAsset.objects.filter(kind="class_video").order_by("pk").values_list("pk", flat=True)[:200]
    )
    run: Run = plan("media_assets.class_video.delete", VideoAsset.objects.filter(pk__in=some), admin)
    item = run.items.first()
    return [
        "/admin/",
        "/admin/courses/course/",
        f"/admin/courses/course/{Course.objects.first().pk}/change/",
        f"/admin/courses/course/{Course.objects.first().pk}/history/",
        "/admin/courses/courseclass/",
        "/admin/media_assets/videoasset/?kind=class_video",
        f"/admin/media_assets/videoasset/{VideoAsset.objects.first().pk}/change/",
        "/admin/media_assets/cloudfile/",
        f"/admin/media_assets/cloudfile/{CloudFile.objects.first().pk}/change/",
        run.get_absolute_url(),
        f"/admin/operations/run/{run.pk}/items/{item.pk}/",
        "/admin/operations/run/",
        "/admin/operations/hold/",
        "/admin/audit/record/",
        "/admin/auth/user/",
        "/admin/auth/group/",
        "/admin/password_change/",
        *readings(),
        *messages(),
        *imports(admin),
        "/admin/courses/course/export/",
        "/admin/media_assets/videoasset/export/?kind=class_video",
    ]


def readings() -> list[str]:
    """A reading that ended and one that runs."""
    over, running = (
        start_reading(Account.objects.get(provider=provider), actor=system("test"), user=None, waking=False)
        for provider in ("syngrafii", "huawei_vod")
    )
    while read_on(over.pk) is not None:
        pass
    return [
        "/admin/connections/",
        "/admin/intake/reading/",
        over.get_absolute_url(),
        running.get_absolute_url(),
    ]


def messages() -> list[str]:
    """One message of each state, and one that nobody could read."""
    account = Account.objects.get(provider="classin")
    given = {"account": account, "size_bytes": 90, "cmd": "Record", "class_id": "662391"}
    reasons = {"waiting": "lesson_unknown", "failed": "no_key"}
    made = [
        PushMessage.objects.create(
            **given, dedup_key=state, state=state, reason=reasons.get(state, ""), body={"Cmd": "Record"}
        )
        for state in PushMessage.State.values
    ]
    body = {"size": 9, "sha256": "0" * 64, "start": "nonsense " * 40}
    unread = {"dedup_key": "raw", "state": "failed", "reason": "unreadable_json", "proof": "unreadable"}
    made.append(PushMessage.objects.create(account=account, size_bytes=9, body=body, **unread))
    return ["/admin/intake/pushmessage/", *(one.get_absolute_url() for one in made)]


def imports(admin: User) -> list[str]:
    """Imports whose columns are asked for, after their dry run (each kind of row) and applied."""
    account = Account.objects.get(provider="classin")
    course = Course.objects.first()
    rows = [COURSES, ["70001", "Optics", "进行中", "Lin Mei"], [course.provider_id, "Waves", "", ""]]
    wrong = [["1.23E+15", "x" * 300, "?", ""]]
    given = {"account": account, "name": f"{'courses-' * 20}.csv"}
    asked = uploaded(csv_file([*rows, *wrong]), admin, **given)
    dry = checked(csv_file([*rows, *wrong]), admin, **given)
    done = applied(csv_file(rows), admin, **given)
    addresses = [one.get_absolute_url() for one in (asked, dry, done)]
    tabs = [f"{addresses[1]}?show={verdict}" for verdict in ("new", "changed", "kept")]
    return ["/admin/intake/import/", "/admin/intake/import/new/", *addresses, *tabs]


@pytest.mark.timeout(400)  # some forty pages, each with its axe run
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look.values())))
def test_every_screen_is_accessible(addresses, open_page, look):
    page = open_page(**look)
    found: list[str] = []
    for address in addresses:
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            found.append(f"{address}: scrolls sideways by {wide} px")
        page.evaluate(AXE_SCRIPT)
        result = page.evaluate("axe.run({preload: false, resultTypes: ['violations']})")
        found += [
            f"{address}: {violation['id']}: {violation['nodes'][0]['html'][:160]}"
            for violation in result["violations"]
        ]
    assert found == [], timezone.now()
