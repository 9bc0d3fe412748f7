"""The screens of what came in: imports of spreadsheets."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from audit.actions import ACCESS_REFUSED
from audit.denials import Denied
from intake.importing import exports
from intake.importing.pages import import_page, new_page, progress_fragment, rows_csv, state_badge_of
from intake.importing.receive import PERMISSION
from intake.models import Import
from intake.spreadsheets import kinds
from operations.export_admin import ExportableAdmin
from operations.models import Account
from screens.cells import column, date_cell, two_lines
from screens.figures import number_text


def _accounts(request: Any) -> QuerySet[Account]:
    return Account.objects.filter(provider__in={kind.provider for kind in kinds()}).order_by("name")


class ImportFilters(django_filters.FilterSet):
    """State, kind and account."""

    state = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=Import.State.choices)
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"), choices=[(kind.key, kind.label) for kind in kinds()]
    )
    account = django_filters.ModelChoiceFilter(label=gettext_lazy("Account"), queryset=_accounts)

    class Meta:
        model = Import
        fields: tuple[str, ...] = ()


@admin.register(Import)
class ImportAdmin(ExportableAdmin):
    """Spreadsheets that were uploaded, newest first; each has one page of its own."""

    list_display = ("file", "what", "result", "date", "standing")
    list_display_links = None
    list_select_related = ("account",)
    search_fields = ("file_name", "uploaded_name")
    search_placeholder = gettext_lazy("File or person")
    filterset_class = ImportFilters
    tabs = (
        (pgettext_lazy("imports", "All"), {}),
        (gettext_lazy("Waiting to be applied"), {"state": Import.State.CHECKED.value}),
        (pgettext_lazy("imports", "Applied"), {"state": Import.State.APPLIED.value}),
    )
    keyset_orderings = {"newest": ("-pk",)}
    export_columns = exports.IMPORTS
    list_icon = "upload"
    empty_text = gettext_lazy(
        "Nothing was imported yet. ClassIn cannot list its courses and lessons; an export of its dashboard can."
    )

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        new = {
            "label": _("New import…"),
            "url": reverse("admin:intake_import_new"),
            "icon": "upload",
            "style": "primary",
        }
        return {
            "title": _("Imports"),
            "crumbs": [{"label": _("Imports")}],
            "sentence": _(
                "Spreadsheets of courses, lessons and class videos, as ClassIn’s dashboard exports them."
            ),
            "actions": [new] if request.user.has_perm(PERMISSION) else [],
        }

    def list_url(self) -> str:
        """The address of the list."""
        return reverse("admin:intake_import_changelist")

    @column(gettext_lazy("File"), ordering="newest")
    def file(self, one: Import) -> SafeString:
        return two_lines(one.file_name, one, url=one.get_absolute_url())

    @column(gettext_lazy("What it lists"))
    def what(self, one: Import) -> SafeString:
        return two_lines(one.kind_label, one.account)

    @column(gettext_lazy("Result"))
    def result(self, one: Import) -> SafeString:
        facts = {name: number_text(one.counts.get(name, 0)) for name in ("new", "changed", "wrong")}
        words = _("%(new)s new, %(changed)s changed, %(wrong)s wrong") % facts if one.counts else ""
        return two_lines(_("%(count)s rows") % {"count": number_text(one.rows)}, words)

    @column(gettext_lazy("Uploaded"))
    def date(self, one: Import) -> SafeString:
        return two_lines(one.uploaded_name, date_cell(one.uploaded_at))

    @column(gettext_lazy("State"), wide=True)
    def standing(self, one: Import) -> SafeString:
        return state_badge_of(one)

    def get_urls(self) -> list[URLPattern]:
        """Besides the admin's own: the upload, the rows as a file, the live progress."""
        view = self.admin_site.admin_view
        own = [
            path("new/", view(self.new_view), name="intake_import_new"),
            path("<int:pk>/rows.csv", view(self.csv_view), name="intake_import_csv"),
            path("<int:pk>/progress/", view(self.progress_view), name="intake_import_progress"),
        ]
        return [*own, *super().get_urls()]

    def new_view(self, request: HttpRequest) -> HttpResponse:
        self._check(request)
        return new_page(self, request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one import."""
        return import_page(self, request, self._find(request, object_id))

    def csv_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = self._find(request, pk)
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        return rows_csv(request, one)  # type: ignore[return-value]  # streaming is a response as well

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return progress_fragment(request, self._find(request, pk))

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise Denied(ACCESS_REFUSED, details={"path": request.path[:200], "method": request.method or ""})

    def _find(self, request: HttpRequest, pk: str | int) -> Import:
        self._check(request)
        found = self.get_object(request, str(pk))
        if found is None:
            raise Http404("no such import")
        return Import.objects.select_related("account").get(pk=found.pk)
