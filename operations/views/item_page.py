"""One item of a run: what was frozen, each attempt and its answer, and a person's decision about an unknown outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.actors import Actor
from operations import engine
from operations.explain import last_call, outcome_badge, what_happened
from operations.labels import change_rows
from operations.models import Item, Run
from operations.models.account import provider_name
from operations.registry import registry
from operations.states import ItemState, Outcome

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite


def item_page(request: HttpRequest, run: Run, item_pk: int, site: AdminSite) -> HttpResponse:
    """GET shows the item; POST settles an unknown one by a person's word."""
    item = get_object_or_404(
        Item.objects.prefetch_related("attempts").select_related("account"), pk=item_pk, run=run
    )
    operation = registry[item.operation]
    note_error = ""
    if request.method == "POST":
        try:
            engine.decide(
                item,
                happened={"yes": True, "no": False}.get(request.POST.get("happened", "")),
                note=request.POST.get("note", ""),
                actor=Actor.of(request),
                user=request.user,
            )
        except engine.Refused as refused:
            note_error = str(refused.message)
        else:
            messages.success(request, _("Your decision is recorded."))
            return redirect("admin:operations_run_item", run.pk, item.pk)
    context = {
        **site.each_context(request),
        "title": item.label or str(item),
        "run": run,
        "item": item,
        "operation": operation,
        "badge": outcome_badge(item),
        "what": what_happened(item, last_call(item)),
        "changes": change_rows(item),
        "attempts": sorted(item.attempts.all(), key=lambda attempt: attempt.started_at),
        "provider": provider_name(operation.provider),
        "may_decide": item.state == ItemState.SETTLED
        and item.outcome == Outcome.UNKNOWN
        and request.user.has_perm(operation.permission),
        "note_error": note_error,
        "crumbs": [
            {"label": _("Plans and runs"), "url": reverse("admin:operations_run_changelist")},
            {"label": str(run), "url": run.get_absolute_url()},
            {"label": item.label or str(item.pk), "url": ""},
        ],
    }
    return TemplateResponse(request, "operations/item.html", context, status=422 if note_error else 200)
