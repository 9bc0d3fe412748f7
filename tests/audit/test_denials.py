"""Who tries what they may not do is in the ledger, although the request that was refused rolled back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from audit.actions import RIGHTS_CHANGED, SIGNED_OUT
from audit.actors import system
from audit.denials import Denied
from audit.models import Record
from audit.services import Target, record
from tests.factories.people import UserFactory

TARGET = Target("courses.course", 7, "IELTS Speaking", "900")


@transaction.atomic
def plainly_refused(request: HttpRequest) -> HttpResponse:
    record(SIGNED_OUT, actor=system("test"))
    raise PermissionDenied


@transaction.atomic
def refused_with_its_own_action(request: HttpRequest) -> HttpResponse:
    record(SIGNED_OUT, actor=system("test"))
    raise Denied(RIGHTS_CHANGED, target=TARGET)


urlpatterns = [
    path("plain/", plainly_refused),
    path("own/", refused_with_its_own_action),
    path("", include("backoffice.urls")),
]

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def person(client: Client) -> Any:
    user = UserFactory()
    client.force_login(user)
    return user


def denials() -> list[Record]:
    return list(Record.objects.exclude(action="audit.session.signed_in"))


def test_a_refusal_leaves_one_record_and_nothing_else(client: Client, person: Any) -> None:
    response = client.post(
        "/plain/?token=secret", {"password": "secret"}, headers={"X-Request-ID": "abcd-1234"}
    )
    assert response.status_code == 403
    (line,) = denials()
    assert line.action == "audit.access.refused"
    assert line.outcome == "denied"
    assert line.actor_id == person.pk
    assert line.details == {"path": "/plain/", "method": "POST"}
    assert line.request_id == "abcd-1234" == response["X-Request-ID"]


def test_a_refusal_with_an_action_of_its_own_says_what_was_tried(client: Client, person: Any) -> None:
    assert client.get("/own/").status_code == 403
    (line,) = denials()
    assert line.action == RIGHTS_CHANGED.code
    assert (line.target_kind, line.target_id, line.target_label) == ("courses.course", 7, "IELTS Speaking")


def test_atomic_requests_do_not_take_the_refusal_with_them(
    client: Client, person: Any, monkeypatch: Any
) -> None:
    from django.db import connection

    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    client.get("/plain/")
    (line,) = denials()
    assert line.action == "audit.access.refused"


def test_a_stranger_is_sent_to_the_log_in_and_leaves_no_record(client: Client) -> None:
    assert client.get("/admin/audit/record/").status_code == 302
    client.get("/plain/")
    assert not Record.objects.exists()


def test_a_page_that_works_leaves_no_record_of_a_refusal(client: Client, person: Any) -> None:
    client.get("/healthz")
    assert denials() == []
