from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone

from audit.actors import Actor
from courses.models import Course, CourseClass
from media_assets.models import VideoAsset
from tests.factories.operations import AccountFactory


@pytest.fixture
def deleter(db: None) -> Any:
    user = get_user_model().objects.create_user("deleter", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="delete_"))
    user.user_permissions.add(Permission.objects.get(codename="view_run"))
    return get_user_model().objects.get(pk=user.pk)


@pytest.fixture
def actor(deleter: Any) -> Actor:
    return Actor.person(deleter, via="test")


@pytest.fixture
def clips(sandbox: Any, db: None) -> list[VideoAsset]:
    """Five clips of one lesson that is over, in the mirror and at the provider."""
    account = AccountFactory()
    AccountFactory(provider="huawei_vod")
    AccountFactory(provider="syngrafii")
    now = timezone.now()
    start = int(now.timestamp()) - 90_000
    sandbox.classin.add_course("Physics", course_id="900")
    sandbox.classin.add_class("900", class_id="901", begins_at=start, ends_at=start + 3600)
    course = Course.objects.create(account=account, provider_id="900", name="Physics")
    lesson = CourseClass.objects.create(
        account=account,
        provider_id="901",
        course=course,
        name="Lesson 1",
        begin_at=datetime.fromtimestamp(start, tz=UTC),
        end_at=datetime.fromtimestamp(start + 3600, tz=UTC),
    )
    rows = []
    for number in range(5):
        file_id = f"70{number}"
        sandbox.classin.add_clip("901", file_id=file_id, size=1000)
        rows.append(
            VideoAsset.objects.create(
                account=account,
                provider_id=file_id,
                kind=VideoAsset.Kind.CLASS_VIDEO,
                title=f"Clip {number}",
                course_class=lesson,
                size_bytes=1000,
            )
        )
    return rows
