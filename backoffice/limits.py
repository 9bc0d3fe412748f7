"""The page of limits and waiting time: when a second person is needed, and how long a deletion can still be cancelled."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actions import ACCESS_REFUSED
from audit.actors import Actor
from audit.denials import Denied
from operations.engine.limits import (
    MAY_CHANGE,
    PRICE,
    approve_change,
    change_policy,
    somebody_else,
    waiting_change,
    withdraw_change,
)
from operations.engine.policy import policy
from operations.engine.refusals import Refused
from operations.models import Policy
from operations.next_steps import duration_words
from screens.figures import listed

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

    quiet_days = forms.MultipleChoiceField(
        label=gettext_lazy("Quiet hours begin on"),
        required=False,
        choices=[(str(number), name) for number, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("No deletion starts in quiet hours. Without a day there are none."),
    )
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Quiet until"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quiet_until"].help_text = _(
            "On the clock of %(zone)s. An end that is earlier than the beginning lies on the next day."
        ) % {"zone": timezone.get_default_timezone_name()}

    def clean(self) -> dict[str, Any]:
        """Quiet hours need both their ends, a price its currency; without a price no currency is kept."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        self._check_quiet_hours(given)
        self._check_price(given)
        return given

    def _check_quiet_hours(self, given: dict[str, Any]) -> None:
        if given.get("quiet_days"):
            for name in ("quiet_from", "quiet_until"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, _("Give a time, or choose no day."))
            if given.get("quiet_from") and given["quiet_from"] == given.get("quiet_until"):
                self.add_error("quiet_until", _("Choose another time than the beginning."))

    def _check_price(self, given: dict[str, Any]) -> None:
        if "price_currency" in self.errors or "price_per_gb_month" in self.errors:
            return
        if given.get("price_per_gb_month") is None:
            given["price_currency"] = ""
        elif not given.get("price_currency"):
            self.add_error("price_currency", _("Say the currency of the price."))

    def values(self) -> dict[str, Any]:
        """What was entered, in the policy's own names and units."""
        given = dict(self.cleaned_data)
        return {
            **{name: given[name] for name in ("second_person", "approve_from", "approval_hours", *PRICE)},
            **_quiet(given),
            "irreversible_seconds": int(given["irreversible_minutes"] * 60),
            "sweeping_seconds": int(given["sweeping_minutes"] * 60),
        }


def limits(request: HttpRequest) -> HttpResponse:
    """GET shows the limits, POST changes them or answers for lower ones; what is confirmed keeps what it was given."""
    if not request.user.has_perm(MAY_CHANGE):
        raise Denied(ACCESS_REFUSED, details={"path": request.path[:200], "method": request.method or ""})
    form = LimitsForm(None, initial=_initial(policy()), label_suffix="")
    if request.method == "POST":
        answer = {"approve": _approve, "withdraw": _withdraw}.get(request.POST.get("do", ""))
        try:
            if answer:
                return answer(request)
            form = LimitsForm(request.POST, initial=_initial(policy()), label_suffix="")
            if form.is_valid():
                return _change(request, form)
        except Refused as refused:
            messages.error(request, str(refused.message))
            return redirect("admin:limits")
    change = waiting_change()
    rules = policy()
    context = {
        **admin.site.each_context(request),
        "title": _("Limits and waiting time"),
        "crumbs": [{"label": _("Limits and waiting time"), "url": ""}],
        "form": form,
        "second_person": rules.second_person,
        "alone": rules.second_person and not change and not somebody_else(request.user),
        "change": change,
        "change_rows": limit_rows(change.before, change.values) if change else [],
        "mine": change is not None and change.proposed_by_id == request.user.pk,
    }
    return TemplateResponse(request, "backoffice/limits.html", context, status=422 if form.is_bound else 200)


def _change(request: HttpRequest, form: LimitsForm) -> HttpResponse:
    answer = change_policy(form.values(), actor=Actor.of(request), user=request.user)
    if answer.changed:
        messages.info(request, _("The limits are changed and recorded."))
    if answer.proposed:
        messages.info(request, _("What is lower waits for a second person. Until then the limits stay as they are."))  # fmt: skip
    if not answer.changed and not answer.proposed:
        messages.info(request, _("Nothing was changed."))
    return redirect("admin:limits")


def _approve(request: HttpRequest) -> HttpResponse:
    approve_change(_change_id(request), actor=Actor.of(request), user=request.user)
    messages.info(request, _("The lower limits count from now on."))
    return redirect("admin:limits")


def _withdraw(request: HttpRequest) -> HttpResponse:
    withdraw_change(_change_id(request), actor=Actor.of(request), user=request.user)
    messages.info(request, _("The proposed limits are withdrawn. Nothing was changed."))
    return redirect("admin:limits")


def _change_id(request: HttpRequest) -> int:
    text = request.POST.get("change", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _initial(rules: Policy) -> dict[str, Any]:
    return {
        "second_person": rules.second_person,
        "approve_from": rules.approve_from,
        "approval_hours": rules.approval_hours,
        "irreversible_minutes": _minutes(rules.irreversible_seconds),
        "sweeping_minutes": _minutes(rules.sweeping_seconds),
        "quiet_days": list(rules.quiet_days),
        "quiet_from": rules.quiet_from,
        "quiet_until": rules.quiet_until,
        "price_per_gb_month": _shortest(rules.price_per_gb_month),
        "price_currency": rules.price_currency,
    }


def _quiet(given: dict[str, Any]) -> dict[str, Any]:
    days = "".join(sorted(given["quiet_days"]))
    return {
        "quiet_days": days,
        "quiet_from": given["quiet_from"] if days else None,
        "quiet_until": given["quiet_until"] if days else None,
    }


def limit_rows(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, str]]:
    """Limits by their words on the page, as they are and as they are proposed."""
    return [
        {
            "label": str(_LABELS[name]),
            "before": _shown(name, before[name]),
            "after": _shown(name, after[name]),
        }
        for name in after
    ]


_LABELS = {
    "second_person": LimitsForm.base_fields["second_person"].label,
    "approve_from": gettext_lazy("Approval from this many items on"),
    "approval_hours": LimitsForm.base_fields["approval_hours"].label,
    "irreversible_seconds": gettext_lazy("Waiting time of chosen items"),
    "sweeping_seconds": gettext_lazy("Waiting time of whole lessons, packages and groups"),
    "quiet_days": LimitsForm.base_fields["quiet_days"].label,
    "quiet_from": LimitsForm.base_fields["quiet_from"].label,
    "quiet_until": LimitsForm.base_fields["quiet_until"].label,
}


def _shown(name: str, value: Any) -> str:
    """One limit in words."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name.endswith("_seconds"):
        return duration_words(value)
    if name == "quiet_days":
        return listed([str(WEEKDAYS[int(day)]) for day in value]) if value else _("None")
    return str(value) if value not in (None, "") else _("None")


def _minutes(seconds: int) -> Decimal:
    return (Decimal(seconds) / 60).quantize(Decimal("0.1")).normalize() + 0


def _shortest(price: Decimal | None) -> str | None:
    """The price without the noughts that the database adds."""
    return None if price is None else f"{price.normalize():f}"
