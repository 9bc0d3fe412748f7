"""A mirror row's page without a form: what we know of it, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from screens.cells import state_badge

if TYPE_CHECKING:
    from operations.mirror_admin import MirrorAdmin


def object_page(admin: MirrorAdmin, request: HttpRequest, target: Any) -> HttpResponse:
    """Facts, tabs, and a button for each edit that the person may make."""
    name = f"admin:{admin.opts.app_label}_{admin.opts.model_name}_do"
    shared = admin.object_context(request, target, active="details")
    context = {
        **admin.admin_site.each_context(request),
        **shared,
        "badge": presence_badge(target),
        "facts": list(admin.facts(target)),
        "actions": [
            *(
                {
                    "label": operation.label,
                    "url": reverse(name, args=[target.pk, operation.key]),
                    "icon": operation.icon,
                }
                for operation in admin.edits(request)
            ),
            *shared["actions"],
        ],
    }
    return TemplateResponse(request, "operations/object.html", context)


def presence_badge(target: Any) -> str:
    """The usual state carries no badge: only what is pending, gone or missing does."""
    return "" if target.presence == target.Presence.PRESENT else state_badge("presence", target.presence)
