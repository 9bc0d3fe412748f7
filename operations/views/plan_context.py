"""What the pages of a plan and of its approval share: figures, the opened list, the fresh look."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from operations import run_facts
from operations.clock import database_now
from operations.engine import fresh_look
from operations.engine.confirm import fresh_until, operations_of
from operations.models import FreshLook, Run
from operations.plan_facts import FEW, SHORT, PlanFacts, about, look_items, out_items, plan_facts
from operations.states import RunState


def plan_context(request: HttpRequest, run: Run) -> dict[str, Any]:
    """Context `plan`, `lasts`, the one list that the address opens, and `look` with its figures.

    One list is open at a time: a group (`?open=`), a reason to look (`?look=`) or to leave out (`?out=`).
    """
    plan = plan_facts(run)
    readable = [operation for operation in operations_of(run) if operation.readable]
    return {
        "plan": plan,
        "lasts": about(plan.seconds),
        **opened_list(request, run, plan),
        **look_context(run),
        "look_url": reverse("admin:operations_run_look", args=[run.pk]),
        "readable": bool(readable),
        "all_readable": len(readable) == len(run.operations),
    }


def look_context(run: Run) -> dict[str, Any]:
    """Context `look`, the newest fresh look at this plan, and `looked`, its figures so far."""
    look = FreshLook.objects.filter(run=run).order_by("-pk").first()
    return {"look": look, "looked": fresh_look.figures(run) if look else {}}


def opened_list(request: HttpRequest, run: Run, plan: PlanFacts) -> dict[str, Any]:
    """The groups, and the first items of the list that is open: the first group unless the address names another list.

    `rest` counts the items of that list that are not shown yet; with `?all=1` it is shown page by page.
    """
    groups = run_facts.plan_groups(run)
    after = number(request.GET.get("after"))
    look, out = request.GET.get("look", ""), request.GET.get("out", "")
    context: dict[str, Any] = {"groups": groups, "opened": None, "opened_look": look, "opened_out": out}
    if look:
        items, next_after = look_items(run, look, after)
        total = sum(line.ticked + line.unticked for line in plan.looks if line.reason.code == look)
    elif out:
        items, next_after = out_items(run, out, after)
        total = sum(line.count for line in plan.left_out if line.code == out)
    else:
        counts = {str(group["group_label"]): group["all"] for group in groups}
        wanted = request.GET.get("open", "")
        opened = wanted if wanted in counts else next(iter(counts), "")
        context |= {"opened": opened, "opened_query": quote(opened)}
        items, next_after = run_facts.plan_items(run, opened, after)
        total = counts.get(opened, 0)
    shows_all = bool(after) or "all" in request.GET or total <= SHORT
    if not shows_all:
        items, next_after = items[:FEW], None
    rest = 0 if shows_all else total - FEW
    return {**context, "items": items, "after": next_after, "rest": rest, "shows_all": "all" in request.GET}


def freshness(run: Run) -> dict[str, Any]:
    """Context `fresh_until`, `is_stale` and `select_again_url` of a plan that is not confirmed."""
    until = fresh_until(run)
    return {
        "fresh_until": until,
        "is_stale": run.state == RunState.DRAFT and database_now() > until,
        "select_again_url": _list_url(run),
    }


def number(text: str | None) -> int:
    """A primary key from an address; 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def _list_url(run: Run) -> str:
    """The list that the plan was made from, with the same filter; the plans where that list is gone."""
    meta = operations_of(run)[0].target._meta
    try:
        url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    except NoReverseMatch:
        return reverse("admin:operations_run_changelist")
    return f"{url}?{run.filter_query}" if run.filter_query else url
