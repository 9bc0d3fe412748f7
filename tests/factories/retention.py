"""Retention rules, as a person with the right would have made them."""

from __future__ import annotations

from typing import Any

from audit.actors import Actor
from media_assets.models import RetentionRule
from media_assets.retention.rules import make_rule
from tests.factories.people import UserFactory

LONG_AGO = "2020-01-01T00:00:00+00:00"


def owner(**more: Any) -> Any:
    """Somebody who is told and can keep."""
    rights = [
        "operations.place_hold",
        "media_assets.view_retentionproposal",
        "media_assets.view_retentionrule",
        "media_assets.view_videoasset",
    ]
    return UserFactory(permissions=rights, **more)


def rule_maker() -> Any:
    """Somebody who may make and change rules."""
    return UserFactory(permissions=["media_assets.change_retention_rule", "media_assets.view_retentionrule"])


def rule(*, owners: Any = (), on_since: str = LONG_AGO, **values: Any) -> RetentionRule:
    """A saved rule that has been on for years."""
    maker = rule_maker()
    given = {"name": "Old clips", "older_than_days": 180, "notice_days": 0, **values}
    made = make_rule(RetentionRule(**given), owners=owners, actor=Actor.person(maker, via="test"), user=maker)
    RetentionRule.objects.filter(pk=made.pk).update(on_since=on_since)
    made.refresh_from_db()
    return made
