"""Every list of the product opens with a bounded number of statements, whatever is in it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from media_assets.models import VideoAsset
from screens.model_admin import ScreenAdmin
from tests.contracts.targets import TARGETS
from tests.factories.people import SuperuserFactory

pytestmark = pytest.mark.django_db

LISTS = sorted(
    (model for model, screen in admin.site._registry.items() if isinstance(screen, ScreenAdmin)),
    key=lambda model: model._meta.label_lower,
)
MOST_STATEMENTS = 24


@pytest.fixture
def statements(sandbox: Any, all_accounts: None) -> Any:
    """What opening a list asks the database, as texts."""
    client = Client()
    client.force_login(SuperuserFactory(), backend="django.contrib.auth.backends.ModelBackend")

    def of(model: Any) -> list[str]:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return [query["sql"] for query in queries]

    return of


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label_lower)
def test_a_list_asks_the_same_number_of_questions_however_much_is_in_it(
    model: Any, statements: Any, sandbox: Any
):
    for target in TARGETS.values():
        target.make(sandbox)
    statements(model)
    few = len(statements(model))
    for _ in range(3):
        for target in TARGETS.values():
            target.make(sandbox)
    assert len(statements(model)) == few <= MOST_STATEMENTS


def test_a_filter_without_a_button_reads_no_choices(statements: Any):
    tables = ("courses_courseclass", "media_assets_vodasset", "media_assets_signpackage")
    asked = statements(VideoAsset)
    assert not [sql for sql in asked if any(f'FROM "{table}"' in sql for table in tables)]
