"""The page of limits and waiting time: when a second person is needed, and how long a deletion can still be cancelled."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actions import ACCESS_REFUSED
from audit.actors import Actor
from audit.denials import Denied
from operations.engine.policy import MAY_CHANGE, PRICE, change_policy, policy

_MOST_MINUTES = 30 * 24 * 60


class LimitsForm(forms.Form):
    """The policy as people think of it: waiting times in minutes."""

    second_person = forms.BooleanField(
        label=gettext_lazy("A second person approves large deletions"),
        required=False,
        help_text=gettext_lazy("Switch this off only where a single person administrates the school."),
    )
    approve_from = forms.IntegerField(
        label=gettext_lazy("From this many items on"),
        min_value=1,
        max_value=1_000_000,
        help_text=gettext_lazy("Whole lessons, packages and groups always need an approval."),
    )
    approval_hours = forms.IntegerField(
        label=gettext_lazy("An approval runs out after (hours)"), min_value=1, max_value=720
    )
    irreversible_minutes = forms.DecimalField(
        label=gettext_lazy("Waiting time of chosen items (minutes)"),
        min_value=0,
        max_value=_MOST_MINUTES,
        decimal_places=1,
        help_text=gettext_lazy("Anyone with the right can cancel during this time. Edits never wait."),
    )
    sweeping_minutes = forms.DecimalField(
        label=gettext_lazy("Waiting time of whole lessons, packages and groups (minutes)"),
        min_value=0,
        max_value=_MOST_MINUTES,
        decimal_places=1,
    )

    price_per_gb_month = forms.DecimalField(
        label=gettext_lazy("Your own price of storage, for a gigabyte and month"),
        required=False,
        min_value=Decimal("0.000001"),
        max_digits=12,
        decimal_places=6,
        help_text=gettext_lazy(
            "A gigabyte is 10^9 bytes. Receipts then say what a deletion saves a month. Empty: they say nothing of money."
        ),
    )
    price_currency = forms.RegexField(
        r"\A[A-Z]{3}\Z",
        label=gettext_lazy("Currency of the price"),
        required=False,
        max_length=3,
        help_text=gettext_lazy("Three capital letters, such as CNY or USD."),
        error_messages={"invalid": gettext_lazy("Three capital letters, such as CNY or USD.")},
    )

    def clean(self) -> dict[str, Any]:
        """A price needs its currency; without a price no currency is kept."""
        given: dict[str, Any] = super().clean() or {}
        if "price_currency" in self.errors or "price_per_gb_month" in self.errors:
            return given
        if given.get("price_per_gb_month") is None:
            given["price_currency"] = ""
        elif not given.get("price_currency"):
            self.add_error("price_currency", _("Say the currency of the price."))
        return given

    def values(self) -> dict[str, Any]:
        """What was entered, in the policy's own names and units."""
        given = dict(self.cleaned_data)
        return {
            **{name: given[name] for name in ("second_person", "approve_from", "approval_hours", *PRICE)},
            "irreversible_seconds": int(given["irreversible_minutes"] * 60),
            "sweeping_seconds": int(given["sweeping_minutes"] * 60),
        }


def limits(request: HttpRequest) -> HttpResponse:
    """GET shows the limits, POST changes them; what is confirmed already keeps what it was given."""
    if not request.user.has_perm(MAY_CHANGE):
        raise Denied(ACCESS_REFUSED, details={"path": request.path[:200], "method": request.method or ""})
    rules = policy()
    initial = {
        "second_person": rules.second_person,
        "approve_from": rules.approve_from,
        "approval_hours": rules.approval_hours,
        "irreversible_minutes": _minutes(rules.irreversible_seconds),
        "sweeping_minutes": _minutes(rules.sweeping_seconds),
        "price_per_gb_month": _shortest(rules.price_per_gb_month),
        "price_currency": rules.price_currency,
    }
    form = LimitsForm(request.POST if request.method == "POST" else None, initial=initial, label_suffix="")
    if request.method == "POST" and form.is_valid():
        changed = change_policy(form.values(), actor=Actor.of(request), user=request.user)
        messages.info(
            request, _("The limits are changed and recorded.") if changed else _("Nothing was changed.")
        )
        return redirect("admin:limits")
    context = {
        **admin.site.each_context(request),
        "title": _("Limits and waiting time"),
        "crumbs": [{"label": _("Limits and waiting time"), "url": ""}],
        "form": form,
        "second_person": rules.second_person,
    }
    return TemplateResponse(request, "backoffice/limits.html", context, status=422 if form.is_bound else 200)


def _minutes(seconds: int) -> Decimal:
    return (Decimal(seconds) / 60).quantize(Decimal("0.1")).normalize() + 0


def _shortest(price: Decimal | None) -> str | None:
    """The price without the noughts that the database adds."""
    return None if price is None else f"{price.normalize():f}"
