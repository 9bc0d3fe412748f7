"""One page for a plan and the run it becomes: preview or review, progress, result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

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
from operations.causes import TROUBLE, causes, narrowed
from operations.clock import database_now
from operations.confirm_form import ConfirmForm
from operations.engine import waiting
from operations.engine.confirm import is_destructive, operations_of
from operations.engine.control import RETRIABLE
from operations.engine.finish import halt_words
from operations.engine.policy import policy
from operations.engine.propose import may_sign
from operations.explain import last_call, needs_a_person, outcome_badge, what_happened
from operations.filter_words import asked_by, filter_words
from operations.labels import change_rows, field_label, short_ids
from operations.models import Item, Run
from operations.models.account import provider_name
from operations.next_steps import duration_words, next_steps
from operations.operation import Label, Operation
from operations.states import Outcome, RunState
from operations.views import approval_page
from operations.views.plan_context import freshness, number, plan_context
from screens.cells import state_badge
from screens.dates import clock_text
from screens.figures import listed
from screens.states import state_of

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
        frame = {**site.each_context(request), "crumbs": _crumbs(run), **plan_context(request, run)}
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
        "asked_by": asked_by(run),
        "filter_words": filter_words(run, request),
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
    }
    template = "operations/review.html"
    if destructive:
        template = "operations/plan.html"
        context |= plan_context(request, run) | freshness(run) | next_steps(run)
    else:
        item = Item.objects.select_related("account").get(run=run)
        operation = operations_of(run)[0]
        context |= {
            "item": item,
            "operation": operation,
            "changes": change_rows(item),
            "moved_on": _moved_on(operation, item),
            "back_url": _form_url(item),
            "attachment": getattr(item, "attachment", None),
        }
    return TemplateResponse(request, template, context, status=status)


def _moved_on(operation: Operation, item: Item) -> str:
    """The fields of an edit whose values others changed since its form was opened, in words; "" for none."""
    moved = operation.stale(item, operation.targets([item]).get(item.target_id))
    return listed([field_label(operation.target, name) for name in moved])


def _form(run: Run, *, destructive: bool, count: int, data: Any = None) -> ConfirmForm:
    return ConfirmForm(data, destructive=destructive, count=count, initial={"token": run.token})


def _run(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    facts = run_facts.progress(run)
    single = facts.total == 1
    default = "latest" if run.state == RunState.RUNNING and not single else "all"
    show = request.GET.get("show", default)
    only_cause = narrowed(request.GET.get("operation"), request.GET.get("code"))
    items, after = run_facts.shown_items(run, show, number(request.GET.get("after")), only_cause)
    only = items[0] if single and items else None
    context = {
        **site.each_context(request),
        **progress_context(run, facts, show),
        "title": run_facts.heading(run, facts.total, only),
        "badge": outcome_badge(only) if only and facts.settled else _state(run),
        "rows": [_row(item) for item in items],
        "show": show,
        "shows": _shows(run, facts, show, default),
        "after": after,
        "filter_words": filter_words(run, request),
        "next_query": _next_query(request, after),
        "crumbs": _crumbs(run),
        "only": only,
        "changes": change_rows(only) if only else [],
        "back_url": _form_url(only) if only and only.outcome in RETRIABLE and not is_destructive(run) else "",
        "may_act": all(request.user.has_perm(operation.permission) for operation in operations_of(run)),
        "retry_count": sum(facts.counts.get(outcome.value, 0) for outcome in RETRIABLE)
        if is_destructive(run)
        else 0,
        "causes": causes(run) if any(facts.counts.get(outcome.value) for outcome in TROUBLE) else [],
        "narrowed": "code" in request.GET or "operation" in request.GET,
        "children": list(run.children.order_by("pk")[:20]),
        "destructive": is_destructive(run),
    }
    return TemplateResponse(request, "operations/run.html", context)


def _state(run: Run) -> SafeString:
    if run.state == RunState.COUNTING_DOWN:
        moment, _quiet = waiting.goes_at(run, database_now(), policy())
        return state_badge("run", run.state, _("Goes at %(time)s") % {"time": clock_text(moment)})
    return state_badge("run", run.state)


def _times(run: Run) -> dict[str, Any]:
    """When a countdown ends and why then, or until when quiet hours keep a running deletion waiting."""
    now = database_now()
    counting_down = run.state == RunState.COUNTING_DOWN
    moment, after_quiet = waiting.goes_at(run, now, policy()) if counting_down else (None, False)
    return {
        "goes_at": moment,
        "after_quiet": after_quiet,
        "quiet_until": waiting.waits_for_quiet_hours(run, now) if run.state == RunState.RUNNING else None,
        "wait_left": duration_words(rest) if (rest := waiting.rest_seconds(run)) else "",
    }


def _next_query(request: HttpRequest, after: int | None) -> str:
    query = request.GET.copy()
    query["after"] = str(after or "")
    return query.urlencode()


def progress_context(run: Run, facts: run_facts.Progress | None = None, show: str = "") -> dict[str, Any]:
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
        **_times(run),
        "final": run.state in (RunState.FINISHED, RunState.CANCELLED) and not facts.left,
        "sentence": _("%(settled)s of %(total)s") % {"settled": facts.settled, "total": facts.total},
        "show": show,
        "progress_url": f"{reverse('admin:operations_run_progress', args=[run.pk])}?{urlencode({'show': show})}",
        "destructive": destructive,
    }


def _row(item: Item) -> dict[str, Any]:
    return {
        "item": item,
        "badge": outcome_badge(item),
        "what": what_happened(item, last_call(item)),
        "url": reverse("admin:operations_run_item", args=[item.run_id, item.pk]),
        "needs_a_person": needs_a_person(item),
        "ids": short_ids(item),
    }


def _shows(run: Run, facts: run_facts.Progress, show: str, default: str) -> list[dict[str, Any]]:
    counts = {
        "all": facts.total,
        "done": facts.counts.get("done", 0),
        "look": sum(facts.counts.get(outcome.value, 0) for outcome in run_facts.NEEDS_A_LOOK),
        "todo": facts.left,
    }
    tabs: list[dict[str, Any]] = [
        {"label": _show_label(run, key), "count": count, "url": f"?show={key}", "active": key == show}
        for key, count in counts.items()
        if count or key == "all"
    ]
    if default == "latest":
        tabs.insert(
            0, {"label": _("Latest"), "count": None, "url": "?show=latest", "active": show == "latest"}
        )
    return tabs


def _show_label(run: Run, key: str) -> Label:
    """The tab's word; what is done is deleted where the run deletes."""
    if key == Outcome.DONE:
        return state_of("deletion_outcome" if is_destructive(run) else "outcome", key).label
    return run_facts.SHOWS[key][0]


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


def _check_again(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    moved = engine.check_again(run, actor=Actor.of(request), user=request.user)
    words = ngettext("The plan is fresh again; %(count)s more item is left out.", "The plan is fresh again; %(count)s more items are left out.", moved)  # fmt: skip
    messages.info(
        request,
        words % {"count": moved} if moved else _("The plan is fresh again; nothing in it changed."),
    )
    return redirect(run.get_absolute_url())


def _sign(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    engine.sign(run, actor=Actor.of(request), user=request.user)
    messages.info(request, _("The plan is yours now. Nothing is sent until you confirm it."))
    return redirect(run.get_absolute_url())


def _keep(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    shown = [number(value) for value in request.POST.getlist("shown")]
    ticked = [number(value) for value in request.POST.getlist("ticked")]
    changed = engine.keep_only(run, shown=shown, ticked=ticked, actor=Actor.of(request), user=request.user)
    messages.info(request, _changed_words(changed))
    return redirect(f"{run.get_absolute_url()}?{request.GET.urlencode()}")


def _look_out(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    return _tick_reason(request, run, ticked=False)


def _look_in(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    return _tick_reason(request, run, ticked=True)


def _tick_reason(request: HttpRequest, run: Run, *, ticked: bool) -> HttpResponse:
    code = request.POST.get("look", "")
    changed = engine.tick_reason(run, code, ticked=ticked, actor=Actor.of(request), user=request.user)
    messages.info(request, _changed_words(changed))
    return redirect(run.get_absolute_url())


def _changed_words(changed: int) -> str:
    words = ngettext("%(count)s item changed in the plan.", "%(count)s items changed in the plan.", changed)
    return words % {"count": changed}


def _fresh_look(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    engine.ask_fresh_look(run, actor=Actor.of(request), user=request.user)
    messages.info(request, _("The providers are being asked. Nothing is deleted by that."))
    return redirect(run.get_absolute_url())


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
    "check_again": _check_again,
    "sign": _sign,
    "keep": _keep,
    "look_out": _look_out,
    "look_in": _look_in,
    "fresh_look": _fresh_look,
    "cancel": _cancel,
    "pause": _pause,
    "resume": _resume,
    "retry": _retry,
    "approve": approval_page.approve,
    "send_back": approval_page.send_back,
}


def find_run(pk: str) -> Run:
    return get_object_or_404(
        Run.objects.select_related("requested_by", "approved_by", "parent"), pk=number(pk)
    )
