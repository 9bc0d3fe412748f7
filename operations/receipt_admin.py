"""The list of receipts: every deletion that is over."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.actions import ACCESS_REFUSED
from audit.denials import Denied
from operations import exports
from operations.export_admin import ExportableAdmin
from operations.filter_words import filter_words
from operations.models import Item, Receipt
from operations.registry import registry
from operations.states import ItemState, Outcome, RunState
from screens.cells import column, date_cell, size_cell, state_badge, two_lines
from screens.figures import number_text

READERS = ("operations.view_run", "audit.view_record")


def may_read(user: Any) -> bool:
    """Who may see a run may see its receipt, and so may who reads the log."""
    return any(user.has_perm(permission) for permission in READERS)


def check_may_read(request: HttpRequest) -> None:
    """Raise Denied, which is kept, for anybody else."""
    if not may_read(request.user):
        raise Denied(ACCESS_REFUSED, details={"path": request.path[:200], "method": request.method or ""})


@admin.register(Receipt)
class ReceiptAdmin(ExportableAdmin):
    """Receipts by the newest; each has a page of its own."""

    list_display = ["name_cell", "state_cell", "gone_cell", "freed_cell", "person_cell", "ended_cell"]
    list_display_links = None
    search_fields = ["reason", "filter_words", "requested_name"]
    search_placeholder = _("Reason, filter or person")
    keyset_orderings = {"newest": ("-pk",)}
    tabs = [
        (_("All"), {}),
    ]
    list_icon = "receipt-text"
    export_columns = exports.RECEIPTS
    empty_text = _("No receipt yet. Every deletion that is over leaves one here.")

    def has_view_permission(self, request: HttpRequest, obj: Receipt | None = None) -> bool:
        return may_read(request.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        """Deletions that are over, with their figures, computed for the rows of the page alone."""
        ended = Q(destructive=True, state__in=[RunState.FINISHED, RunState.CANCELLED])
        receipts: QuerySet[Receipt] = super().get_queryset(request)
        gone = Item.objects.filter(run=OuterRef("pk"), state=ItemState.SETTLED, outcome=Outcome.DONE)
        figures = gone.order_by().values("run").annotate(count=Count("pk"), size=Sum("size_bytes"))
        return receipts.filter(ended, confirmed_at__isnull=False).annotate(
            gone_count=Coalesce(Subquery(figures.values("count"), output_field=IntegerField()), 0),
            freed=Subquery(figures.values("size")),
        )

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "title": _("Receipts"),
            "sentence": _("What every deletion that is over did, who asked for it and why."),
            "crumbs": [{"label": _("Receipts")}],
        }

    @column(_("Receipt"), ordering="newest")
    def name_cell(self, receipt: Receipt) -> SafeString:
        labels = [str(registry[key].label) for key in receipt.operations if key in registry]
        words = _("%(run)s %(what)s") % {"run": receipt, "what": labels[0] if len(labels) == 1 else _("Deletion")}  # fmt: skip
        url = reverse("admin:operations_run_receipt", args=[receipt.pk])
        return two_lines(words, filter_words(receipt) or receipt.reason[:80], url=url)

    @column(_("State"))
    def state_cell(self, receipt: Receipt) -> SafeString:
        return state_badge("run", receipt.state)

    @column(_("Deleted"), figure=True)
    def gone_cell(self, receipt: Any) -> str:
        return number_text(receipt.gone_count)

    @column(_("Freed"), figure=True)
    def freed_cell(self, receipt: Any) -> SafeString:
        return size_cell(receipt.freed)

    @column(_("Asked by"))
    def person_cell(self, receipt: Receipt) -> str:
        return receipt.requested_name

    @column(_("Ended"))
    def ended_cell(self, receipt: Receipt) -> SafeString:
        return date_cell(receipt.ended_at)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The receipt's one address is that of its run."""
        return redirect("admin:operations_run_receipt", object_id)
