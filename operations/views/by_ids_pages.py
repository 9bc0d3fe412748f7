"""Choosing rows by provider ids: the form, what was found of them, and the plan that one button makes of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actors import Actor
from audit.services import record
from operations import engine, selecting
from operations.audit_actions import SELECTION_EXPORTED
from operations.by_ids_form import ByIdsForm
from operations.models import Selection
from screens.csv_cells import Echo, guarded
from screens.figures import number_text

if TYPE_CHECKING:
    from operations.mirror_admin import MirrorAdmin
    from operations.selecting import ByIds


def by_ids_page(admin: MirrorAdmin, by_ids: ByIds, request: HttpRequest) -> HttpResponse:
    """The form; POST looks the ids up, which touches no row of the list."""
    selecting.check_may_plan(admin.planned_operations(), request.user)
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    sent = request.method == "POST"
    form = ByIdsForm(request.POST, request.FILES) if sent else ByIdsForm()
    if sent and form.is_valid():
        selection = selecting.stage(
            admin.model,
            form.ids,
            by_ids,
            actor=Actor.of(request),
            user=request.user,
            source=form.source(),
        )
        return redirect(admin.url_of("by_ids_found", selection.pk))
    context = {
        **_frame(admin, request),
        "title": _("Select by IDs"),
        "sentence": _("The IDs of the providers, as the list shows them. They may be of all kinds at once."),
        "form": form,
    }
    return TemplateResponse(request, "operations/by_ids.html", context, status=422 if sent else 200)


def found_page(admin: MirrorAdmin, by_ids: ByIds, request: HttpRequest, pk: int) -> HttpResponse:
    """What the ids stand for; POST makes the plan that the pressed button names."""
    selecting.check_may_plan(admin.planned_operations(), request.user)
    selection = _own(admin, request, pk)
    if selection is None:
        messages.warning(request, _("This list of IDs is no longer kept. Give the IDs again."))
        return redirect(admin.url_of("by_ids"))
    if request.method == "POST":
        return _plan(admin, request, selection)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    if selection.run is not None:
        return redirect(selection.run.get_absolute_url())
    words = ngettext("%(count)s found", "%(count)s found", selection.found)
    context = {
        **_frame(admin, request),
        "title": words % {"count": number_text(selection.found)},
        "sentence": capfirst(selecting.words_of(selection)),
        "selection": selection,
        "kinds": selecting.kinds_of(selection, admin.model, by_ids),
        "buttons": admin.plan_buttons(request),
        "csv_url": admin.url_of("by_ids_csv", selection.pk),
        "again_url": admin.url_of("by_ids"),
    }
    return TemplateResponse(request, "operations/by_ids_found.html", context)


def unresolved_csv(admin: MirrorAdmin, request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The ids that are unknown or ambiguous, with the reason; only for the person who gave them."""
    selecting.check_may_plan(admin.planned_operations(), request.user)
    selection = _own(admin, request, pk)
    if selection is None:
        raise Http404("no such selection")
    record(
        SELECTION_EXPORTED,
        actor=Actor.of(request),
        details={"count": selection.unknown + selection.ambiguous, "format": "csv"},
    )
    response = StreamingHttpResponse(_lines(selection), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="unknown-ids-{selection.pk}.csv"'
    return response


def _plan(admin: MirrorAdmin, request: HttpRequest, selection: Selection) -> HttpResponse:
    name = request.POST.get("action", "")
    if name not in {known for known, _label, _icon in admin.plan_buttons(request)}:
        admin.refuse_bulk(request, name)
        messages.warning(request, _("This list does not know that action. Nothing was changed."))
        return redirect(request.get_full_path())
    try:
        run = selecting.plan_selection(
            selection,
            admin.button_operations(name),
            admin.model,
            actor=Actor.of(request),
            user=request.user,
        )
    except engine.Refused as refused:
        messages.error(request, str(refused.message))
        return redirect(request.get_full_path())
    return redirect(run.get_absolute_url())


def _own(admin: MirrorAdmin, request: HttpRequest, pk: int) -> Selection | None:
    mine = Selection.objects.filter(
        pk=pk, made_by_id=request.user.pk, target_kind=admin.model._meta.label_lower
    )
    return mine.select_related("run").first()


def _frame(admin: MirrorAdmin, request: HttpRequest) -> dict[str, Any]:
    name = f"{admin.opts.app_label}_{admin.opts.model_name}"
    back = reverse(f"admin:{name}_changelist")
    return {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "back_url": back,
        "crumbs": [
            {"label": capfirst(str(admin.opts.verbose_name_plural)), "url": back},
            {"label": _("Select by IDs"), "url": ""},
        ],
    }


def _lines(selection: Selection) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield "\ufeff"
    yield writer.writerow([_("ID"), _("Why it is in no plan")])
    for one in selecting.unresolved(selection).iterator(chunk_size=selecting.BATCH):
        yield writer.writerow([guarded(one.text), guarded(selecting.why_not(one))])
