from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from audit.actors import Actor
from operations.accounts import client_for
from operations.models import Item, Run
from operations.registry import registry
from tests.factories.operations import AccountFactory, plan

ALL_RIGHTS = (
    "delete_class_video",
    "delete_all_class_videos",
    "delete_transcoded_output",
    "delete_transcode_group",
    "delete_meeting_video",
    "delete_all_meeting_videos",
    "rename_cloud_file",
    "view_videoasset",
    "view_cloudfile",
    "view_cloudfolder",
    "view_vodasset",
    "view_vodtemplategroup",
    "view_signpackage",
    "view_run",
)


@pytest.fixture
def person(db: None) -> User:
    """Somebody of the staff who may do everything in the library."""
    user = User.objects.create_user("lin.yue", first_name="Lin", last_name="Yue", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(
            codename__in=ALL_RIGHTS, content_type__app_label__in=["media_assets", "operations"]
        )
    )
    return User.objects.get(pk=user.pk)


@pytest.fixture
def connected(settings: Any) -> None:
    """Accounts with credentials of nobody: plans can be made, nothing is reached."""
    settings.PROVIDER_ACCOUNTS = {
        "classin": {"default": {"sid": "1", "secret": "s"}},
        "huawei_vod": {
            "default": {
                "endpoint": "https://vod.invalid",
                "project_id": "p",
                "access_key": "a",
                "secret_key": "s",
            }
        },
        "syngrafii": {"default": {"base_url": "https://sign.invalid/api/v1", "api_key": "k"}},
    }


@pytest.fixture
def left_out(person: User, connected: None) -> Callable[[str, Any], str]:
    """Why a plan of this operation leaves this row out; "" when it would go."""

    def why(key: str, row: Any) -> str:
        return frozen(key, row, person).left_out

    return why


def frozen(key: str, row: Any, user: User) -> Item:
    """The item that a plan of one row freezes."""
    run: Run = plan(key, type(row)._default_manager.filter(pk=row.pk), user)
    return Item.objects.get(run=run)


def client_of(provider: str) -> Any:
    """The provider's real client, towards wherever the settings point."""
    return client_for(AccountFactory(provider=provider))


def operation(key: str) -> Any:
    return registry[key]


LIN = Actor(user_id=None, name="Lin Yue", via="test")
