"""One page for a plan and the run it becomes: preview or review, progress, result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actors import Actor
from operations import engine, run_facts
from operations.confirm_form import ConfirmForm
from operations.engine.confirm import is_destructive, operations_of, shown_ids
from operations.engine.control import RETRIABLE
from operations.engine.finish import halt_words
from operations.engine.propose import may_sign
from operations.explain import last_call, outcome_badge, what_happened
from operations.labels import change_rows
from operations.models import Item, Run
from operations.models.account import provider_name
from operations.next_steps import next_steps
from operations.states import ItemState, Outcome, RunState
from operations.views import approval_page
from screens.cells import state_badge
from screens.dates import clock_text

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

Handler = Callable[[HttpRequest, Run], HttpResponse]


def run_page(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    """GET shows the plan or the run; POST does the one thing that its button names."""
    if request.method == "POST":
        handler = _HANDLERS.get(request.POST.get("do", ""))
        if handler is None:
            raise Http404("no such button")
        try:
            return handler(request, run, site)
        except engine.Refused as refused:
            messages.error(request, str(refused.message))
            return redirect(run.get_absolute_url())
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    if run.state == RunState.DRAFT:
        return _plan(request, run, site, form=None)
    if run.state == RunState.WAITING_APPROVAL:
        frame = {**site.each_context(request), "crumbs": _crumbs(run), **_opened_group(request, run)}
        return approval_page.approval_page(request, run, frame)
    return _run(request, run, site)


def _plan(
    request: HttpRequest, run: Run, site: AdminSite, *, form: ConfirmForm | None, status: int = 200
) -> HttpResponse:
    totals = run_facts.plan_totals(run)
    destructive = is_destructive(run)
    mine = run.requested_by_id == request.user.pk
    form = form or _form(run, destructive=destructive, count=totals["going"])
    context = {
        **site.each_context(request),
        "run": run,
        "title": run_facts.heading(run, totals["going"], None),
        "badge": state_badge("deletion_run" if destructive else "run", run.state),
        "totals": totals,
        "form": form,
        "mine": mine,
        "may_sign": run.is_unsigned and may_sign(run, request.user),
        "destructive": destructive,
        "providers": sorted({provider_name(operation.provider) for operation in operations_of(run)}),
        "left_out": run_facts.left_out(run),
        "crumbs": _crumbs(run),
        "stale_at": None,
    }
    template = "operations/review.html"
    if destructive:
        template = "operations/plan.html"
        context |= _opened_group(request, run) | next_steps(run)
    else:
        item = Item.objects.select_related("account").get(run=run)
        operation = operations_of(run)[0]
        context |= {
            "item": item,
            "operation": operation,
            "changes": change_rows(item),
            "back_url": _form_url(item),
            "attachment": getattr(item, "attachment", None),
        }
    return TemplateResponse(request, template, context, status=status)


def _form(run: Run, *, destructive: bool, count: int, data: Any = None) -> ConfirmForm:
    return ConfirmForm(data, destructive=destructive, count=count, initial={"token": run.token})


def _opened_group(request: HttpRequest, run: Run) -> dict[str, Any]:
    """The groups, with one page of items in the open one; the first is open unless the URL names another."""
    groups = run_facts.plan_groups(run)
    labels = [group["group_label"] for group in groups]
    wanted = request.GET.get("open", "")
    opened = wanted if wanted in labels else str(labels[0]) if labels else ""
    items, after = run_facts.plan_items(run, opened, _number(request.GET.get("after")))
    return {"groups": groups, "opened": opened, "items": items, "after": after}


def _run(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    facts = run_facts.progress(run)
    single = facts.total == 1
    default = "latest" if run.state == RunState.RUNNING and not single else "all"
    show = request.GET.get("show", default)
    items, after = run_facts.shown_items(run, show, _number(request.GET.get("after")))
    only = items[0] if single and items else None
    context = {
        **site.each_context(request),
        **progress_context(run, facts),
        "title": run_facts.heading(run, facts.total, only),
        "badge": outcome_badge(only) if only and facts.settled else _state(run),
        "rows": [_row(item) for item in items],
        "show": show,
        "shows": _shows(run, facts, show, default),
        "after": after,
        "crumbs": _crumbs(run),
        "only": only,
        "changes": change_rows(only) if only else [],
        "back_url": _form_url(only) if only and only.outcome in RETRIABLE and not is_destructive(run) else "",
        "may_act": all(request.user.has_perm(operation.permission) for operation in operations_of(run)),
        "may_retry": is_destructive(run) and any(facts.counts.get(outcome.value) for outcome in RETRIABLE),
        "children": list(run.children.order_by("pk")[:20]),
        "destructive": is_destructive(run),
    }
    return TemplateResponse(request, "operations/run.html", context)


def _state(run: Run) -> SafeString:
    if run.state == RunState.COUNTING_DOWN and run.not_before:
        return state_badge("run", run.state, _("Goes at %(time)s") % {"time": clock_text(run.not_before)})
    return state_badge("run", run.state)


def progress_context(run: Run, facts: run_facts.Progress | None = None) -> dict[str, Any]:
    """What templates/operations/progress.html needs; the live page asks for it alone."""
    facts = facts or run_facts.progress(run)
    destructive = is_destructive(run)
    kind = "deletion_outcome" if destructive else "outcome"
    return {
        "run": run,
        "facts": facts,
        "cells": [
            {"outcome": outcome, "count": count, "kind": kind}
            for outcome in Outcome
            if (count := facts.counts.get(outcome.value, 0) + facts.stayed * (outcome == Outcome.SKIPPED))
        ],
        "waits": run_facts.waits(run),
        "halt": halt_words(run),
        "final": run.state in (RunState.FINISHED, RunState.CANCELLED) and not facts.left,
        "sentence": _("%(settled)s of %(total)s") % {"settled": facts.settled, "total": facts.total},
        "progress_url": reverse("admin:operations_run_progress", args=[run.pk]),
        "destructive": destructive,
    }


def _row(item: Item) -> dict[str, Any]:
    return {
        "item": item,
        "badge": outcome_badge(item),
        "what": what_happened(item, last_call(item)),
        "url": reverse("admin:operations_run_item", args=[item.run_id, item.pk]),
        "needs_a_person": item.state == ItemState.SETTLED and item.outcome == Outcome.UNKNOWN,
        "ids": " / ".join(shown_ids(item)),
    }


def _shows(run: Run, facts: run_facts.Progress, show: str, default: str) -> list[dict[str, Any]]:
    counts = {
        "all": facts.total,
        "done": facts.counts.get("done", 0) + facts.counts.get("already", 0),
        "look": sum(facts.counts.get(outcome.value, 0) for outcome in run_facts.NEEDS_A_LOOK),
        "todo": facts.left,
    }
    tabs = [
        {"label": run_facts.SHOWS[key][0], "count": count, "url": f"?show={key}", "active": key == show}
        for key, count in counts.items()
        if count or key == "all"
    ]
    if default == "latest":
        tabs.insert(
            0, {"label": _("Latest"), "count": None, "url": "?show=latest", "active": show == "latest"}
        )
    return tabs


def _crumbs(run: Run) -> list[dict[str, str]]:
    return [
        {"label": _("Plans and runs"), "url": reverse("admin:operations_run_changelist")},
        {"label": str(run), "url": ""},
    ]


def _form_url(item: Item) -> str:
    from operations.registry import registry  # noqa: PLC0415 - only for the address

    meta = registry[item.operation].target._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_do", args=[item.target_id, item.operation])
    return f"{url}?item={item.pk}"


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def _confirm(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    destructive = is_destructive(run)
    try:
        engine.confirm(
            run,
            actor=Actor.of(request),
            user=request.user,
            token=request.POST.get("token", ""),
            reason=request.POST.get("reason", ""),
            typed=request.POST.get("typed"),
        )
    except engine.Refused as refused:
        run.refresh_from_db()
        if run.state != RunState.DRAFT:
            raise
        count = run_facts.plan_totals(run)["going"]
        form = _form(
            run, destructive=destructive, count=count, data={**request.POST.dict(), "token": run.token}
        )
        form.is_valid()
        form.add_error(refused.field if refused.field in form.fields else None, str(refused.message))
        return _plan(request, run, site, form=form, status=422)
    return redirect(run.get_absolute_url())


def _discard(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    engine.discard(run, actor=Actor.of(request), user=request.user)
    messages.info(request, _("The plan is discarded. Nothing was sent."))
    return redirect("admin:operations_run_changelist")


def _sign(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    engine.sign(run, actor=Actor.of(request), user=request.user)
    messages.info(request, _("The plan is yours now. Nothing is sent until you confirm it."))
    return redirect(run.get_absolute_url())


def _keep(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    shown = [_number(value) for value in request.POST.getlist("shown")]
    ticked = [_number(value) for value in request.POST.getlist("ticked")]
    changed = engine.keep_only(run, shown=shown, ticked=ticked, user=request.user)
    words = ngettext("%(count)s item changed in the plan.", "%(count)s items changed in the plan.", changed)
    messages.info(request, words % {"count": changed})
    return redirect(f"{run.get_absolute_url()}?{request.GET.urlencode()}")


def _cancel(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    count = engine.cancel_rest(run, actor=Actor.of(request), user=request.user)
    words = ngettext("%(count)s item was cancelled before it was sent.", "%(count)s items were cancelled before they were sent.", count)  # fmt: skip
    messages.info(request, words % {"count": count})
    return redirect(run.get_absolute_url())


def _pause(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    engine.pause(run, actor=Actor.of(request), user=request.user)
    return redirect(run.get_absolute_url())


def _resume(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    engine.resume(run, actor=Actor.of(request), user=request.user)
    return redirect(run.get_absolute_url())


def _retry(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    child = engine.retry(run, actor=Actor.of(request), user=request.user)
    return redirect(child.get_absolute_url())


_HANDLERS: dict[str, Callable[[HttpRequest, Run, Any], HttpResponse]] = {
    "confirm": _confirm,
    "discard": _discard,
    "sign": _sign,
    "keep": _keep,
    "cancel": _cancel,
    "pause": _pause,
    "resume": _resume,
    "retry": _retry,
    "approve": approval_page.approve,
    "send_back": approval_page.send_back,
}


def find_run(pk: str) -> Run:
    return get_object_or_404(
        Run.objects.select_related("requested_by", "approved_by", "parent"), pk=_number(pk)
    )
