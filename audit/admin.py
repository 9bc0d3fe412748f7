"""The audit log's screens. Everybody with the right may read; nobody, superusers included, may change anything."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from audit import chain, changes, export_pages, menus, qualifiers, sealing_text, timeline
from audit.filters import page_of, parse
from audit.models import Record
from audit.rows import Row
from audit.sealer import sealing_state
from audit.verifier_file import verifier_file
from screens.dates import moment_text

_SAFE = ("GET", "HEAD")


@admin.register(Record)
class RecordAdmin(admin.ModelAdmin[Record]):
    """The log as a timeline, and a page for each record."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Record | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Record | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self._check(request)
        criteria = parse(request.GET)
        page = page_of(criteria)
        address = menus.Address(request.GET)
        sealing = sealing_state()
        rows = (
            timeline.folded_rows(page.records, one_person=criteria.one_person)
            if criteria.folds
            else timeline.rows_of(page.records)
        )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Audit log"),
            "heading": _("Audit log"),
            "sentence": _("Every edit, deletion and refusal. Nobody can change or delete a line. %(sealing)s")
            % {"sealing": sealing_text.line(sealing)},
            "sealing_warning": sealing_text.warning(sealing),
            "crumbs": [{"label": _("Audit log")}],
            "actions": [export_pages.link(request)],
            "rows": rows,
            "criteria": criteria,
            "buttons": menus.buttons(criteria, address, self._kinds()),
            "chips": [] if criteria.query.problems else menus.chips(criteria, address),
            "clear_url": reverse("admin:audit_record_changelist"),
            "search_hidden": address.hidden("q"),
            "qualifiers": qualifiers.QUALIFIERS,
            "search_examples": [
                (search, words, address.with_(q=search)) for search, words in qualifiers.examples()
            ],
            "older_url": address.with_(before=page.older) if page.older else "",
            "newer_url": address.with_(after=page.newer) if page.newer else "",
            "newest_url": address.without() if request.GET.keys() & {"before", "after"} else "",
            "searched_back_to": moment_text(page.searched_back_to) if page.searched_back_to else "",
            "search_limit": f"{page.searched:,}",
            "fold_url": address.without("all") if criteria.every else "",
            "every_url": address.with_(all="1") if criteria.folds else "",
            **(extra_context or {}),
        }
        return TemplateResponse(request, "audit/log.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        self._check(request)
        row = self._row(object_id)
        record = row.record
        heading = _("Record %(number)s") % {"number": f"{record.pk:,}"}
        context = {
            **self.admin_site.each_context(request),
            "title": heading,
            "heading": heading,
            "badge": row.badge,
            "sentence": moment_text(record.at),
            "crumbs": [
                {"label": _("Audit log"), "url": reverse("admin:audit_record_changelist")},
                {"label": heading},
            ],
            "row": row,
            "record": record,
            "kind_label": changes.kind_label(record.target_kind) if record.target_kind else "",
            "facts": changes.further_details(record),
            "mark": chain.mark(record.pk, verify="verify" in request.GET),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "audit/record.html", context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A record has no history: it is one."""
        self._check(request)
        return HttpResponseRedirect(self._row(object_id).url)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("exports/", view(self.exports_view), name="audit_record_exports"),
            path("exports/verify.py", view(self.verifier_view), name="audit_record_verifier"),
        ]
        return [*own, *super().get_urls()]

    def exports_view(self, request: HttpRequest) -> HttpResponseBase:
        """GET shows what can be exported; POST streams a file, or checks the newest part of the log."""
        self._check(request, "GET", "HEAD", "POST")
        return export_pages.exports(request, self.admin_site)

    def verifier_view(self, request: HttpRequest) -> HttpResponse:
        """The program that checks exports and receipts."""
        self._check(request)
        return verifier_file()

    def _check(self, request: HttpRequest, *methods: str) -> None:
        if request.method not in (methods or _SAFE) or not self.has_view_permission(request):
            raise PermissionDenied

    def _row(self, object_id: str) -> Row:
        known = object_id.isascii() and object_id.isdigit() and len(object_id) < 19
        record = Record.objects.filter(pk=int(object_id)).first() if known else None
        if record is None:
            raise Http404(_("There is no such record."))
        return Row(record)

    def _kinds(self) -> list[type[Model]]:
        """Kinds of objects the ledger may speak of: whatever has a screen."""
        return [
            model
            for model in apps.get_models()
            if model is not Record and self.admin_site.is_registered(model)
        ]
