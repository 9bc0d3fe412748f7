"""Refusals are kept even though the request that was refused rolls back."""

from typing import Any

from django.core.exceptions import PermissionDenied

from audit.registry import AuditAction
from audit.services import Target


class Denied(PermissionDenied):
    """Raised where a person lacks the right: the middleware records it after the request's transactions are over."""

    def __init__(
        self, action: AuditAction, *, target: Target | None = None, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(action.code)
        self.action = action
        self.target = target
        self.details = details or {}
