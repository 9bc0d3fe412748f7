"""Every screen, both languages, light and dark, wide and narrow: no axe finding, no sideways scroll, no console message."""

from __future__ import annotations

import pytest
from axe_core_python.base import AXE_SCRIPT
from django.utils import timezone

from courses.models import Course
from media_assets.models import CloudFile, VideoAsset
from operations.models import Run
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
    ]


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
