"""The pages of one import: its columns, its dry run, how far it has come, what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actors import Actor
from audit.services import Target, record
from intake import importing
from intake.importing import report
from intake.importing.audit_actions import ROWS_EXPORTED
from intake.importing.forms import ColumnsForm, UploadForm
from intake.importing.receive import PERMISSION
from intake.importing.work import FAILED
from intake.models import Import, ImportRow
from intake.spreadsheets.tables import TableError
from operations.clock import database_now
from operations.engine import Refused
from screens.cells import badge
from screens.figures import number_text

if TYPE_CHECKING:
    from intake.importing.admin import ImportAdmin

State, Verdict = Import.State, ImportRow.Verdict
PER_PAGE = 50
_TONES = {
    State.UPLOADED: ("amber", "list"),
    State.MAPPED: ("blue", "loader"),
    State.CHECKED: ("amber", "hourglass"),
    State.APPLYING: ("blue", "loader"),
    State.APPLIED: ("green", "check"),
    State.DISCARDED: ("grey", "circle-slash"),
    State.STOPPED: ("red", "octagon-x"),
}
_VERDICT_TONES = {
    Verdict.WRONG: ("red", "x"),
    Verdict.NEW: ("green", "plus"),
    Verdict.CHANGED: ("blue", "pencil"),
    Verdict.KEPT: ("amber", "history"),
    Verdict.UNCHANGED: ("grey", "check"),
}


def state_badge_of(one: Import) -> SafeString:
    """Where an import stands."""
    return badge(*_TONES[State(one.state)], one.get_state_display())


def new_page(admin: ImportAdmin, request: HttpRequest) -> HttpResponse:
    """The form that takes a file; POST keeps it and shows its columns."""
    importing.check_may_import(request.user)
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
    if sent and form.is_valid() and (one := _uploaded(request, form)) is not None:
        return redirect(one.get_absolute_url())
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": _("New import"),
        "sentence": _(
            "The file is read and compared first. Nothing is changed before you have seen what would be."
        ),
        "form": form,
        "steps": _steps(None),
        "back_url": admin.list_url(),
        "crumbs": [{"label": _("Imports"), "url": admin.list_url()}, {"label": _("New import"), "url": ""}],
    }
    return TemplateResponse(request, "intake/import_new.html", context, status=422 if sent else 200)


def _uploaded(request: HttpRequest, form: UploadForm) -> Import | None:
    """The import; None after an error beside its field."""
    given = form.cleaned_data
    try:
        return importing.upload(
            given["file"],
            name=given["file"].name,
            kind=given["kind"],
            account=given["account"],
            at=given["at"],
            actor=Actor.of(request),
            user=request.user,
            form_token=given["token"],
        )
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused.message))
        return None


def import_page(admin: ImportAdmin, request: HttpRequest, one: Import) -> HttpResponse:
    """One import as it stands; POST does what its button names."""
    if request.method == "POST":
        return _pressed(admin, request, one)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    may = request.user.has_perm(PERMISSION)
    again = "columns" in request.GET and one.state in (State.MAPPED, State.CHECKED)
    if may and (one.state == State.UPLOADED or again):
        return _columns_page(admin, request, one, ColumnsForm(one))
    return TemplateResponse(request, "intake/import.html", _context(admin, request, one, may=may))


def _pressed(admin: ImportAdmin, request: HttpRequest, one: Import) -> HttpResponse:
    importing.check_may_import(request.user, one)
    do = request.POST.get("do", "")
    who: dict[str, Any] = {"actor": Actor.of(request), "user": request.user}
    try:
        match do:
            case "columns":
                form = ColumnsForm(one, request.POST)
                if not form.is_valid():
                    return _columns_page(admin, request, one, form)
                try:
                    importing.set_columns(one, form.mapping(), **who)
                except Refused as refused:
                    if refused.code != "lacking":
                        raise
                    form.add_error(None, str(refused.message))
                    return _columns_page(admin, request, one, form)
            case "apply":
                importing.apply(one, token=request.POST.get("token", ""), **who)
            case "discard":
                importing.discard(one, **who)
                messages.info(request, _("The import is discarded. Its rows are removed."))
            case "go_on":
                importing.go_on(one, **who)
            case _:
                messages.warning(request, _("This page does not know that button. Nothing was changed."))
    except Refused as refused:
        messages.error(request, str(refused.message))
    return redirect(one.get_absolute_url())


def progress_fragment(request: HttpRequest, one: Import) -> HttpResponse:
    """How far it has come, alone, for the live page."""
    return render(request, "intake/import_progress.html", progress_context(one))


def rows_csv(request: HttpRequest, one: Import) -> StreamingHttpResponse:
    """Rows of the file with what was found of each; the download is recorded."""
    show = request.GET.get("show", "")
    if show and show not in Verdict.values:
        raise Http404("no such result")
    details = {"format": "csv", "show": show or "all"}
    record(ROWS_EXPORTED, actor=Actor.of(request), target=Target.of(one), details=details)
    response = StreamingHttpResponse(report.csv_lines(one, show), content_type="text/csv; charset=utf-8")
    name = f"{one}-{slugify(show or 'all')}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def progress_context(one: Import) -> dict[str, Any]:
    """What templates/intake/import_progress.html needs; `bar` is cut as that of a run."""
    reading = one.read_at is None
    total = one.about if reading else one.rows
    done = min(one.rows, total) if reading else one.passed
    doing = (
        _("Reading the file")
        if reading
        else _("Comparing with what is here")
        if one.state == State.MAPPED
        else _("Taking the rows in")
    )
    return {
        "one": one,
        "done": done,
        "total": max(total, done, 1),
        "percent": done * 100 // max(total, done, 1),
        "doing": doing,
        "bar": {"done": done},
        "final": one.state not in (State.MAPPED, State.APPLYING),
        "as_of": database_now(),
    }


def _columns_page(admin: ImportAdmin, request: HttpRequest, one: Import, form: ColumnsForm) -> HttpResponse:
    guessed = len(one.mapping)
    words = ngettext(
        "%(count)s of %(all)s headings is known. Look at all of them before you go on.",
        "%(count)s of %(all)s headings are known. Look at all of them before you go on.",
        guessed,
    )
    context = {
        **_frame(admin, request, one),
        "sentence": words % {"count": number_text(guessed), "all": number_text(len(one.headings))},
        "form": form,
        "steps": _steps(1),
        "needed": [str(column.label) for column in one.target.columns if column.required]
        if one.target
        else [],
    }
    return TemplateResponse(
        request, "intake/import_columns.html", context, status=422 if form.errors else 200
    )


def _context(admin: ImportAdmin, request: HttpRequest, one: Import, *, may: bool) -> dict[str, Any]:
    at_work = one.state in (State.MAPPED, State.APPLYING)
    context = {
        **_frame(admin, request, one),
        "sentence": _sentence(one),
        "steps": _steps(_STEP_OF.get(State(one.state))),
        "at_work": at_work,
        "may": may,
        "problem": _problem(one),
        "rows_gone": one.rows_gone_at is not None or one.state == State.DISCARDED,
        "progress_url": reverse("admin:intake_import_progress", args=[one.pk]),
        "going": sum(one.counts.get(name, 0) for name in (Verdict.NEW, Verdict.CHANGED)),
    }
    if at_work:
        return context | progress_context(one)
    return context | _rows_context(request, one)


def _rows_context(request: HttpRequest, one: Import) -> dict[str, Any]:
    counts = report.counted(one)
    show = request.GET.get("show", "")
    if show not in Verdict.values:
        show = next((verdict for verdict, _label, count in counts if count), Verdict.NEW.value)
    after = request.GET.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    rows = list(report.rows_of(one, show).filter(number__gt=start)[: PER_PAGE + 1])
    csv_url = reverse("admin:intake_import_csv", args=[one.pk])
    return {
        "shows": [
            {"label": label, "url": f"?show={verdict}#rows", "count": count, "active": verdict == show}
            for verdict, label, count in counts
        ],
        "cells": [{"label": label, "value": number_text(count)} for _verdict, label, count in counts],
        "show": show,
        "lines": [_line(one, row) for row in rows[:PER_PAGE]],
        "next_query": urlencode({"show": show, "after": rows[PER_PAGE - 1].number})
        if len(rows) > PER_PAGE
        else "",
        "csv_url": f"{csv_url}?{urlencode({'show': show})}",
        "all_csv_url": csv_url,
        "wrong_count": one.counts.get(Verdict.WRONG, 0),
        "wrong_csv_url": f"{csv_url}?{urlencode({'show': Verdict.WRONG.value})}",
    }


def _line(one: Import, row: ImportRow) -> dict[str, Any]:
    places = {name: place for place, name in one.columns.items()}
    place = places.get("name", places.get("title", -1))
    return {
        "row": row,
        "name": row.cells[place][: report.LONGEST] if 0 <= place < len(row.cells) else "",
        "badge": badge(*_VERDICT_TONES[Verdict(row.verdict)], row.get_verdict_display())
        if row.verdict
        else "",
        "wrong": report.wrong_of(one, row),
        "changed": report.changes_of(one, row),
        "kept": report.changes_of(one, row, "kept"),
    }


def _frame(admin: ImportAdmin, request: HttpRequest, one: Import) -> dict[str, Any]:
    return {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": one.file_name,
        "badge": state_badge_of(one),
        "one": one,
        "crumbs": [{"label": _("Imports"), "url": admin.list_url()}, {"label": str(one), "url": ""}],
        "back_url": admin.list_url(),
    }


_STEP_OF = {State.UPLOADED: 1, State.MAPPED: 2, State.CHECKED: 3, State.APPLYING: 3, State.APPLIED: 4}


def _steps(current: int | None) -> list[dict[str, str]]:
    """The four steps; all are to do before the upload."""
    here = 0 if current is None else current
    names = (_("File"), _("Columns"), _("Dry run"), _("Apply"))
    return [
        {"name": name, "state": "done" if place < here else "current" if place == here else "todo"}
        for place, name in enumerate(names)
    ]


def _sentence(one: Import) -> str:
    facts = {
        "kind": one.kind_label,
        "account": one.account,
        "who": one.uploaded_name,
        "rows": number_text(one.rows),
    }
    if one.state == State.CHECKED:
        return _("%(kind)s of %(account)s, %(rows)s rows. Nothing is changed yet.") % facts
    return _("%(kind)s of %(account)s, %(rows)s rows, uploaded by %(who)s.") % facts


def _problem(one: Import) -> str:
    if one.state != State.STOPPED:
        return ""
    if one.problem == FAILED:
        return _(
            "An error of this system stopped it; it is in the server’s log. Nothing is lost, and it can go on."
        )
    return str(TableError(one.problem).message)
