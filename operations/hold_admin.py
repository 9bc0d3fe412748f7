"""The list of holds, in force and over, and the page of one with its release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from audit.actions import ACCESS_REFUSED
from audit.actors import person_name
from audit.denials import Denied
from audit.services import Target
from operations import exports
from operations.engine.hold import PERMISSION, check_may_hold
from operations.export_admin import ExportableAdmin
from operations.models import Hold
from operations.views.hold_pages import RELEASE, page_of, release_page, release_selection
from screens.cells import badge, column, date_cell, state_badge, two_lines

IN_FORCE = "in_force"


class HoldFilters(django_filters.FilterSet):
    """State, and who placed it."""

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[
            (IN_FORCE, gettext_lazy("In force")),
            ("released", gettext_lazy("Released")),
            ("ended", pgettext_lazy("hold", "Ended")),
        ],
        method="filter_state",
    )
    placed_by = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Placed by"),
        queryset=get_user_model()._default_manager.filter(is_staff=True).order_by("username"),
    )

    class Meta:
        model = Hold
        fields = ["state", "placed_by"]

    def filter_state(self, rows: QuerySet[Hold], _name: str, value: str) -> QuerySet[Hold]:
        """By the database's clock, as the engine asks."""
        if value == IN_FORCE:
            return rows.filter(Q(until=None) | Q(until__gt=Now()), released_at=None)
        if value == "released":
            return rows.exclude(released_at=None)
        return rows.filter(until__lte=Now(), released_at=None)


@admin.register(Hold)
class HoldAdmin(ExportableAdmin):
    """Holds in force, ended and released; a row is kept for ever."""

    export_columns = exports.HOLDS
    list_display = ["target_cell", "reason", "until_cell", "placed_cell", "state_cell"]
    list_display_links = None
    list_select_related = ["placed_by", "released_by"]
    search_fields = ["target_label", "reason"]
    search_placeholder = gettext_lazy("Object or reason")
    filterset_class = HoldFilters
    tabs = [
        (gettext_lazy("All"), {}),
        (gettext_lazy("In force"), {"state": IN_FORCE}),
        (gettext_lazy("Released"), {"state": "released"}),
    ]
    keyset_orderings = {"newest": ("-pk",)}
    list_icon = "lock"
    empty_text = gettext_lazy("No hold. What is on hold is never deleted, whatever a plan says.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hold]:
        """Each with whether its time is over, by the database's clock."""
        holds: QuerySet[Hold] = super().get_queryset(request)
        return holds.annotate(ended=Q(until__isnull=False) & Q(until__lte=Now()))

    @column(gettext_lazy("Object"), ordering="newest")
    def target_cell(self, hold: Hold) -> SafeString:
        url = reverse("admin:operations_hold_change", args=[hold.pk])
        return two_lines(hold.target_label, capfirst(_kind(hold)), url=url)

    @column(gettext_lazy("Until"))
    def until_cell(self, hold: Hold) -> SafeString:
        return date_cell(hold.until)

    @column(gettext_lazy("Placed"))
    def placed_cell(self, hold: Hold) -> SafeString:
        return two_lines(person_name(hold.placed_by), date_cell(hold.placed_at))

    @column(gettext_lazy("State"))
    def state_cell(self, hold: Any) -> SafeString:
        return _state(hold)

    def get_bulk_actions(self, request: HttpRequest) -> Sequence[tuple[str, Any, str]]:
        """Releasing, for those who may."""
        return [(RELEASE, _("Release…"), "undo-2")] if request.user.has_perm(PERMISSION) else []

    def refuse_bulk(self, request: HttpRequest, name: str) -> None:
        """The refusal is kept."""
        if name == RELEASE:
            check_may_hold(request.user)

    def handle_bulk(self, request: HttpRequest, name: str, queryset: QuerySet[Any]) -> HttpResponse:
        """The page that asks why; its button comes back here."""
        return release_selection(self, request, queryset)

    def get_urls(self) -> list[URLPattern]:
        """Besides the admin's own: the release of one."""
        view = self.admin_site.admin_view(self.release_view)
        own = [path("<str:object_id>/release/", view, name="operations_hold_release")]
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What a hold says, and the button that releases it."""
        hold = self._hold(request, object_id)
        if hold is None:
            return self._gone(request, object_id)
        may = hold.released_at is None and not hold.ended and request.user.has_perm(PERMISSION)
        release = {
            "label": _("Release…"),
            "url": reverse("admin:operations_hold_release", args=[hold.pk]),
            "icon": "undo-2",
        }
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": hold.target_label,
            "badge": _state(hold),
            "hold": hold,
            "kind": capfirst(_kind(hold)),
            "object_url": page_of(hold.target_kind, hold.target_id),
            "placed_name": person_name(hold.placed_by),
            "released_name": person_name(hold.released_by),
            "actions": [release] if may else [],
            "crumbs": [self._crumb(), {"label": hold.target_label, "url": ""}],
        }
        return TemplateResponse(request, "operations/hold.html", context)

    def release_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page that releases one hold; GET shows it."""
        hold = self._hold(request, object_id)
        if hold is None:
            return self._gone(request, object_id)
        check_may_hold(
            request.user, target=Target(hold.target_kind, hold.target_id, hold.target_label, provider_id="")
        )
        page = reverse("admin:operations_hold_change", args=[hold.pk])
        crumbs = [
            self._crumb(),
            {"label": hold.target_label, "url": page},
            {"label": _("Release"), "url": ""},
        ]
        return release_page(
            self,
            request,
            Hold.objects.filter(pk=hold.pk),
            {"back_url": page, "crumbs": crumbs},
            confirmed=request.method == "POST",
        )

    def _hold(self, request: HttpRequest, object_id: str) -> Any:
        if not self.has_view_permission(request):
            raise Denied(ACCESS_REFUSED, details={"path": request.path[:200], "method": request.method or ""})
        return self.get_object(request, object_id)

    def _gone(self, request: HttpRequest, object_id: str) -> HttpResponse:
        words = _("There is no %(kind)s with the number “%(number)s”.")
        messages.warning(request, words % {"kind": self.opts.verbose_name, "number": object_id[:40]})
        return redirect("admin:operations_hold_changelist")

    def _crumb(self) -> dict[str, str]:
        return {"label": _("Holds"), "url": reverse("admin:operations_hold_changelist")}


def _kind(hold: Hold) -> str:
    """What the object is called; the stored word where this version has no such kind."""
    try:
        return str(apps.get_model(hold.target_kind)._meta.verbose_name)
    except LookupError:
        return hold.target_kind.split(".")[-1]


def _state(hold: Any) -> SafeString:
    if hold.released_at:
        return badge("grey", "check", _("Released"))
    return (
        badge("grey", "check", pgettext("hold", "Ended")) if hold.ended else state_badge("other", "on_hold")
    )
