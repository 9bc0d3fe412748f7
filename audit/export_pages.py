"""The page *Exports*: the log to take along, the program that checks it, and a check of the log's newest part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import chain, log_csv, menus, sealing_text, timeline
from audit.actions import EXPORT_FINISHED, EXPORT_STARTED
from audit.actors import Actor
from audit.checkpoint import NoteError
from audit.export_file import Counted, Export, NotExportable, query_text
from audit.filters import parse
from audit.keys import NoKey, signing_keys
from audit.models import Record
from audit.sealer import sealing_state
from audit.services import record

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

_LAST = 10
_NOT_SIGNED = gettext_lazy(
    "Nothing can be exported as evidence yet: the log has no checkpoint, or no signing key is set."
)
Part = TypeVar("Part")


def link(request: HttpRequest) -> dict[str, str]:
    """The button that leads here from the log, with the log's filters."""
    query = query_text(request.GET)
    url = reverse("admin:audit_record_exports")
    return {"label": _("Export"), "url": f"{url}?{query}" if query else url, "icon": "download"}


def exports(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """The page; POST with `do` streams a file of what the address asks for, or checks the newest records."""
    if request.method != "POST":
        return _page(request, site)
    match request.POST.get("do"):
        case "jsonl":
            return _signed(request, site)
        case "csv":
            return _csv(request, site)
        case "check":
            return _page(request, site, verdict=chain.check_recent())
        case _:
            raise Http404("no such button")


def _signed(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    criteria = parse(request.GET)
    if criteria.unreadable:
        return _page(request, site, status=422)
    try:
        export = Export(criteria, query_text(request.GET))
    except (NotExportable, NoKey, NoteError):
        return _page(request, site, error=str(_NOT_SIGNED), status=422)
    told = {"first": export.first, "end": export.end}
    parts = recorded(export.parts(), export.counted, Actor.of(request), "jsonl", export.query, told)
    return _download(parts, "jsonl", "application/x-ndjson")


def _csv(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    criteria = parse(request.GET)
    if criteria.unreadable:
        return _page(request, site, status=422)
    counted = Counted()
    query = query_text(request.GET)
    parts = recorded(log_csv.lines(criteria, counted), counted, Actor.of(request), "csv", query)
    return _download(parts, "csv", "text/csv; charset=utf-8")


def recorded(
    parts: Iterable[Part],
    counted: Counted,
    actor: Actor,
    name: str,
    query: str,
    told: dict[str, int] | None = None,
) -> Iterator[Part]:
    """The same parts, with a record before the first and one behind the last. A download that breaks off leaves the first alone."""
    what = {"format": name, "filter": query}
    record(EXPORT_STARTED, actor=actor, details={**what, **(told or {})})

    def passing() -> Iterator[Part]:
        yield from parts
        if counted.complete:
            details = {**what, "count": counted.records, "digest": counted.digest}
            record(EXPORT_FINISHED, actor=actor, details=details)

    return passing()


def _download(
    parts: Iterable[str] | Iterable[bytes], ending: str, content_type: str
) -> StreamingHttpResponse:
    response = StreamingHttpResponse(parts, content_type=content_type)
    name = f"audit-log-{timezone.localtime().strftime('%Y%m%d-%H%M%S')}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(
    request: HttpRequest,
    site: AdminSite,
    *,
    verdict: chain.Verdict | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponseBase:
    criteria = parse(request.GET)
    sealing = sealing_state()
    log = reverse("admin:audit_record_changelist")
    query = query_text(request.GET)
    exported = Record.objects.filter(action__in=(EXPORT_STARTED.code, EXPORT_FINISHED.code))
    context = {
        **site.each_context(request),
        "title": _("Exports"),
        "heading": _("Exports"),
        "sentence": _("The audit log as evidence that a stranger can check without this system. %(sealing)s")
        % {"sealing": sealing_text.line(sealing)},
        "sealing_warning": sealing_text.warning(sealing),
        "crumbs": [{"label": _("Audit log"), "url": log}, {"label": _("Exports")}],
        "criteria": criteria,
        "chips": menus.chips(criteria, menus.Address(request.GET)),
        "log_url": f"{log}?{query}" if query else log,
        "sealing": sealing,
        "keys": _keys(),
        "verdict": verdict,
        "verdict_url": reverse("admin:audit_record_change", args=[verdict.record])
        if verdict is not None and verdict.record is not None
        else "",
        "recent": f"{chain.RECENT:,}",
        "error": error,
        "exported": timeline.rows_of(exported.order_by("-at", "-id")[:_LAST]),
    }
    return TemplateResponse(request, "audit/exports.html", context, status=status)


def _keys() -> list[str]:
    """The public keys that files are signed with; none where no key is set."""
    try:
        return [str(key.public) for key in signing_keys()]
    except NoKey:
        return []
