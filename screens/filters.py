"""Filters of a list: a django-filter FilterSet shown as popover buttons and as chips in words.

The filters live in the URL. A parameter that no filter knows, or a value that a filter refuses, empties the list and
is said: a filter that were silently dropped would widen what "select all that match" takes.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_filters.widgets import DateRangeWidget, SuffixedMultiWidget

from screens.dates import day_text
from screens.figures import listed
from screens.states import Text

SEARCH = "q"
ORDER = "o"
AFTER = "after"
BEFORE = "before"
PLACE = (AFTER, BEFORE, "p")
OWN = (SEARCH, ORDER, *PLACE, "e")

MOST_CHOICES = 300
LARGEST = 2**63 - 1


class SizeRangeFilter(django_filters.RangeFilter):
    """A range of sizes, typed in megabytes, over a column of bytes."""

    unit = "MB"
    bytes_per_unit = 1000**2

    def filter(self, qs: QuerySet[Any], value: slice | None) -> QuerySet[Any]:
        """Rows whose size lies within the range, ends included."""
        if value is None:
            return qs
        bounds = [
            None if end is None else int(min(end, LARGEST // self.bytes_per_unit) * self.bytes_per_unit)
            for end in (value.start, value.stop)
        ]
        narrowed: QuerySet[Any] = super().filter(qs, slice(*bounds))
        return narrowed


@dataclass(frozen=True)
class Choice:
    """One line of a popover: its word, the URL that chooses it (or takes it back), whether it is chosen."""

    label: str
    url: str
    chosen: bool


@dataclass(frozen=True)
class Input:
    """One input of a popover form."""

    name: str
    label: Text
    type: str
    value: str
    unit: str = ""


@dataclass(frozen=True)
class Button:
    """A filter as a popover button: links, or ticks and inputs with "Apply"."""

    name: str
    label: str
    active: bool
    links: list[Choice] = field(default_factory=list)
    ticks: list[Choice] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    hidden: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Chip:
    """An active filter in words, with the URL of the list without it; ``bare`` when its value needs the label."""

    label: str
    value: str
    url: str
    bare: bool = False


class ListFilters:
    """What the query string of a list says: the filtered rows, the chips, the buttons, the problems."""

    def __init__(
        self,
        filterset_class: "type[django_filters.FilterSet] | None",
        request: HttpRequest,
        rows: "QuerySet[Any]",
    ) -> None:
        self.request = request
        self.query: QueryDict = request.GET
        self.filterset = (
            filterset_class(self.query, queryset=rows, request=request) if filterset_class else None
        )
        self.problems: list[str] = []
        self.parameters: dict[str, list[str]] = {
            name: _parameters(name, one)
            for name, one in (self.filterset.filters if self.filterset else {}).items()
        }
        self._look_for_problems()
        self.rows: QuerySet[Any] = self._filtered(rows)

    def _look_for_problems(self) -> None:
        known = {parameter for parameters in self.parameters.values() for parameter in parameters}
        for name in self.query:
            if name not in known and name not in OWN:
                self.problems.append(
                    gettext("This list has no filter called “%(name)s”.") % {"name": name[:60]}
                )
        if self.filterset is not None and not self.filterset.is_valid():
            for name, errors in self.filterset.form.errors.items():
                label = capfirst(str(self.filterset.filters[name].label or name))
                self.problems.extend(
                    gettext("%(label)s: %(value)s") % {"label": label, "value": error} for error in errors
                )

    def _filtered(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        if self.problems:
            return rows.none()
        return rows if self.filterset is None else self.filterset.qs

    @property
    def chips(self) -> list[Chip]:
        """The active filters in the order they are declared."""
        if self.filterset is None or self.problems:
            return []
        return [
            Chip(
                _label(one, name),
                _in_words(one, value),
                self.url_without(*self.parameters[name]),
                bare=isinstance(value, bool),
            )
            for name, one in self.filterset.filters.items()
            if (value := self.filterset.form.cleaned_data.get(name)) not in _NOTHING and not _empty(value)
        ]

    def words(self, search: str = "") -> str:
        """The filter in one line, as a person would say it: ``Class video, until 28 Feb 2025``."""
        parts = [
            # A bare "Yes" says nothing in a sentence.
            gettext("%(label)s: %(value)s") % {"label": chip.label, "value": chip.value}
            if chip.bare
            else chip.value
            for chip in self.chips
        ]
        if search:
            parts.append(gettext("“%(search)s”") % {"search": search})
        return listed(parts)

    def buttons(self, covered: Iterable[str]) -> list[Button]:
        """A button for each filter that no tab covers."""
        if self.filterset is None:
            return []
        skip = set(covered)
        return [
            self._button(name, one)
            for name, one in self.filterset.filters.items()
            if not skip.intersection(self.parameters[name])
        ]

    def url_with(self, changes: Mapping[str, str]) -> str:
        """This list with other values, from its first page."""
        query = self.from_start()
        for name, value in changes.items():
            query[name] = value
        return f"?{query.urlencode()}"

    def url_without(self, *names: str) -> str:
        """This list without these parameters, from its first page."""
        query = self.from_start()
        for name in names:
            query.pop(name, None)
        return f"?{query.urlencode()}"

    def hidden_without(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """What a GET form must carry along so that it changes these parameters alone."""
        skip = {*names, *PLACE, "e"}
        return [(name, value) for name, values in self.query.lists() if name not in skip for value in values]

    def from_start(self) -> QueryDict:
        """The query of this list, leading to its first page."""
        query = self.query.copy()
        for name in (*PLACE, "e"):
            query.pop(name, None)
        return query

    def _button(self, name: str, one: django_filters.Filter) -> Button:
        parameters = self.parameters[name]
        label = _label(one, name)
        active = any(self.query.get(parameter) for parameter in parameters)
        hidden = self.hidden_without(parameters)
        widget = one.field.widget
        if isinstance(one, django_filters.MultipleChoiceFilter):
            chosen = set(self.query.getlist(name))
            ticks = [Choice(text, value, value in chosen) for value, text in _choices(one)]
            return Button(name, label, active, ticks=ticks, hidden=hidden)
        if choices := _choices(one):
            now = self.query.get(name, "")
            links = [
                Choice(
                    text,
                    self.url_without(name) if value == now else self.url_with({name: value}),
                    value == now,
                )
                for value, text in choices
            ]
            return Button(name, label, active, links=links)
        if isinstance(widget, SuffixedMultiWidget):
            kind = "date" if isinstance(widget, DateRangeWidget) else "number"
            captions = (_("From"), _("To")) if kind == "date" else (_("At least"), _("At most"))
            inputs = [
                Input(parameter, caption, kind, self.query.get(parameter, ""), getattr(one, "unit", ""))
                for parameter, caption in zip(parameters, captions, strict=False)
            ]
            return Button(name, label, active, inputs=inputs, hidden=hidden)
        kind = (
            "number"
            if isinstance(widget, forms.NumberInput)
            else "date"
            if isinstance(widget, forms.DateInput)
            else "text"
        )
        return Button(
            name, label, active, inputs=[Input(name, label, kind, self.query.get(name, ""))], hidden=hidden
        )


_NOTHING: tuple[Any, ...] = (None, "")


def _empty(value: Any) -> bool:
    if isinstance(value, slice):
        return value.start is None and value.stop is None
    return hasattr(value, "__len__") and len(value) == 0


def _parameters(name: str, one: django_filters.Filter) -> list[str]:
    widget = one.field.widget
    if isinstance(widget, SuffixedMultiWidget):
        return [f"{name}_{suffix}" if suffix else name for suffix in widget.suffixes]
    return [name]


def _label(one: django_filters.Filter, name: str) -> str:
    return capfirst(str(one.label or name.replace("_", " ")))


def _choices(one: django_filters.Filter) -> list[tuple[str, str]]:
    if isinstance(one, django_filters.BooleanFilter):
        return [("true", gettext("Yes")), ("false", gettext("No"))]
    choices = getattr(one.field, "choices", None) or ()
    shown: list[tuple[str, str]] = []
    for value, text in islice(choices, MOST_CHOICES):
        if isinstance(text, list | tuple):
            shown.extend((str(inner), str(label)) for inner, label in text)
        elif str(value):
            shown.append((str(value), str(text)))
    return shown


def _in_words(one: django_filters.Filter, value: Any) -> str:
    if isinstance(value, slice):
        return _span_in_words(value, getattr(one, "unit", ""))
    if isinstance(value, dt.date):
        return day_text(value)
    if isinstance(one, django_filters.MultipleChoiceFilter):
        labels = dict(_choices(one))
        return listed([labels.get(str(getattr(entry, "pk", entry)), str(entry)) for entry in value])
    if isinstance(one, django_filters.ModelChoiceFilter):
        return str(value)
    key = str(value).lower() if isinstance(value, bool) else str(value)
    return dict(_choices(one)).get(key, str(value))


def _span_in_words(span: slice, unit: str) -> str:
    start, end = (_end_in_words(one, unit) for one in (span.start, span.stop))
    dates = isinstance(span.start or span.stop, dt.date)
    facts = {"start": start, "end": end}
    if start and end:
        return gettext("%(start)s to %(end)s") % facts
    if start:
        return (gettext("from %(start)s") if dates else gettext("at least %(start)s")) % facts
    return (gettext("until %(end)s") if dates else gettext("at most %(end)s")) % facts


def _end_in_words(value: Any, unit: str) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return day_text(value)
    figure = f"{value:,}" if isinstance(value, int) else f"{value:,f}".rstrip("0").rstrip(".")
    return f"{figure} {unit}".strip()
