"""Readings on the screens: the list, the page of one, and what starts and ends them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import django_filters
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from audit.actions import ACCESS_REFUSED
from audit.actors import Actor
from audit.denials import Denied
from intake.models import Reading
from intake.reading import cancel_reading, exports, facts
from intake.reading.control import PERMISSION
from operations.clock import database_now
from operations.engine.refusals import Refused
from operations.export_admin import ExportableAdmin
from screens.cells import badge, column, date_cell, two_lines
from screens.figures import number_text


class ReadingFilters(django_filters.FilterSet):
    """Account, state and what was read."""

    class Meta:
        model = Reading
        fields = ["account", "state", "scope"]


@admin.register(Reading)
class ReadingAdmin(ExportableAdmin):
    """Readings by the newest; each has a page that follows it."""

    list_display = [
        "name_cell",
        "state_cell",
        "started_cell",
        "result_cell",
    ]
    list_display_links = None
    list_select_related = ["account"]
    filterset_class = ReadingFilters
    keyset_orderings = {"newest": ("-pk",)}
    export_columns = exports.READINGS
    list_icon = "refresh-cw"
    empty_text = gettext_lazy(
        "Nothing was read yet. Readings are started under Provider connections, and by the schedule."
    )

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "title": _("Readings"),
            "sentence": _("What was read from the providers, when, and what came of it."),
            "crumbs": [{"label": _("Readings")}],
            "actions": [
                {"label": _("Provider connections"), "url": reverse("admin:connections"), "icon": "cloud"}
            ]
            if request.user.has_perm("operations.view_account")
            else [],
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reading]:
        readings: QuerySet[Reading] = super().get_queryset(request)
        return readings.defer("cursor", "problems")

    @column(gettext_lazy("Reading"), ordering="newest")
    def name_cell(self, reading: Reading) -> SafeString:
        return two_lines(reading.account, facts.scope_words(reading), url=reading.get_absolute_url())

    @column(gettext_lazy("State"))
    def state_cell(self, reading: Reading) -> SafeString:
        return reading_badge(reading)

    @column(gettext_lazy("Started"))
    def started_cell(self, reading: Reading) -> SafeString:
        return date_cell(reading.started_at)

    @column(gettext_lazy("Result"), wide=True)
    def result_cell(self, reading: Reading) -> str:
        return facts.sentence(reading)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<int:pk>/progress/",
                self.admin_site.admin_view(self.progress_view),
                name="intake_reading_progress",
            )
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """GET shows the reading; POST cancels it."""
        self._check(request)
        reading = _find(object_id)
        if request.method == "POST":
            return _cancel(request, reading)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        context = {
            **self.admin_site.each_context(request),
            **progress_context(reading),
            "title": _("Reading of %(account)s") % {"account": reading.account},
            "badge": reading_badge(reading),
            "sentence": facts.scope_words(reading) + pgettext("ends a sentence", "."),
            "kinds": facts.kind_rows(reading),
            "problems": facts.problem_rows(reading),
            "may_cancel": reading.is_open and request.user.has_perm(PERMISSION),
            "records_url": self.records_url(object_id) if request.user.has_perm("audit.view_record") else "",
            "crumbs": [
                {"label": _("Readings"), "url": reverse("admin:intake_reading_changelist")},
                {"label": str(reading), "url": ""},
            ],
        }
        return TemplateResponse(request, "intake/reading.html", context)

    def records_url(self, object_id: str) -> str:
        """The log's records of the account's readings: the account is what they are about."""
        query = f"action:intake.reading target:operations.account:{_find(object_id).account_id}"
        return f"{reverse('admin:audit_record_changelist')}?{urlencode({'q': query})}"

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The progress part alone, for the live page."""
        self._check(request)
        return render(request, "intake/progress.html", progress_context(_find(str(pk))))

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise Denied(ACCESS_REFUSED, details={"path": request.path[:200], "method": request.method or ""})


def reading_badge(reading: Reading) -> SafeString:
    """The badge of a reading's state; not complete is no good end."""
    tone, icon = facts.BADGES[reading.state]
    if reading.state == Reading.State.FINISHED and not reading.complete:
        tone, icon = "amber", "triangle-alert"
    return badge(tone, icon, facts.state_words(reading))


def progress_context(reading: Reading) -> dict[str, Any]:
    """Context of intake/progress.html."""
    pace = facts.pace_of(reading)
    return {
        "reading": reading,
        "done": pace.done,
        "total": pace.total,
        "percent": pace.percent,
        "counts": {"done": pace.done},
        "rate_text": pace.rate_text if reading.is_open and pace.done else "",
        "left_text": pace.left_text,
        "as_of": database_now(),
        "is_final": not reading.is_open,
        "status": facts.sentence(reading),
        "reload_url": "",
        "end": facts.end_words(reading),
        "cells": [
            {"label": label, "value": number_text(reading.total(name))}
            for name, label in (
                ("new", pgettext("rows of a reading", "New")),
                ("changed", _("Changed")),
                ("unchanged", _("Unchanged")),
                ("back", _("Came back")),
                ("missing", _("Missing")),
            )
        ],
    }


def _cancel(request: HttpRequest, reading: Reading) -> HttpResponse:
    if request.POST.get("do") != "cancel":
        raise Http404("no such button")
    try:
        cancel_reading(reading.pk, actor=Actor.of(request), user=request.user)
    except Refused as refused:
        messages.error(request, str(refused.message))
    return redirect(reading.get_absolute_url())


def _find(pk: str) -> Reading:
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        raise Http404("no such reading")
    reading = Reading.objects.select_related("account").filter(pk=int(pk)).first()
    if reading is None:
        raise Http404("no such reading")
    return reading
