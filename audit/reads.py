"""Reading what is sensitive leaves a record: once for each person, kind of page and hour, so that the log stays readable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse

from audit.actions import ERASURES_READ, LOG_READ, PEOPLE_READ, PERSON_READ, RECORD_READ
from audit.actors import Actor
from audit.models import Record
from audit.registry import AuditAction
from audit.services import record

ONCE_IN = dt.timedelta(hours=1)

_watched: dict[str, AuditAction] = {}


def watch(url_name: str, action: AuditAction) -> None:
    """Record when somebody sees the page of this name; the action lists the detail `path`."""
    _watched[url_name] = action


def watched() -> dict[str, AuditAction]:
    """The sensitive pages: name of the address, and what is recorded."""
    return dict(_watched)


class ReadingMiddleware:
    """Records that a sensitive page was shown, before it is sent: what cannot be recorded is not shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        place = request.resolver_match
        action = _watched.get(place.url_name or "") if place else None
        shown = request.method == "GET" and response.status_code == 200
        if action is not None and shown and request.user.is_authenticated:
            _note(request, action)
        return response


def _note(request: HttpRequest, action: AuditAction) -> None:
    lately = Record.objects.filter(action=action.code, actor=request.user.pk, at__gte=Now() - ONCE_IN)
    if not lately.exists():
        record(action, actor=Actor.of(request), details={"path": request.path[:200]})


watch("audit_record_changelist", LOG_READ)
watch("audit_record_change", RECORD_READ)
watch("audit_erasures", ERASURES_READ)
watch("auth_user_changelist", PEOPLE_READ)
watch("auth_user_change", PERSON_READ)
