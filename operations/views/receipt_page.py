"""The page of a receipt, on the screen and on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from audit import sealing_text
from audit.receipt_proofs import all_sealed
from audit.sealer import sealing_state
from operations.filter_words import filter_words
from operations.models import Run
from operations.operation import Label
from operations.receipt import FIRST, GROUPS, Tally
from operations.states import Outcome
from operations.views.receipt_records import records_of
from screens.cells import state_badge
from screens.states import state_of

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite


def receipt_page(request: HttpRequest, run: Run, site: AdminSite, *, sees_run: bool) -> HttpResponse:
    """The receipt; a run that has none yet, or never will, leads back to its own page with a word why."""
    if not run.has_receipt:
        if not sees_run:
            messages.info(request, _("R-%(run)s has no receipt yet.") % {"run": run.pk})
            return redirect("admin:operations_receipt_changelist")
        messages.info(request, _("A receipt is made when a deletion is over."))
        return redirect(run.get_absolute_url())
    tally = Tally(run)
    context = {
        **site.each_context(request),
        "title": _("Receipt R-%(run)s") % {"run": run.pk},
        "badge": state_badge("run", run.state),
        "run": run,
        "tally": tally,
        "totals": tally.totals,
        "cells": _cells(tally),
        "filter_words": filter_words(run, request),
        "groups": tally.groups[:GROUPS],
        "more_groups": len(tally.groups) > GROUPS,
        "rest_of_gone": tally.totals.gone > FIRST,
        "sees_run": sees_run,
        "sealed": all_sealed(records_of(run)),
        "sealing": sealing_text.line(sealing_state()),
        "children": list(run.children.exclude(confirmed_at=None).order_by("pk")[:20]),
        "crumbs": [
            {"label": _("Receipts"), "url": reverse("admin:operations_receipt_changelist")},
            {"label": str(run), "url": ""},
        ],
    }
    return TemplateResponse(request, "operations/receipt.html", context)


def outcome_word(outcome: str) -> Label:
    """An outcome of a deletion in the reader's language."""
    return state_of("deletion_outcome", outcome).label


def _cells(tally: Tally) -> list[dict[str, Any]]:
    """The strip: every outcome that occurred; together they are all items of the plan."""
    outcomes = tally.totals.outcomes
    cells: list[dict[str, Any]] = [
        {
            "label": outcome_word(outcome),
            "value": f"{outcomes[outcome]:,}",
            "swatch": outcome.value,
        }
        for outcome in Outcome
        if outcomes[outcome] or outcome == Outcome.DONE
    ]
    if tally.totals.waiting:
        words = _("Answer outstanding")
        cells.append({"label": words, "value": f"{tally.totals.waiting:,}", "swatch": "todo"})
    return cells
