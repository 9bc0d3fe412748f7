"""One item of a run: what was frozen, each attempt and its answer, and a person's decision about an unknown outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.actors import Actor, person_name
from operations import engine
from operations.explain import last_call, needs_a_person, outcome_badge, what_happened
from operations.labels import change_rows
from operations.models import Item, Run
from operations.models.account import provider_name
from operations.registry import registry
from operations.views.decide_page import decision_fields

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite


def item_page(request: HttpRequest, run: Run, item_pk: int, site: AdminSite) -> HttpResponse:
    """GET shows the item; POST settles an unknown one by a person's word."""
    item = get_object_or_404(
        Item.objects.prefetch_related("attempts").select_related("account", "decided_by", "run"),
        pk=item_pk,
        run=run,
    )
    operation = registry[item.operation]
    refused = None
    if request.method == "POST":
        try:
            engine.decide(
                item,
                finding=request.POST.get("finding", ""),
                note=request.POST.get("note", ""),
                actor=Actor.of(request),
                user=request.user,
            )
        except engine.Refused as why:
            refused = why
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
        "decided_by": person_name(item.decided_by),
        "may_decide": needs_a_person(item) and request.user.has_perm(operation.permission),
        **decision_fields(request, run, refused),
        "crumbs": [
            {"label": _("Plans and runs"), "url": reverse("admin:operations_run_changelist")},
            {"label": str(run), "url": run.get_absolute_url()},
            {"label": item.label or str(item.pk), "url": ""},
        ],
    }
    return TemplateResponse(request, "operations/item.html", context, status=422 if refused else 200)
