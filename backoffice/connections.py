"""The page that says which provider accounts are connected, and what to set for those that are not."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from operations.accounts import is_connected, missing_variables
from operations.models import Account


def connections(request: HttpRequest) -> HttpResponse:
    """Every account with its state. Credentials are never shown, not even in part."""
    if not request.user.has_perm("operations.view_account"):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": _("Provider connections"),
        "crumbs": [{"label": _("Provider connections"), "url": ""}],
        "accounts": [connection_of(account) for account in Account.objects.order_by("provider", "name")],
    }
    return TemplateResponse(request, "backoffice/connections.html", context)


def connection_of(account: Account) -> dict[str, Any]:
    """An account's connection as the screens show it: `state` is a key of the look's connection badges."""
    connected = is_connected(account)
    state = "not_connected" if not connected else "refused" if account.refused_at else "connected"
    if state == "connected" and account.synced_at:
        state = "up_to_date"
    return {
        "account": account,
        "state": state,
        "missing": missing_variables(account) if not connected else [],
        "refused_at": account.refused_at if connected else None,
        "refused_code": account.refused_code,
        "blocked_until": account.blocked_until,
        "synced_at": account.synced_at,
        "pushed_at": account.pushed_at,
        "url": f"{reverse('admin:connections')}#account-{account.pk}",
    }
