"""Error pages, each with the request's id to quote. They need no database, which may be what is broken."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template import loader


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request makes no sense, or has more fields or bytes than we take."""
    return _page(request, "400.html", 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but without the right. The refusal is in the audit log."""
    return _page(request, "403.html", 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of Django's own check that a form came from our page."""
    return _page(request, "403_csrf.html", 403, no_referer="Referer" in reason)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: no such page, or an object that never existed."""
    return _page(request, "404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a bug of ours; the log has it under the same request id."""
    return _page(request, "500.html", 500)


def _page(request: HttpRequest, template: str, status: int, **context: Any) -> HttpResponse:
    """Drawn without a request's context: no person, no menu, no query, nothing that could fail again."""
    context |= {"request_id": getattr(request, "request_id", ""), "site_header": admin.site.site_header}
    return HttpResponse(loader.get_template(template).render(context), status=status)
