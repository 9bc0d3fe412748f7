"""Unknown outcomes that no program can settle, put before a person: several of one cause at once, with three choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actors import Actor
from operations import engine
from operations.causes import narrowed
from operations.engine.confirm import is_destructive, operations_of, shown_ids
from operations.engine.control import check_may
from operations.engine.decide import MOST_DECIDED, NOTE_LIMIT
from operations.explain import last_call, what_happened
from operations.models import Item, Run
from operations.states import Finding, ItemState, Outcome

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite


def findings(run: Run, chosen: str = "") -> list[dict[str, Any]]:
    """The three choices in words, each with what follows from it."""
    deletes = is_destructive(run)
    words = {
        Finding.HAPPENED: (
            _("It is gone: I looked in the provider’s console") if deletes else _("It has happened"),
            _("It counts as done, and our list is brought up to date."),
        ),
        Finding.NOT_HAPPENED: (
            _("It is still there: it may be sent again") if deletes else _("It has not happened"),
            _("It counts as not sent. A retry is a plan of its own, with its own confirmation."),
        ),
        Finding.NOBODY_KNOWS: (
            _("Leave it unknown: nobody can tell"),
            _("It stays unknown for ever. Nobody is asked again, and no retry sends it."),
        ),
    }
    return [
        {"value": finding.value, "label": label, "help": after, "chosen": finding.value == chosen}
        for finding, (label, after) in words.items()
    ]


def decision_fields(request: HttpRequest, run: Run, refused: engine.Refused | None) -> dict[str, Any]:
    """What templates/operations/decision_fields.html needs, with what was entered."""
    return {
        "findings": findings(run, request.POST.get("finding", "")),
        "decision_note": request.POST.get("note", ""),
        "note_limit": NOTE_LIMIT,
        "errors_by_field": {refused.field or "all": str(refused.message)} if refused else {},
    }


def decide_page(request: HttpRequest, run: Run, site: AdminSite) -> HttpResponse:
    """GET lists what waits for a person, POST records what they found about the ticked ones. Raises Denied."""
    check_may(run, request.user)
    refused = None
    ticked = {int(pk) for pk in request.POST.getlist("items") if pk.isascii() and pk.isdigit() and len(pk) < 19}  # fmt: skip
    if request.method == "POST":
        try:
            count = engine.decide_many(
                run,
                ticked,
                finding=request.POST.get("finding", ""),
                note=request.POST.get("note", ""),
                actor=Actor.of(request),
                user=request.user,
            )
        except engine.Refused as why:
            refused = why
        else:
            words = ngettext("Your decision about %(count)s item is recorded.", "Your decision about %(count)s items is recorded.", count)  # fmt: skip
            messages.success(request, words % {"count": count})
            return redirect(run.get_absolute_url())
    elif request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    items, more = _undecided(request, run)
    if not items and not refused:
        messages.info(request, _("Nothing here waits for a decision."))
        return redirect(run.get_absolute_url())
    context = {
        **site.each_context(request),
        "title": _("What came of it?"),
        "run": run,
        "providers": sorted({str(item.account) for item in items}),
        "rows": [
            {
                "item": item,
                "ids": " / ".join(shown_ids(item)),
                "what": what_happened(item, last_call(item)),
                "url": reverse("admin:operations_run_item", args=[run.pk, item.pk]),
                "ticked": item.pk in ticked,
            }
            for item in items
        ],
        "more": more,
        "most": MOST_DECIDED,
        "destructive": any(operation.risk.destructive for operation in operations_of(run)),
        "crumbs": [
            {"label": _("Plans and runs"), "url": reverse("admin:operations_run_changelist")},
            {"label": str(run), "url": run.get_absolute_url()},
            {"label": _("What came of it?"), "url": ""},
        ],
        **decision_fields(request, run, refused),
    }
    return TemplateResponse(request, "operations/decide.html", context, status=422 if refused else 200)


def _undecided(request: HttpRequest, run: Run) -> tuple[list[Item], bool]:
    """The first items that wait for a person, of one cause where the address names it; whether there are more."""
    items = (
        Item.objects.filter(run=run, state=ItemState.SETTLED, outcome=Outcome.UNKNOWN, decided_at=None)
        .filter(narrowed(request.GET.get("operation"), request.GET.get("code")))
        .select_related("account")
        .prefetch_related("attempts")
    )
    found = list(items.order_by("pk")[: MOST_DECIDED + 1])
    return found[:MOST_DECIDED], len(found) > MOST_DECIDED
