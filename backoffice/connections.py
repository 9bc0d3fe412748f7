"""The page that says which provider accounts are connected, what to set for those that are not, and that has them read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.actors import Actor
from intake import freshness
from intake.freshness import Age
from intake.models import Reading
from intake.reading import facts, start_reading
from intake.reading.admin import progress_context, reading_badge
from intake.reading.control import PERMISSION, UnderWay, check_may_read, last_whole
from intake.reading.readers import readers
from operations.accounts import is_connected, missing_variables
from operations.engine.refusals import Refused
from operations.models import Account

LAST_READINGS = 3
"""Readings that an account's card shows; the list behind its link has the others."""


def connections(request: HttpRequest) -> HttpResponse:
    """Every account with its state and its last readings; POST has one read. Credentials are never shown, not even in part."""
    if not request.user.has_perm("operations.view_account"):
        raise PermissionDenied
    if request.method == "POST":
        return _read_now(request)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    ages = freshness.of_accounts()
    accounts = Account.objects.order_by("provider", "name")
    rows = [connection_of(account, ages) | _readings_of(request, account) for account in accounts]
    context = {
        **admin.site.each_context(request),
        "title": _("Provider connections"),
        "crumbs": [{"label": _("Provider connections"), "url": ""}],
        "accounts": rows,
    }
    return TemplateResponse(request, "backoffice/connections.html", context)


def connection_of(account: Account, ages: Mapping[int, Age]) -> dict[str, Any]:
    """An account's connection as the screens show it: `state` is a key of the look's connection badges."""
    connected = is_connected(account)
    state = "not_connected" if not connected else "refused" if account.refused_at else "connected"
    age = ages.get(account.pk)
    if state == "connected" and age is not None:
        state = "up_to_date"
    return {
        "account": account,
        "state": state,
        "missing": missing_variables(account) if not connected else [],
        "refused_at": account.refused_at if connected else None,
        "refused_code": account.refused_code,
        "blocked_until": account.blocked_until,
        "age": age.words if age is not None else "",
        "url": f"{reverse('admin:connections')}#account-{account.pk}",
    }


def _readings_of(request: HttpRequest, account: Account) -> dict[str, Any]:
    """The last readings of an account, how far the open one is, and the buttons that start one."""
    if account.provider not in readers or not request.user.has_perm("intake.view_reading"):
        return {"readings": []}
    found = list(
        Reading.objects.filter(account=account).select_related("account").order_by("-pk")[:LAST_READINGS]
    )
    running = found[0] if found and found[0].is_open else None
    may_read = request.user.has_perm(PERMISSION) and is_connected(account)
    return {
        "readings": [
            {
                "reading": reading,
                "badge": reading_badge(reading),
                "words": facts.scope_words(reading),
                "said": facts.sentence(reading),
            }
            for reading in found
        ],
        "progress": progress_context(running) if running else None,
        "after": found[0].pk if found else 0,
        "may_read": may_read and running is None,
        "may_read_new": readers[account.provider].reads_new and last_whole(account) is not None,
    }


def _read_now(request: HttpRequest) -> HttpResponse:
    """One press of "Read now". The page told which reading was the newest: a second press finds another one."""
    check_may_read(request.user)
    after, scope = request.POST.get("after", ""), request.POST.get("do", "")
    if scope not in Reading.Scope.values or not _is_number(after):
        raise Http404("no such button")
    pk = request.POST.get("account", "")
    account = get_object_or_404(Account, pk=int(pk) if _is_number(pk) else 0)
    try:
        reading = start_reading(
            account,
            scope=Reading.Scope(scope),
            actor=Actor.of(request),
            user=request.user,
            after=int(after),
        )
    except UnderWay as under_way:
        messages.info(request, str(under_way.message))
        return redirect(under_way.reading)
    except Refused as refused:
        messages.warning(request, str(refused.message))
        return redirect("admin:connections")
    return redirect(reading)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
