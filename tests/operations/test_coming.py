"""A countdown is seen on every page, and whoever has the right cancels it there with one click."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from media_assets.models import VideoAsset
from operations.models import Policy, Run
from operations.states import RunState
from tests.factories.operations import confirmed, plan
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

DELETE = "media_assets.class_video.delete"
EVERYWHERE = ("admin:index", "admin:help", "admin:operations_run_changelist", "admin:search")


@pytest.fixture
def run(clips: list[VideoAsset], deleter: Any) -> Run:
    Policy.objects.update(irreversible_seconds=720)
    return confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter), deleter)


def sign_in(client: Client, user: Any) -> Client:
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("page", EVERYWHERE)
def test_every_page_shows_it_with_its_cancel_button(page, run, deleter, client):
    shown = sign_in(client, deleter).get(reverse(page)).content.decode()
    assert "The deletion starts in 1" in shown
    assert f'action="{run.get_absolute_url()}"' in shown
    client.post(run.get_absolute_url(), {"do": "cancel"})
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert "The deletion starts" not in client.get(reverse(page)).content.decode()


def test_the_list_of_runs_has_a_cancel_button_in_the_row(run, deleter, client):
    page = sign_in(client, deleter).get(reverse("admin:operations_run_changelist")).content.decode()
    assert f'formaction="{run.get_absolute_url()}" name="do" value="cancel"' in page
    assert "Goes at" in page


def test_home_list_and_band_tell_the_same_end_when_quiet_hours_put_it_off(run, deleter, client):
    here = timezone.localtime()
    end = (here + timedelta(hours=3)).time().replace(second=0, microsecond=0)
    start = (here - timedelta(hours=2)).time().replace(second=0, microsecond=0)
    Policy.objects.update(quiet_days="0123456", quiet_from=start, quiet_until=end)
    sign_in(client, deleter)
    home = client.get(reverse("admin:index")).content.decode()
    assert home.count(f"{end:%H:%M}") >= 2
    runs = client.get(reverse("admin:operations_run_changelist")).content.decode()
    assert f"Goes at {end:%H:%M}" in runs


def test_its_own_page_has_its_own_button_and_no_band(run, deleter, client):
    page = sign_in(client, deleter).get(run.get_absolute_url()).content.decode()
    assert 'value="cancel"' in page
    assert "The deletion starts" not in page


def test_whoever_may_not_delete_sees_it_without_a_button(run, client):
    viewer = UserFactory(permissions=["operations.view_run"])
    for page in EVERYWHERE:
        shown = sign_in(client, viewer).get(reverse(page)).content.decode()
        assert "The deletion starts" in shown
        assert 'value="cancel"' not in shown


def test_whoever_may_not_see_runs_does_not_see_it(run, client):
    editor = UserFactory(permissions=["courses.view_course"])
    assert "The deletion starts" not in sign_in(client, editor).get(reverse("admin:index")).content.decode()


def test_many_countdowns_cost_no_more_statements_than_one(run, clips, deleter, client):
    sign_in(client, deleter)

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("admin:help"))
        return len(queries)

    statements()
    one = statements()
    for clip in clips[1:]:
        confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clip.pk), deleter), deleter)
    assert statements() == one
