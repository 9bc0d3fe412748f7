"""The list screen's ChangeList: filters from a FilterSet, keyset pages, bounded counts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.admin.views.main import ChangeList
from django.db import DataError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext

from screens import rows
from screens.filters import AFTER, BEFORE, ORDER, SEARCH, Button, Chip, ListFilters
from screens.keyset import BoundedCount, KeysetPage, Ordering, bounded_count

if TYPE_CHECKING:
    from screens.model_admin import ScreenAdmin


@dataclass(frozen=True)
class Tab:
    """A saved kind of the list: its word, its URL, how many rows it has, whether it is the one shown."""

    label: str
    url: str
    count: BoundedCount
    active: bool


@dataclass(frozen=True)
class PageLinks:
    """What screens/pagination_keyset.html reads."""

    previous_url: str
    next_url: str
    count_label: str


class KeysetChangeList(ChangeList):
    """One page of a list. ``matching`` holds all rows that the filter and the search let through."""

    count_limit: ClassVar[int] = 10_000

    model_admin: "ScreenAdmin"
    filters: ListFilters
    matching: "QuerySet[Any]"
    ordering: Ordering
    count: BoundedCount
    page: PageLinks
    result_list: list[Any]

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> "QuerySet[Any]":
        """All rows that match the URL, unordered; none where a part of the URL is not understood."""
        self.filter_specs: list[Any] = []
        self.has_filters = self.has_active_filters = False
        self.filters = ListFilters(self.model_admin.filterset_class, request, self.root_queryset)
        if request.GET.get(SEARCH, "").strip() and not self.query:
            self.filters.problems.append(gettext("The search has a sign that cannot be searched for."))
        matching = self.root_queryset.none() if self.filters.problems else self.filters.rows
        matching, doubled = self.model_admin.get_search_results(request, matching, self.query.strip())
        if doubled:
            matching = self.root_queryset.filter(pk__in=matching.order_by().values("pk"))
        self.matching = self.apply_select_related(matching.order_by())
        return self.matching

    def get_results(self, request: HttpRequest) -> None:
        """Load the page that the cursor points to, and count as far as the limit."""
        self.ordering = self._chosen_ordering(request.GET.get(ORDER, ""))
        try:
            page = self._load(request)
            self.count = bounded_count(self.matching, self.count_limit)
        except (OverflowError, DataError):
            self.filters.problems.append(gettext("A value of the filter is too large."))
            self.matching = self.root_queryset.none()
            page, self.count = KeysetPage([], None, None), BoundedCount(0, capped=False)
        self.result_list = page.rows
        self.result_count = self.count.value
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = False
        self.can_show_all = False
        self.multi_page = bool(page.after or page.before)
        self.page = PageLinks(
            previous_url=self.filters.url_with({BEFORE: page.before}) if page.before else "",
            next_url=self.filters.url_with({AFTER: page.after}) if page.after else "",
            count_label=self.count_label,
        )

    def _load(self, request: HttpRequest) -> "KeysetPage[Any]":
        return KeysetPage.load(
            self.matching,
            self.ordering,
            self.list_per_page,
            after=request.GET.get(AFTER, ""),
            before=request.GET.get(BEFORE, ""),
        )

    def _chosen_ordering(self, name: str) -> Ordering:
        orderings = self.model_admin.get_keyset_orderings()
        plain = name.removeprefix("-")
        if plain not in orderings:
            plain = name = next(iter(orderings))
        chosen = orderings[plain]
        return chosen.reversed() if name.startswith("-") else chosen

    def order_link(self, name: str) -> tuple[str, str]:
        """URL and direction of a column's head: a second press turns the order round."""
        orderings = self.model_admin.get_keyset_orderings()
        if name not in orderings:
            return "", ""
        active = self.ordering.name.removeprefix("-") == name
        if not active:
            return self.filters.url_with({ORDER: name}), ""
        turned = self.ordering.reversed().name
        return self.filters.url_with({ORDER: turned}), (
            "descending" if self.ordering.terms[0].descending else "ascending"
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter or a search is set."""
        return bool(self.chips or self.query or self.filters.problems)

    @property
    def chips(self) -> list[Chip]:
        """The active filters and the search in words."""
        chips = list(self.filters.chips)
        if self.query:
            chips.append(Chip(gettext("Search"), self.query, self.filters.url_without(SEARCH)))
        return chips

    @property
    def words(self) -> str:
        """The filter and the search in one line, empty when nothing narrows the list."""
        return self.filters.words(self.query)

    @property
    def query_words(self) -> str:
        """The query string that makes this list, without the place in it."""
        return self.filters.url_without(ORDER).removeprefix("?")

    @property
    def clear_url(self) -> str:
        """This list without filters and search; the tab stays."""
        active = next((conditions for _, conditions in self.model_admin.tabs if self._is_on(conditions)), {})
        keep = {*active, ORDER}
        return self.filters.url_without(*(name for name in self.filters.query if name not in keep))

    @property
    def search_hidden(self) -> list[tuple[str, str]]:
        """What the search form carries along."""
        return self.filters.hidden_without([SEARCH])

    @property
    def buttons(self) -> list[Button]:
        """Filter buttons; what a tab covers has none."""
        return self.filters.buttons(name for _, conditions in self.model_admin.tabs for name in conditions)

    @property
    def count_label(self) -> str:
        """``3,104 videos``."""
        name = self.opts.verbose_name if self.count.value == 1 else self.opts.verbose_name_plural
        return gettext("%(count)s %(name)s") % {"count": self.count, "name": name}

    @property
    def plural(self) -> str:
        """What the rows are called."""
        return capfirst(str(self.opts.verbose_name_plural))

    def tabs(self) -> list[Tab]:
        """The saved kinds with their counts, each keeping the other filters."""
        declared = self.model_admin.tabs
        names = {name for _, conditions in declared for name in conditions}
        fitting = [conditions for _, conditions in declared if self._is_on(conditions)]
        shown = max(fitting, key=len, default=None)
        tabs = []
        for label, conditions in declared:
            query = self.filters.from_start()
            for name in names:
                query.pop(name, None)
            query.update(conditions)
            tabs.append(
                Tab(str(label), f"?{query.urlencode()}", self._tab_count(conditions), conditions is shown)
            )
        return tabs

    def _is_on(self, conditions: dict[str, str]) -> bool:
        return all(self.filters.query.get(name) == value for name, value in conditions.items())

    def _tab_count(self, conditions: dict[str, str]) -> BoundedCount:
        every = self.root_queryset
        if conditions and self.model_admin.filterset_class is not None:
            every = self.model_admin.filterset_class(
                conditions, queryset=every, request=self.filters.request
            ).qs
        return bounded_count(every, self.count_limit)

    def heads(self) -> list[rows.Head]:
        """Heads of the columns."""
        return list(rows.heads(self))

    def lines(self) -> list[rows.Line]:
        """Rows of the page."""
        return list(rows.lines(self))
