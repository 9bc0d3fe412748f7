"""Who can be told of coming deletions: staff who can do something about them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from media_assets.models import RetentionRule
from operations.engine.hold import PERMISSION

_BACKEND = "django.contrib.auth.backends.ModelBackend"


def possible_owners() -> QuerySet[Any]:
    """Active staff with the right to place holds, by name."""
    people: Any = get_user_model()._default_manager
    found: QuerySet[Any] = people.with_perm(PERMISSION, backend=_BACKEND)
    return found.filter(is_staff=True, is_active=True).order_by("username")


def told_for(rule: RetentionRule) -> list[int]:
    """Those of the rule's owners who can still keep something; keys."""
    return list(possible_owners().filter(pk__in=rule.owners.values("pk")).values_list("pk", flat=True))
