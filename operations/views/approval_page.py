"""The page of a run that waits for its second person: the same preview, with the checksum, and two answers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actors import Actor
from operations import engine, run_facts
from operations.engine.approve import COMMENT_LIMIT, may_approve
from operations.engine.confirm import operations_of
from operations.filter_words import filter_words
from operations.models import Run
from operations.models.account import provider_name
from operations.next_steps import next_steps
from screens.cells import state_badge


class AnswerForm(forms.Form):
    """The second person's answer. The checksum travels with it, so that the list that was seen is the one approved."""

    digest = forms.CharField(widget=forms.HiddenInput)
    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        required=False,
        max_length=COMMENT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed to send it back. The maker reads it."),
    )


def approval_page(request: HttpRequest, run: Run, context: dict[str, Any]) -> HttpResponse:
    """Show the frozen list; `context` brings the frame, the crumbs and the opened group."""
    mine = run.requested_by_id == request.user.pk
    return TemplateResponse(
        request,
        "operations/approval.html",
        {
            **context,
            **next_steps(run),
            "run": run,
            "filter_words": filter_words(run, request),
            "title": run_facts.heading(run, run_facts.plan_totals(run)["going"], None),
            "badge": state_badge("run", run.state),
            "totals": run_facts.plan_totals(run),
            "left_out": run_facts.left_out(run),
            "providers": sorted({provider_name(operation.provider) for operation in operations_of(run)}),
            "mine": mine,
            "may_approve": may_approve(run, request.user),
            "may_cancel": all(
                request.user.has_perm(operation.permission) for operation in operations_of(run)
            ),
            "form": AnswerForm(initial={"digest": run.digest}, label_suffix=""),
            "checksum": " ".join(run.digest[at : at + 4] for at in range(0, 32, 4)),
        },
    )


def approve(request: HttpRequest, run: Run, site: Any) -> HttpResponse:
    """The button "Approve"."""
    engine.approve(
        run, actor=Actor.of(request), user=request.user, digest_shown=request.POST.get("digest", "")
    )
    return redirect(run.get_absolute_url())


def send_back(request: HttpRequest, run: Run, site: Any) -> HttpResponse:
    """The button "Send back"."""
    comment = request.POST.get("comment", "")
    engine.send_back(run, comment=comment, actor=Actor.of(request), user=request.user)
    messages.info(request, _("The plan is back with its maker. Nothing was sent."))
    return redirect(run.get_absolute_url())
