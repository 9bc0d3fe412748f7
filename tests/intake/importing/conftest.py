"""Somebody who may import, and their browser."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories.people import UserFactory


@pytest.fixture
def person(db: None) -> User:
    return UserFactory(
        permissions=["intake.import_mirror", "intake.view_import", "courses.view_course"], username="lin.yue"
    )


@pytest.fixture
def browser(client: Client, person: User) -> Client:
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client
