"""The page of the stop switch: whether deletions are stopped, by whom, since when and why; one button that turns it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.actors import Actor, person_name
from audit.denials import Denied
from operations import engine
from operations.audit_actions import SWITCH_DENIED
from operations.engine.switch import PERMISSION, REASON_LIMIT
from operations.models import Run, StopSwitch
from operations.person import Person
from operations.states import Halt, RunState
from screens.cells import badge
from screens.dates import moment_text

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite


def stopped() -> dict[str, Any] | None:
    """Since when, by whom and why all deletions are stopped; None while they are allowed. One row by its key."""
    switch = StopSwitch.objects.select_related("stopped_by").filter(pk=1, stopped_at__isnull=False).first()
    if switch is None or switch.stopped_at is None:
        return None
    return {
        "since": moment_text(switch.stopped_at),
        "name": person_name(switch.stopped_by),
        "reason": switch.reason,
    }


def switch_link(user: Person) -> list[dict[str, str]]:
    """The link to this page for a page's head, for those who may turn the switch."""
    if not user.has_perm(PERMISSION):
        return []
    return [{"label": _("Stop switch"), "url": reverse("admin:operations_switch"), "icon": "octagon-x"}]


def switch_page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """GET shows the switch; POST turns it the way that the button names. Raises Denied without the right."""
    if not request.user.has_perm(PERMISSION):
        raise Denied(SWITCH_DENIED, details={"why": "no_permission"})
    error = ""
    if request.method == "POST":
        try:
            return _turn(request)
        except engine.Refused as refused:
            error = str(refused.message)
    elif request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    now = stopped()
    context = {
        **site.each_context(request),
        "title": _("Stop switch"),
        "badge": badge("red", "octagon-x", _("All deletions are stopped"))
        if now
        else badge("green", "check", _("Deletions are allowed")),
        "stopped": now,
        "halted": list(Run.objects.filter(state=RunState.HALTED, halt=Halt.SWITCH).order_by("-pk")[:20]),
        "reason": request.POST.get("reason", ""),
        "reason_limit": REASON_LIMIT,
        "error": error,
        "crumbs": [
            {"label": _("Plans and runs"), "url": reverse("admin:operations_run_changelist")},
            {"label": _("Stop switch"), "url": ""},
        ],
    }
    return TemplateResponse(request, "operations/switch.html", context, status=422 if error else 200)


def _turn(request: HttpRequest) -> HttpResponse:
    reason, actor = request.POST.get("reason", ""), Actor.of(request)
    match request.POST.get("do"):
        case "stop":
            engine.stop_all(reason=reason, actor=actor, user=request.user)
            messages.warning(request, _("All deletions are stopped. What was in flight still settles."))
        case "allow":
            engine.allow_again(reason=reason, actor=actor, user=request.user)
            messages.info(
                request, _("Deletions are allowed again. Halted runs wait until somebody lets each go on.")
            )
        case _:
            raise Http404("no such button")
    return redirect("admin:operations_switch")
