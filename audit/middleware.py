"""A request's id, in its log lines, its records and its error page; and the record of every refusal."""

import re
import uuid
from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from audit.actions import ACCESS_REFUSED
from audit.actors import Actor
from audit.denials import Denied
from audit.request_id import current_request_id
from audit.services import record

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,40}")

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Gives every request an id (the proxy's `X-Request-ID` when well formed) and sends it back as a header."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]  # read by Actor.of and the error pages
        token = current_request_id.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response["X-Request-ID"] = request_id
        return response


class DenialMiddleware:
    """Records refusals of signed-in people, outside whatever transaction was rolled back."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if not isinstance(exception, PermissionDenied) or not request.user.is_authenticated:
            return
        actor = Actor.of(request)
        if isinstance(exception, Denied):
            record(exception.action, actor=actor, target=exception.target, details=exception.details)
        else:
            record(
                ACCESS_REFUSED, actor=actor, details={"path": request.path[:200], "method": request.method}
            )
