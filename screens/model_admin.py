"""The admin of a list that is read, filtered and acted on in bulk, but never edited by the admin itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

import django_filters
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect

from screens.changelist import KeysetChangeList
from screens.keyset import Ordering
from screens.selection_words import MATCHING, MATCHING_EXCEPT, TICKED, selection_words
from screens.states import Text

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin

MOST_TICKED = 1_000


class ScreenAdmin(Base):
    """Declares a list screen. Nothing is added, changed or deleted by the admin's own forms."""

    filterset_class: ClassVar[type[django_filters.FilterSet] | None] = None
    """Filters of the list; each becomes a popover button and, when set, a chip."""

    tabs: ClassVar[Sequence[tuple[Text, dict[str, str]]]] = ()
    """Saved kinds: word and query parameters; the first one usually has none ("All")."""

    keyset_orderings: ClassVar[Mapping[str, Sequence[str]]] = {"newest": ("-pk",)}
    """Orderings by name, the first one the default; each ends with a unique column. ``o=name`` chooses one and
    ``o=-name`` the same turned round. A column of that name, or one whose display method names it, sorts by it."""

    bulk_actions: ClassVar[Sequence[tuple[str, Text, str]]] = ()
    """Buttons of the bulk bar: name, word, icon. A press ends in :meth:`handle_bulk`."""

    list_icon: ClassVar[str] = "list"
    search_placeholder: ClassVar[Text] = _("Name or provider ID")
    empty_text: ClassVar[Text] = _("Nothing here yet.")

    list_per_page = 50
    list_select_related: ClassVar[Any] = ()
    show_full_result_count = False
    actions = None
    empty_value_display = ""
    change_list_template = "screens/change_list.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """Our ChangeList."""
        return KeysetChangeList

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The log's records of this row, which only who reads the log may see; Django's own history is not kept."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(self.records_url(object_id))

    def records_url(self, object_id: str) -> str:
        """The address of the log's records of one row."""
        query = urlencode({"kind": self.opts.label_lower, "object": object_id})
        return f"{reverse('admin:audit_record_changelist')}?{query}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: rows come from the providers."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never by the admin's own form: changes go through operations, which have permissions of their own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: rows are marked, not removed."""
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, tuple[Callable[..., str], str, str] | None]:
        """None of the admin's own actions."""
        return {}

    def get_keyset_orderings(self) -> dict[str, Ordering]:
        """The declared orderings."""
        return {name: Ordering(self.model, name, fields) for name, fields in self.keyset_orderings.items()}

    def get_bulk_actions(self, request: HttpRequest) -> Sequence[tuple[str, Text, str]]:
        """The bulk buttons that this person sees and may press. Override to ask for permissions."""
        return self.bulk_actions

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """More for the list's template: ``sentence`` or ``sentence_html`` ("List as of 10:42 today."), ``actions``
        (buttons of the page head, see screens/action.html), ``bulk_note`` (a line under the bulk choices), ``crumbs``.
        """
        return {}

    def changelist_context(self, request: HttpRequest) -> dict[str, Any]:
        """What kinds of lists add to every list of theirs; a single list says its own in `list_context`."""
        return self.list_context(request)

    def handle_bulk(self, request: HttpRequest, name: str, queryset: "QuerySet[Any]") -> HttpResponse | None:
        """Act on a selection: the ticked rows, or all rows that match. None leads back to the list."""
        raise NotImplementedError(f"{type(self).__name__} declares bulk actions and no handle_bulk().")

    def refuse_bulk(self, request: HttpRequest, name: str) -> None:
        """A button was pressed that this person is not offered; raise PermissionDenied where it exists for others."""

    def describe_filters(self, request: HttpRequest) -> str:
        """What a bulk button was pressed for, in words, for the record of what was selected: see selection_words."""
        words = self._changelist(request).words
        choice = request.POST.get("select_across", TICKED if request.method == "POST" else MATCHING)
        if choice not in (MATCHING, MATCHING_EXCEPT):
            choice = TICKED
        return selection_words(words, choice, len(set(request.POST.getlist(ACTION_CHECKBOX_NAME))))

    @method_decorator(csrf_protect)
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; a POST is a press on a bulk button. GET changes nothing."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._bulk(request) or HttpResponseRedirect(request.get_full_path())
        context = {
            "title": capfirst(str(self.opts.verbose_name_plural)),
            "crumbs": [{"label": capfirst(str(self.opts.verbose_name_plural))}],
            "bulk_actions": self.get_bulk_actions(request),
            "empty_text": self.empty_text,
            "list_icon": self.list_icon,
            "search_placeholder": self.search_placeholder,
            **self.changelist_context(request),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def _changelist(self, request: HttpRequest) -> KeysetChangeList:
        cl = self.get_changelist_instance(request)
        if not isinstance(cl, KeysetChangeList):
            raise TypeError("get_changelist() must give a KeysetChangeList.")
        return cl

    def _bulk(self, request: HttpRequest) -> HttpResponse | None:
        name = request.POST.get("action", "")
        if name not in {known for known, _label, _icon in self.get_bulk_actions(request)}:
            self.refuse_bulk(request, name)
            messages.warning(request, gettext("This list does not know that action. Nothing was changed."))
            return None
        selected = self._selected(request)
        return None if selected is None else self.handle_bulk(request, name, selected)

    def _selected(self, request: HttpRequest) -> "QuerySet[Any] | None":
        """The rows that the form means, or None after a message that says why there are none."""
        across = request.POST.get("select_across")
        if across not in (MATCHING, MATCHING_EXCEPT):
            return self._ticked(request)
        cl = self._changelist(request)
        if cl.filters.problems:
            messages.error(request, gettext("The filter is not understood. Nothing was changed."))
            return None
        if not cl.count:
            messages.warning(request, gettext("No row matches the filter. Nothing was changed."))
            return None
        if across == MATCHING:
            return cl.matching
        stay = self._ticked(request)
        if stay is None:
            return None
        rows = cl.matching.exclude(pk__in=list(stay.order_by().values_list("pk", flat=True)))
        if not rows.exists():
            messages.warning(request, gettext("Every row that matches is ticked, so none is left."))
            return None
        return rows

    def _ticked(self, request: HttpRequest) -> "QuerySet[Any] | None":
        """The ticked rows; None after a message where there are none, too many, or some that the list has not."""
        posted = set(request.POST.getlist(ACTION_CHECKBOX_NAME))
        if not posted:
            messages.warning(
                request, gettext("Nothing is selected. Tick rows first, or choose all that match.")
            )
            return None
        if len(posted) > MOST_TICKED:
            text = gettext(
                "%(count)s rows are ticked, %(most)s at most. Choose “Select all that match” instead."
            )
            messages.error(request, text % {"count": f"{len(posted):,}", "most": f"{MOST_TICKED:,}"})
            return None
        known: list[Any] = []
        for text in posted:
            try:
                key = self.opts.pk.to_python(text)
            except ValidationError:
                continue
            if not isinstance(key, int) or 0 <= key < 2**63:
                known.append(key)
        rows = self.get_queryset(request).filter(pk__in=known)
        lost = len(posted) - rows.count()
        if lost:
            text = ngettext(
                "%(count)d ticked row is not in this list. Nothing was changed; tick again.",
                "%(count)d ticked rows are not in this list. Nothing was changed; tick again.",
                lost,
            )
            messages.error(request, text % {"count": lost})
            return None
        return rows

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Besides the admin's checks: orderings are total, select_related is explicit, bulk buttons have a handler."""
        found = list(super().check(**kwargs))
        try:
            self.get_keyset_orderings()
        except (ValueError, FieldDoesNotExist) as problem:
            found.append(checks.Error(str(problem), obj=type(self), id="screens.E001"))
        if self.list_select_related is True:
            found.append(
                checks.Error("Name the relations that the list follows.", obj=type(self), id="screens.E002")
            )
        if self.bulk_actions and type(self).handle_bulk is ScreenAdmin.handle_bulk:
            found.append(checks.Error("Bulk actions need handle_bulk().", obj=type(self), id="screens.E003"))
        return found
