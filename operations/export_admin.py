"""The admin of a list that can be taken along: a button of the list's head, and a page that streams the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit.actions import ACCESS_REFUSED
from audit.actors import Actor, person_name
from audit.denials import Denied
from audit.services import record
from operations.audit_actions import ROWS_EXPORT_FINISHED, ROWS_EXPORTED
from operations.exporting import ExportColumn, ListFile, Written, iso
from screens.changelist import KeysetChangeList
from screens.filters import PLACE
from screens.model_admin import ScreenAdmin

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LONGEST_WORDS = 60
_LONGEST_QUERY = 2_000


class ExportableAdmin(ScreenAdmin):
    """A list that says what is exported of each of its rows; everything else derives from the list."""

    export_columns: ClassVar[Sequence[ExportColumn]] = ()
    """What stands in the file. A list without columns is not exported."""

    export_select_related: ClassVar[Sequence[str]] = ()
    """Relations that the columns follow besides those of the list."""

    def finish_export(self, rows: Sequence[Any]) -> None:
        """Read what the columns need besides the rows, for a thousand rows at once."""

    def export_action(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The button of the list's head that leads to the export of what the list shows."""
        if not self.export_columns:
            return []
        query = request.GET.copy()
        for name in (*PLACE, "e"):
            query.pop(name, None)
        url = self._export_url()
        return [
            {"label": _("Export…"), "url": f"{url}?{query.urlencode()}" if query else url, "icon": "download"}
        ]

    def changelist_context(self, request: HttpRequest) -> dict[str, Any]:
        """What the list has of its own, with the way to its export."""
        context = super().changelist_context(request)
        return {**context, "actions": [*self.export_action(request), *context.get("actions", ())]}

    def get_urls(self) -> list[URLPattern]:
        """Besides the admin's own: the page of the export."""
        if not self.export_columns:
            return super().get_urls()
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/", self.admin_site.admin_view(self.export_view), name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """What would be exported; POST with `do` streams it. The address has the list's own filters."""
        if not self.has_view_permission(request):
            raise Denied(ACCESS_REFUSED, details={"path": request.path[:200], "method": request.method or ""})
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        cl = self._changelist(request)
        if request.method != "POST":
            return self._export_page(request, cl)
        ending = request.POST.get("do", "")
        if ending not in FORMATS:
            raise Http404("no such button")
        if cl.filters.problems:
            return self._export_page(request, cl, status=422)
        return self._export_file(request, cl, ending)

    def _export_file(self, request: HttpRequest, cl: KeysetChangeList, ending: str) -> StreamingHttpResponse:
        name = str(self.opts.verbose_name_plural)
        about = [
            (_("List"), capfirst(name)),
            *((chip.label, str(chip.value)) for chip in cl.chips),
            (_("Exported by"), person_name(request.user)),
            (_("Exported on"), iso(timezone.now())),
        ]
        written = Written()
        rows = (
            cl.matching.select_related(*self.export_select_related)
            if self.export_select_related
            else cl.matching
        )
        file = ListFile(rows, cl.ordering, self.export_columns, self.finish_export, about, written)
        parts: Callable[[], Iterator[bytes]] = file.csv_parts if ending == "csv" else file.xlsx_parts
        what = {
            "list": self.opts.label_lower,
            "format": ending,
            "filter": cl.words[:_LONGEST_QUERY],
            "query": cl.query_words[:_LONGEST_QUERY],
        }
        response = StreamingHttpResponse(
            _recorded(parts(), written, Actor.of(request), what), content_type=FORMATS[ending]
        )
        stamp = timezone.localtime().strftime("%Y%m%d-%H%M%S")
        file_name = f"{_in_a_name(name, cl.words)}-{stamp}.{ending}"
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file_name)
        return response

    def _export_page(
        self, request: HttpRequest, cl: KeysetChangeList, *, status: int = 200
    ) -> TemplateResponse:
        back = f"{reverse(f'admin:{self.opts.app_label}_{self.opts.model_name}_changelist')}{cl.filters.url_without()}"
        plural = capfirst(str(self.opts.verbose_name_plural))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Export: %(list)s") % {"list": plural},
            "sentence": _("What the list shows now, in its order. The export is recorded."),
            "cl": cl,
            "heads": [capfirst(str(column.head)) for column in self.export_columns],
            "back_url": back,
            "crumbs": [{"label": plural, "url": back}, {"label": _("Export"), "url": ""}],
        }
        return TemplateResponse(request, "operations/export.html", context, status=status)

    def _export_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_export")


def _recorded(
    parts: Iterator[bytes], written: Written, actor: Actor, what: dict[str, Any]
) -> Iterator[bytes]:
    """The same parts, with a record before the first and one behind the last. A download that breaks off leaves the first alone."""
    record(ROWS_EXPORTED, actor=actor, details=what)

    def passing() -> Iterator[bytes]:
        yield from parts
        if written.complete:
            record(ROWS_EXPORT_FINISHED, actor=actor, details={**what, "count": written.rows})

    return passing()


def _in_a_name(*parts: str) -> str:
    """Words as they may stand in a file's name, in any script."""
    words = "-".join(part for part in parts if part)
    return re.sub(r"[^\w]+", "-", words).strip("-")[:_LONGEST_WORDS] or "list"
