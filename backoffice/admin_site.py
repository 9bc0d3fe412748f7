"""The admin site: Django's own, with our frame, home, search, connections and help."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from audit.actions import RIGHTS_CHANGED
from audit.actors import Actor
from audit.services import Target, record
from backoffice.frame import frame_context
from backoffice.navigation import navigation


class BackOfficeSite(AdminSite):
    """One admin for the whole product; `admin.site` is an instance of it."""

    site_header = _("School back office")
    site_title = _("School back office")
    index_title = _("Home")
    site_url = None
    enable_nav_sidebar = False
    empty_value_display = ""

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if not hasattr(request, "user"):
            request.user = AnonymousUser()
        context |= frame_context(request)
        context["navigation"] = navigation(self, request) if context["has_permission"] else []
        return context

    def get_urls(self) -> list[URLResolver | URLPattern]:
        from audit.erasure_pages import erasure_page, erasures_page  # noqa: PLC0415 - the site exists before the apps are loaded
        from audit.key_page import key_page, public_keys  # noqa: PLC0415 - as above
        from backoffice.connections import connections  # noqa: PLC0415 - the site exists before the apps are loaded
        from backoffice.guide import guide  # noqa: PLC0415 - as above
        from backoffice.limits import limits  # noqa: PLC0415 - as above
        from backoffice.notices import notice_settings, notices  # noqa: PLC0415 - as above
        from backoffice.search import search  # noqa: PLC0415 - as above

        return [
            path("search/", self.admin_view(search), name="search"),
            path("connections/", self.admin_view(connections), name="connections"),
            path("limits/", self.admin_view(limits), name="limits"),
            path("notices/", self.admin_view(notices), name="notices"),
            path("notices/settings/", self.admin_view(notice_settings), name="notice_settings"),
            path("log/erasures/", self.admin_view(erasures_page), name="audit_erasures"),
            path("log/erasures/<int:pk>/", self.admin_view(erasure_page), name="audit_erasure"),
            path("log/key/", self.admin_view(key_page), name="audit_key"),
            path("log/key/public-keys.txt", self.admin_view(public_keys), name="audit_public_keys"),
            path("help/", self.admin_view(guide), name="help"),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from backoffice.home import home_context  # noqa: PLC0415 - the site exists before the apps are loaded

        return super().index(request, {**home_context(request), **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Empty: the menu replaces the list of applications, and building that costs permission checks on each page."""
        return []

    def app_index(  # type: ignore[override]  # the admin itself takes any response
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An application has no page of its own here: home has the menu."""
        return redirect(f"{self.name}:index")

    def password_change(  # type: ignore[override]  # as above
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Changing one's own password; that it happened is recorded with it, the password never is."""
        with transaction.atomic():
            response = super().password_change(request, extra_context)
            if request.method == "POST" and response.status_code == 302:
                person: Any = request.user
                record(
                    RIGHTS_CHANGED, actor=Actor.of(request), target=Target.of(person), changes=PASSWORD_CHANGE
                )
        return response


PASSWORD_CHANGE = {"password": {"label": "Password", "before": "", "after": "changed"}}
"""What the ledger says of a new password."""
