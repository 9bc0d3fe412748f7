"""The form of an edit. A valid one is frozen and shown for review; nothing is sent from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from audit.actors import Actor
from operations import engine
from operations.explain import last_call, refusal_for_field
from operations.forms import OperationForm
from operations.models import Item
from operations.operation import Operation
from operations.views.object_page import presence_badge

if TYPE_CHECKING:
    from operations.mirror_admin import MirrorAdmin


def edit_page(admin: MirrorAdmin, request: HttpRequest, target: Any, operation: Operation) -> HttpResponse:
    """GET shows the form, filled from the mirror or from an edit that was not done; POST freezes it for the review."""
    status = 200
    if request.method == "POST":
        form = _form(operation, request.POST, request.FILES, target=target)
        if form.is_valid():
            try:
                run = engine.freeze_edit(
                    operation, target, form.proposal(), actor=Actor.of(request), user=request.user
                )
            except engine.Refused as refused:
                form.add_error(refused.field if refused.field in form.fields else None, str(refused.message))
            else:
                return redirect(run.get_absolute_url())
        status = 422
    else:
        form = _restored(operation, target, request) or _form(operation, target=target)
    name = f"admin:{admin.opts.app_label}_{admin.opts.model_name}"
    context = {
        **admin.admin_site.each_context(request),
        **admin.object_context(request, target, active="details"),
        "badge": presence_badge(target),
        "form": form,
        "operation": operation,
        "post_url": reverse(f"{name}_do", args=[target.pk, operation.key]),
        "last_edits": _last_edits(admin, target),
        "has_file": form.is_multipart(),
    }
    return TemplateResponse(request, "operations/edit.html", context, status=status)


def _form(operation: Operation, *args: Any, **kwargs: Any) -> OperationForm:
    if operation.form is None:
        raise TypeError(f"{operation.key} has no form")
    return operation.form(*args, **kwargs)


def _restored(operation: Operation, target: Any, request: HttpRequest) -> OperationForm | None:
    """The form as the person left it, with the provider's refusal beside the field that it concerns."""
    item_id = request.GET.get("item", "")
    if not item_id.isascii() or not item_id.isdigit() or len(item_id) > 18:
        return None
    item = (
        Item.objects.filter(
            pk=item_id, operation=operation.key, target_id=target.pk, run__requested_by=request.user.pk
        )
        .prefetch_related("attempts")
        .first()
    )
    if item is None:
        return None
    blank = _form(operation, target=target)
    data = {**blank.initial, **blank.restored(item.params)}
    form = _form(operation, target=target, initial=data)
    if item.code:
        field = form.provider_fields.get(item.field)
        form.show_refusal(field if field in form.fields else None, refusal_for_field(item, last_call(item)))
    return form


def _last_edits(admin: MirrorAdmin, target: Any) -> list[Any]:
    from audit.timeline import history  # noqa: PLC0415 - the ledger's screens load with the admin

    return list(history(admin.opts.label_lower, target.pk, 4))
