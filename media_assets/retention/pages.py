"""The page that owners come to from a notice: exactly the announced videos, each with one button that keeps it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.actors import Actor
from media_assets.models import RetentionProposal, VideoAsset
from media_assets.notes import on_hold
from media_assets.retention.rules import keep
from operations import engine
from operations.engine.hold import PERMISSION
from operations.hold_forms import HoldForm
from screens.dates import day_text
from screens.figures import number_text

PAGE = 50


class KeepForm(HoldForm):
    """Until when something is kept; why is known."""

    reason = None  # type: ignore[assignment]  # a hold after a notice has its reason already

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **{"label_suffix": "", **kwargs})
        self.fields["until"].flag = gettext_lazy("optional")  # type: ignore[attr-defined]  # read by templates/screens/field_flag.html


def proposal_page(request: HttpRequest, proposal: RetentionProposal, frame: dict[str, Any]) -> HttpResponse:
    """GET shows what was announced, POST keeps what its button names and comes back; `frame` brings frame and crumbs."""
    form = KeepForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _keep(request, proposal, form)
        except engine.Refused as refused:
            form.add_error("until" if refused.field == "until" else None, str(refused.message))
        else:
            return redirect(request.get_full_path())
    announced = VideoAsset.objects.filter(pk__in=proposal.announced.values("video"))
    held = Q(pk__in=VideoAsset.objects.filter(on_hold()).values("pk"))
    totals = announced.aggregate(
        kept=Count("pk", filter=held), gone=Count("pk", filter=~Q(presence=VideoAsset.Presence.PRESENT))
    )
    related = ("course_class__course", "template_group__asset", "package")
    after = request.GET.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    rows = list(announced.filter(pk__gt=start).select_related(*related).order_by("pk")[: PAGE + 1])
    kept = set(
        announced.filter(held, pk__in=[row.pk for row in rows]).order_by().values_list("pk", flat=True)
    )
    day = day_text(proposal.due_at)
    waits = proposal.state == RetentionProposal.State.ANNOUNCED
    words = (
        ngettext(
            "On %(day)s this video will be put into a deletion plan. Keep what you need.",
            "On %(day)s these %(count)s videos will be put into a deletion plan. Keep what you need.",
            proposal.count,
        )
        if waits
        else ngettext(
            "%(count)s video was announced for %(day)s.",
            "%(count)s videos were announced for %(day)s.",
            proposal.count,
        )
    )
    context = {
        **frame,
        "title": _("Coming deletion of %(day)s") % {"day": day},
        "sentence": words % {"day": day, "count": number_text(proposal.count)},
        "proposal": proposal,
        "form": form,
        "waits": waits,
        "totals": totals,
        "rows": [{"video": row, "kept": row.pk in kept} for row in rows[:PAGE]],
        "after": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "may_keep": request.user.has_perm(PERMISSION),
    }
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "media_assets/retention_proposal.html", context, status=status)


def _keep(request: HttpRequest, proposal: RetentionProposal, form: KeepForm) -> None:
    what, _colon, number = request.POST.get("keep", "").partition(":")
    pk = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    count = keep(proposal, what, pk, until=form.end(), actor=Actor.of(request), user=request.user)
    words = ngettext(
        "It is kept: %(count)s hold is placed.", "They are kept: %(count)s holds are placed.", count
    )
    messages.success(request, words % {"count": number_text(count)})
