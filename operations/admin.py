"""Plans, runs and holds in the admin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import (
    Count,
    Field,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    TimeField,
    Value,
)
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from audit.actions import ACCESS_REFUSED
from audit.denials import Denied
from audit.verifier_file import verifier_file
from operations import exports
from operations.coming import cancellable_operations
from operations.engine.limits import QUIET
from operations.engine.policy import policy
from operations.engine.waiting import goes_at
from operations.export_admin import ExportableAdmin
from operations.filter_words import asked_by, filter_words
from operations.filters import RunFilters
from operations.hold_admin import HoldAdmin
from operations.models import Item, Policy, Run
from operations.receipt_admin import ReceiptAdmin, check_may_read
from operations.registry import registry
from operations.states import ItemState, Outcome, RunState
from operations.views.decide_page import decide_page
from operations.views.item_page import item_page
from operations.views.plan_context import look_context
from operations.views.plan_csv import plan_csv
from operations.views.receipt_export import receipt_csv, receipt_json
from operations.views.receipt_page import receipt_page
from operations.views.run_page import find_run, progress_context, run_page
from operations.views.switch_page import switch_link, switch_page
from screens.cells import column, date_cell, fragment, notes_cell, state_badge, two_lines
from screens.dates import clock_text
from screens.figures import number_text

__all__ = ["HoldAdmin", "ReceiptAdmin", "RunAdmin"]


@admin.register(Run)
class RunAdmin(ExportableAdmin):
    """The list of plans and runs; each has one page of its own."""

    export_columns = exports.RUNS
    list_display = ["name_cell", "state_cell", "result_cell", "person_cell", "made_cell"]
    list_display_links = None
    list_select_related = ["requested_by"]
    filterset_class = RunFilters
    search_fields = ["reason", "filter_words", "requested_name"]
    search_placeholder = _("Reason, filter or person")
    keyset_orderings = {"newest": ("-pk",)}
    tabs = [
        (_("All"), {}),
        (_("Plans"), {"state": RunState.DRAFT.value}),
        (_("Running"), {"state": RunState.RUNNING.value}),
        (_("Halted"), {"state": RunState.HALTED.value}),
        (_("Finished"), {"state": RunState.FINISHED.value}),
    ]
    list_icon = "activity"
    empty_text = _("No plan and no run yet. Choose videos in the library and review their deletion.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        """Runs with their counts, computed for the rows of the page alone."""
        counts = {
            "all_count": _count(),
            "settled_count": _count(state=ItemState.SETTLED),
            "unknown_count": _count(state=ItemState.SETTLED, outcome=Outcome.UNKNOWN, decided_at=None),
        }
        runs: QuerySet[Run] = super().get_queryset(request)
        mine = Value(",".join(sorted(cancellable_operations(request.user))), output_field=TextField())
        rules = policy()
        kinds: tuple[Field[Any, Any], ...] = (TimeField(), TimeField(), TextField())
        quiet = {
            f"rules_{name}": Value(getattr(rules, name), output_field=kind)
            for name, kind in zip(QUIET, kinds, strict=True)
        }
        return runs.annotate(
            mine=mine, **quiet, **{name: Coalesce(count, 0) for name, count in counts.items()}
        )

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "title": _("Plans and runs"),
            "crumbs": [{"label": _("Plans and runs")}],
            "actions": switch_link(request.user),
        }

    @column(_("Run"), ordering="newest")
    def name_cell(self, run: Run) -> SafeString:
        labels = [str(registry[key].label) for key in run.operations if key in registry]
        name = _("%(run)s %(what)s") % {"run": run, "what": labels[0] if len(labels) == 1 else _("Deletion")}
        return two_lines(name, filter_words(run) or run.reason[:80], url=run.get_absolute_url())

    @column(_("State"))
    def state_cell(self, run: Any) -> SafeString:
        if run.state != RunState.COUNTING_DOWN:
            return state_badge("run", run.state)
        words = _("Goes at %(time)s") % {"time": clock_text(_goes_at(run))}
        # The list is a form already, so its button names the run's own page.
        may_cancel = set(run.operations) <= set(run.mine.split(","))
        return fragment(
            "operations/countdown_cell.html",
            badge=state_badge("run", run.state, words),
            run=run if may_cancel else None,
        )

    @column(_("Result"), wide=True)
    def result_cell(self, run: Any) -> SafeString:
        figures = (
            number_text(run.all_count)
            if run.state == RunState.DRAFT
            else _("%(settled)s of %(all)s")
            % {"settled": number_text(run.settled_count), "all": number_text(run.all_count)}
        )
        notes = [state_badge("outcome", Outcome.UNKNOWN)] if run.unknown_count else []
        return notes_cell(notes, figures)

    @column(_("Asked by"))
    def person_cell(self, run: Run) -> str:
        return capfirst(asked_by(run)) if run.is_unsigned else run.requested_name

    @column(_("Made"))
    def made_cell(self, run: Run) -> SafeString:
        return date_cell(run.created_at)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("switch/", view(self.switch_view), name="operations_switch"),
            path("<str:pk>/progress/", view(self.progress_view), name="operations_run_progress"),
            path("<str:pk>/look/", view(self.look_view), name="operations_run_look"),
            path("<str:pk>/list.csv", view(self.csv_view), name="operations_run_csv"),
            path("<str:pk>/receipt/", view(self.receipt_view), name="operations_run_receipt"),
            path("<str:pk>/receipt.csv", view(self.receipt_csv_view), name="operations_run_receipt_csv"),
            path("<str:pk>/receipt.json", view(self.receipt_json_view), name="operations_run_receipt_json"),
            path("receipts/verify.py", view(self.verifier_view), name="operations_receipt_verifier"),
            path("<str:pk>/decide/", view(self.decide_view), name="operations_run_decide"),
            path("<str:pk>/items/<int:item_pk>/", view(self.item_view), name="operations_run_item"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        self._check(request)
        return run_page(request, find_run(object_id), self.admin_site)

    def progress_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        """The progress part alone, for the live page."""
        self._check(request)
        show = request.GET.get("show", "")
        return render(request, "operations/progress.html", progress_context(find_run(pk), show=show))

    def look_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        """The figures of a plan's newest fresh look alone, for the live page."""
        self._check(request)
        context = look_context(find_run(pk))
        if context["look"] is None:
            raise Http404("nobody has looked")
        return render(request, "operations/fresh_look_figures.html", {**context, "live": True})

    def csv_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        self._check(request)
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        return plan_csv(request, find_run(pk))  # type: ignore[return-value]  # streaming is a response as well

    def item_view(self, request: HttpRequest, pk: str, item_pk: int) -> HttpResponse:
        self._check(request)
        return item_page(request, find_run(pk), item_pk, self.admin_site)

    def decide_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        """What a person found out about several unknown outcomes."""
        self._check(request)
        return decide_page(request, find_run(pk), self.admin_site)

    def receipt_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        """What a deletion that is over did."""
        check_may_read(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        sees_run = self.has_view_permission(request)
        return receipt_page(request, find_run(pk), self.admin_site, sees_run=sees_run)

    def receipt_csv_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        return self._receipt_file(request, pk, receipt_csv)

    def receipt_json_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        return self._receipt_file(request, pk, receipt_json)

    def _receipt_file(
        self, request: HttpRequest, pk: str, export: Callable[[HttpRequest, Run], StreamingHttpResponse]
    ) -> HttpResponse:
        check_may_read(request)
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        run = find_run(pk)
        if not run.has_receipt:
            raise Http404("no receipt yet")
        return export(request, run)  # type: ignore[return-value]  # streaming is a response as well

    def verifier_view(self, request: HttpRequest) -> HttpResponse:
        """The program that checks receipts, for whoever may read one."""
        check_may_read(request)
        return verifier_file()

    def switch_view(self, request: HttpRequest) -> HttpResponse:
        """The stop switch of all deletions."""
        return switch_page(request, self.admin_site)

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise Denied(ACCESS_REFUSED, details={"path": request.path[:200], "method": request.method or ""})


def _goes_at(run: Any) -> datetime:
    """When the countdown of a row ends, by the limits that came with the row."""
    rules = Policy(**{name: getattr(run, f"rules_{name}") for name in QUIET})
    return goes_at(run, timezone.now(), rules)[0]


def _count(**filters: Any) -> Subquery:
    items = (
        Item.objects.filter(run=OuterRef("pk"), **filters)
        .order_by()
        .values("run")
        .annotate(count=Count("pk"))
    )
    return Subquery(items.values("count"), output_field=IntegerField())
