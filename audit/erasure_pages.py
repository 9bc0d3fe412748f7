"""The pages on which personal values of the log are erased: one person asks, another one looks and erases."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import erased, outside
from audit.actions import ERASURE_DENIED
from audit.actors import Actor, person_name
from audit.canonical import GROUPS
from audit.denials import Denied
from audit.erasure_requests import (
    AT_ONCE,
    PERMISSION,
    ErasureRefused,
    approve,
    ask,
    concerned_by,
    counts,
    target_of,
    typed_words,
    withdraw,
)
from audit.keys import trusted_keys
from audit.models import ErasureRequest, Record, Sealing
from audit.verify import verify

SHOWN = 50
VERIFIED_HERE = 50_000
"""A longer log is verified by the command alone: nobody waits minutes for a page."""
_REASON_LIMIT = 300


class AskForm(forms.Form):
    """Whose values go, or those of which record; which of them, and why."""

    person = forms.ModelChoiceField(
        label=gettext_lazy("Person"), queryset=get_user_model()._default_manager.none(), required=False
    )
    record = forms.IntegerField(
        label=gettext_lazy("Or the number of one record"), required=False, min_value=1, max_value=2**63 - 1
    )
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("Erase"), required=False, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=_REASON_LIMIT,
        required=False,
        help_text=gettext_lazy("It stays in the log for ever, so name nobody here."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        model = get_user_model()
        person: Any = self.fields["person"]
        person.queryset = model._default_manager.order_by(model.USERNAME_FIELD)
        person.label_from_instance = lambda user: f"{person_name(user)} ({user.get_username()})"
        groups: Any = self.fields["groups"]
        groups.choices = list(erased.group_labels().items())
        groups.initial = list(GROUPS)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and bool(given.get("person")) == bool(given.get("record")):
            self.add_error("person", _("Choose a person or give the number of a record."))
        record = given.get("record")
        if record and "record" not in self.errors and not Record.objects.filter(pk=record).exists():
            self.add_error("record", _("There is no such record."))
        return given


def erasures_page(request: HttpRequest) -> HttpResponse:
    """GET lists the requests and offers a new one; POST asks. Raises Denied without the right."""
    _check(request)
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if form.is_valid() and (asked := _ask(request, form)):
            return redirect("admin:audit_erasure", asked.pk)
    elif request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    rows = ErasureRequest.objects.select_related("asked_by", "answered_by", "person").order_by("-pk")[:SHOWN]
    context = {
        **admin.site.each_context(request),
        "title": _("Erasures"),
        "crumbs": _crumbs(),
        "form": form,
        "rows": [_line(row) for row in rows],
    }
    return TemplateResponse(request, "audit/erasures.html", context, status=422 if form.errors else 200)


def erasure_page(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows what would go, or went; POST erases, or withdraws. Raises Denied without the right or for one’s own."""
    _check(request)
    asked = get_object_or_404(
        ErasureRequest.objects.select_related("asked_by", "answered_by", "person"), pk=pk
    )
    error = ""
    if request.method == "POST":
        try:
            if request.POST.get("do") == "withdraw":
                withdraw(asked.pk, actor=Actor.of(request), user=request.user)
                messages.info(request, _("The request is withdrawn. Nothing was erased."))
                return redirect("admin:audit_erasure", asked.pk)
            if request.POST.get("do") == "erase":
                typed = request.POST.get("typed", "")
                approve(asked.pk, typed=typed, actor=Actor.of(request), user=request.user)
                return redirect(f"{reverse('admin:audit_erasure', args=[asked.pk])}?verify=1")
            error = _("There is no such button.")
        except ErasureRefused as refused:
            error = refused.message
    elif request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    waits = asked.state == ErasureRequest.State.WAITING
    numbers = counts(concerned_by(asked)) if waits else {}
    total = sum(numbers.values())
    labels = erased.group_labels()
    title = _("Erasure %(number)s") % {"number": asked}
    context = {
        **admin.site.each_context(request),
        "title": title,
        "crumbs": [
            *_crumbs()[:-1],
            {"label": _("Erasures"), "url": reverse("admin:audit_erasures")},
            {"label": title},
        ],
        "asked": asked,
        "line": _line(asked),
        "waits": waits,
        "mine": asked.asked_by_id == request.user.pk,
        "parts": [(labels[group], count) for group, count in numbers.items()],
        "groups": [labels[group] for group in asked.groups],
        "total": total,
        "too_many": total > AT_ONCE,
        "limit": AT_ONCE,
        "words": typed_words(total),
        "error": error,
        "typed": request.POST.get("typed", ""),
        "verified": _verified() if "verify" in request.GET and not waits else None,
    }
    return TemplateResponse(request, "audit/erasure.html", context, status=422 if error else 200)


def _ask(request: HttpRequest, form: AskForm) -> ErasureRequest | None:
    given = form.cleaned_data
    try:
        return ask(
            person=given["person"],
            record_id=given["record"],
            groups=given["groups"],
            reason=given["reason"],
            actor=Actor.of(request),
            user=request.user,
        )
    except ErasureRefused as refused:
        form.add_error(refused.field or None, refused.message)
        return None


def _line(asked: ErasureRequest) -> dict[str, Any]:
    """A request as one row; the person by the name of today, since the log forgets it."""
    what = (
        person_name(asked.person)
        if asked.person
        else _("Record %(number)s") % {"number": f"{asked.record_id:,}"}
    )
    return {
        "asked": asked,
        "what": what,
        "target": target_of(asked).label,
        "asked_by": person_name(asked.asked_by),
        "answered_by": person_name(asked.answered_by) if asked.answered_by else "",
        "url": reverse("admin:audit_erasure", args=[asked.pk]),
    }


def _verified() -> dict[str, Any]:
    """What verifying the whole log says now; for a long log, that the command says it."""
    size = Sealing.objects.filter(pk=1).values_list("size", flat=True).first() or 0
    if size > VERIFIED_HERE:
        return {"long": True, "size": size}
    report = verify(keys=trusted_keys(), outside=outside.notes(settings.AUDIT["checkpoint_file"]))
    return {
        "long": False,
        "size": report.size,
        "sound": report.sound,
        "erased": report.erased,
        "first": report.first,
    }


def _crumbs() -> list[dict[str, str]]:
    return [
        {"label": _("Audit log"), "url": reverse("admin:audit_record_changelist")},
        {"label": _("Erasures"), "url": ""},
    ]


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise Denied(ERASURE_DENIED, details={"why": "no_permission"})
