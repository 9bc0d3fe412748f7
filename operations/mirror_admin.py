"""The admin of mirror rows: lists whose buttons and object pages whose forms derive from the registered operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.denials import Denied
from audit.services import Target
from operations import engine
from operations.engine.hold import PERMISSION, check_may_hold
from operations.export_admin import ExportableAdmin
from operations.facts import presence_note
from operations.holds import holds_over
from operations.operation import Operation
from operations.registry import registry
from operations.selecting import ByIds, plan_rows
from operations.states import Risk
from operations.views.by_ids_pages import by_ids_page, found_page, unresolved_csv
from operations.views.edit_page import edit_page
from operations.views.hold_pages import PLACE, place_on_object, place_on_selection
from operations.views.object_page import object_page
from screens.states import Text

Label = Text


class MirrorAdmin(ExportableAdmin):
    """Rows are added, changed and removed by the provider's answers alone; people act through operations.

    `bulk_operations` maps a button's name to (label, icon, operations): one button may carry operations for several
    kinds of row. Registered destructive operations on this model that no button names get a button of their own.
    """

    bulk_operations: ClassVar[Mapping[str, tuple[Label, str, Sequence[type[Operation]]]]] = {}

    holdable: ClassVar[bool] = False
    """Whether people put rows of this list on hold: a button of the list, and one on each row's page."""

    by_ids: ClassVar[ByIds | None] = None
    """How the rows of this list are chosen by provider ids; None where they are not."""

    export_select_related = ("account",)

    def model_operations(self) -> list[Operation]:
        """Every registered operation whose target is this model."""
        return [operation for operation in registry if operation.target is self.model]

    def edits(self, request: HttpRequest) -> list[Operation]:
        """The edits of one row that this person may make."""
        return [
            operation
            for operation in self.model_operations()
            if operation.form is not None and request.user.has_perm(operation.permission)
        ]

    def _buttons(self) -> dict[str, tuple[Label, str, list[Operation]]]:
        buttons = {
            name: (label, icon, [registry[cls.key] for cls in classes])
            for name, (label, icon, classes) in self.bulk_operations.items()
        }
        named = {operation.key for _label, _icon, operations in buttons.values() for operation in operations}
        for operation in self.model_operations():
            if operation.risk.destructive and operation.key not in named:
                label = _("%(operation)s…") % {"operation": operation.label}
                buttons[operation.key] = (label, operation.icon, [operation])
        return buttons

    def get_bulk_actions(self, request: HttpRequest) -> Sequence[tuple[str, Any, str]]:
        """Buttons of the bulk bar: those of which the person may do at least one operation."""
        hold = [(PLACE, _("Put on hold…"), "lock")] if self._may_hold(request) else []
        return [*hold, *self.plan_buttons(request)]

    def plan_buttons(self, request: HttpRequest) -> list[tuple[str, Any, str]]:
        """The buttons that make a plan, of which the person may do at least one operation."""
        return [
            (name, label, icon)
            for name, (label, icon, operations) in self._buttons().items()
            if any(request.user.has_perm(operation.permission) for operation in operations)
        ]

    def first_button(self) -> str:
        """The button that a plan is made by where nobody names one."""
        return next(iter(self._buttons()))

    def button_operations(self, name: str) -> list[Operation]:
        """What a button that makes a plan carries; raises KeyError for any other name."""
        return self._buttons()[name][2]

    def planned_operations(self) -> list[Operation]:
        """Everything that this list makes plans of."""
        return [
            operation for _label, _icon, operations in self._buttons().values() for operation in operations
        ]

    def by_ids_action(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The button of the list's head that leads to the choice by ids, for people who may plan."""
        if self.by_ids is None or not self.plan_buttons(request):
            return []
        return [{"label": _("Select by IDs…"), "url": self.url_of("by_ids"), "icon": "list"}]

    def url_of(self, view: str, *args: Any) -> str:
        """The address of one of this admin's own pages."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{view}", args=args)

    def _may_hold(self, request: HttpRequest) -> bool:
        return self.holdable and request.user.has_perm(PERMISSION)

    def refuse_bulk(self, request: HttpRequest, name: str) -> None:
        """A button that exists and is not this person's: refused, and the refusal is kept."""
        if name == PLACE and self.holdable:
            check_may_hold(request.user)
        if name in self._buttons():
            _label, _icon, operations = self._buttons()[name]
            raise Denied(operations[0].audit["denied"], details={"why": "no_permission"})

    def handle_bulk(self, request: HttpRequest, name: str, queryset: QuerySet[Any]) -> HttpResponse:
        """Freeze the selection into a plan and show it. Raises Denied for operations that the person may not do."""
        if name == PLACE and self.holdable:
            return place_on_selection(self, request, queryset)
        try:
            run = plan_rows(
                self.button_operations(name),
                queryset,
                actor=Actor.of(request),
                user=request.user,
                words=self.describe_filters(request),
                query=request.GET.urlencode(),
            )
        except engine.Refused as refused:
            messages.error(request, str(refused.message))
            return redirect(request.get_full_path())
        return redirect(run.get_absolute_url())

    def get_urls(self) -> list[URLPattern]:
        """Besides the admin's own: the form of an operation, the page of a hold, the choice by ids."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path(
                "<path:object_id>/do/<str:key>/", self.admin_site.admin_view(self.do_view), name=f"{name}_do"
            ),
        ]
        if self.holdable:
            own.append(
                path(
                    "<path:object_id>/hold/", self.admin_site.admin_view(self.hold_view), name=f"{name}_hold"
                )
            )
        return [*self._by_ids_urls(name), *own, *super().get_urls()]

    def _by_ids_urls(self, name: str) -> list[URLPattern]:
        by_ids = self.by_ids
        if by_ids is None:
            return []

        def view(page: Callable[..., Any], *known: Any) -> Any:
            def answer(request: HttpRequest, **kwargs: Any) -> Any:
                if not self.has_view_permission(request):
                    raise Denied(
                        _access_refused(), details={"path": request.path[:200], "method": str(request.method)}
                    )
                return page(self, *known, request, **kwargs)

            return self.admin_site.admin_view(answer)

        return [
            path("by-ids/", view(by_ids_page, by_ids), name=f"{name}_by_ids"),
            path("by-ids/<int:pk>/", view(found_page, by_ids), name=f"{name}_by_ids_found"),
            path("by-ids/<int:pk>/unknown.csv", view(unresolved_csv), name=f"{name}_by_ids_csv"),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The object's page: the edit form when there is exactly one edit and the person may make it, else facts."""
        target = self._target(request, object_id)
        if isinstance(target, HttpResponse):
            return target
        edits = self.edits(request)
        if len(edits) == 1:
            return edit_page(self, request, target, edits[0])
        return object_page(self, request, target)

    def do_view(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        """The form of one edit; POST freezes the edit for the review and sends nothing."""
        target = self._target(request, object_id)
        if isinstance(target, HttpResponse):
            return target
        operation = registry.get(key)
        if operation is None or operation.target is not self.model or operation.risk is not Risk.REVERSIBLE:
            return self._gone(request, object_id)
        if not request.user.has_perm(operation.permission):
            raise Denied(
                operation.audit["denied"], target=Target.of(target), details={"why": "no_permission"}
            )
        return edit_page(self, request, target, operation)

    def hold_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page that puts one row on hold; GET shows it."""
        target = self._target(request, object_id)
        if isinstance(target, HttpResponse):
            return target
        return place_on_object(self, request, target)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Everything that the ledger says of this object."""
        target = self._target(request, object_id)
        if isinstance(target, HttpResponse):
            return target
        from audit.timeline import history  # noqa: PLC0415 - the ledger's screens load with the admin

        context = {
            **self.admin_site.each_context(request),
            **self.object_context(request, target, active="history"),
            "entries": history(self.opts.label_lower, target.pk, 100)
            if request.user.has_perm("audit.view_record") or self.has_view_permission(request, target)
            else [],
        }
        return TemplateResponse(request, "operations/history.html", context)

    def _target(self, request: HttpRequest, object_id: str) -> Any:
        target = self.get_object(request, object_id)
        if target is None:
            return self._gone(request, object_id)
        if not self.has_view_permission(request, target):
            raise Denied(_access_refused(), target=Target.of(target))
        return target

    def _gone(self, request: HttpRequest, object_id: str) -> HttpResponse:
        messages.warning(
            request,
            _("There is no %(kind)s with the number “%(number)s”.")
            % {"kind": self.opts.verbose_name, "number": object_id[:40]},
        )
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def object_context(self, request: HttpRequest, target: Any, *, active: str) -> dict[str, Any]:
        """What every page of one object shares: title, presence, way back, tabs."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        tabs = [
            {
                "label": _("Details"),
                "url": reverse(f"{name}_change", args=[target.pk]),
                "active": active == "details",
            },
            *self.object_tabs(request, target),
            {
                "label": _("History"),
                "url": reverse(f"{name}_history", args=[target.pk]),
                "active": active == "history",
            },
        ]
        return {
            "opts": self.opts,
            "title": str(target),
            "target": target,
            "sentence": self.object_sentence(target),
            "object_tabs": tabs,
            "presence_note": presence_note(target),
            "lying": holds_over(target) if self.holdable else [],
            "actions": [
                {
                    "label": _("Put on hold…"),
                    "url": reverse(f"{name}_hold", args=[target.pk]),
                    "icon": "lock",
                }
            ]
            if self._may_hold(request)
            else [],
            "crumbs": [
                {
                    "label": str(self.opts.verbose_name_plural).capitalize(),
                    "url": reverse(f"{name}_changelist"),
                },
                {"label": str(target), "url": ""},
            ],
        }

    def object_tabs(self, request: HttpRequest, obj: Any) -> Iterable[Mapping[str, Any]]:
        """Further tabs between Details and History: label, url, count, active."""
        return ()

    def object_sentence(self, obj: Any) -> Label:
        """One sentence of context under the title."""
        return _("%(account)s, ID %(id)s") % {"account": obj.account, "id": obj.provider_id}

    def facts(self, obj: Any) -> Iterable[tuple[Label, Any, str]]:
        """Read-only details: label, value, and where the value came from."""
        return ()


def _access_refused() -> Any:
    from audit.actions import ACCESS_REFUSED  # noqa: PLC0415 - declared beside the ledger's other own actions

    return ACCESS_REFUSED
