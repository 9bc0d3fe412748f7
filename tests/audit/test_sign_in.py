"""Sign-ins, sign-outs and refused ones are in the ledger; passwords are not."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Record
from tests.factories.people import PASSWORD, UserFactory

WRONG = "not-the-password-9Z"


def sign_in(client: Client, username: str, password: str, **headers: str) -> Any:
    return client.post(
        reverse("admin:login"), {"username": username, "password": password}, headers=headers or None
    )


def codes() -> list[str]:
    return list(Record.objects.order_by("id").values_list("action", flat=True))


@pytest.mark.django_db
def test_signing_in_and_out_are_recorded(client: Client) -> None:
    user = UserFactory()
    sign_in(client, user.username, PASSWORD, user_agent="Firefox on Linux")
    client.post(reverse("admin:logout"))
    assert codes() == ["audit.session.signed_in", "audit.session.signed_out"]
    came, went = Record.objects.order_by("id")
    assert (came.actor_id, came.address, came.agent) == (user.pk, "127.0.0.1", "Firefox on Linux")
    assert went.actor_name == user.get_full_name()
    assert came.request_id
    assert came.request_id != went.request_id


@pytest.mark.django_db(transaction=True)
def test_a_refused_sign_in_is_recorded_by_name_and_without_the_password(client: Client) -> None:
    user = UserFactory()
    sign_in(client, user.username, WRONG)
    (line,) = Record.objects.all()
    assert line.action == "audit.session.refused"
    assert line.outcome == "denied"
    assert line.details == {"username": user.username}
    assert line.actor_id is None
    assert all(WRONG not in str(value) for value in vars(line).values())


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["x" * 5000, "nul\0byte", "李雷", "<script>"])
def test_what_a_stranger_types_is_kept_short(client: Client, username: str) -> None:
    sign_in(client, username, WRONG)
    for line in Record.objects.all():
        assert len(line.details["username"]) <= 150
        assert "\0" not in line.details["username"]


@pytest.mark.django_db
def test_a_lock_out_is_recorded_once(client: Client, settings: Any) -> None:
    user = UserFactory()
    for _ in range(settings.AXES_FAILURE_LIMIT + 2):
        sign_in(client, user.username, WRONG)
    sign_in(client, user.username, PASSWORD)
    assert codes().count("audit.session.locked_out") == 1
    assert codes().count("audit.session.refused") == settings.AXES_FAILURE_LIMIT + 3
    assert "audit.session.signed_in" not in codes()
    locked = Record.objects.get(action="audit.session.locked_out")
    assert locked.details == {"username": user.username}
