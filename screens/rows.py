"""Heads and cells of a list, for a template that writes the table itself."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import display_for_field, display_for_value, label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.urls import NoReverseMatch
from django.utils.html import format_html
from django.utils.text import capfirst

from screens.cells import date_cell

if TYPE_CHECKING:
    from screens.changelist import KeysetChangeList


@dataclass(frozen=True)
class Head:
    """Head of a column; ``url`` sorts by it, ``direction`` is ascending, descending or empty."""

    text: str
    css_class: str
    url: str = ""
    direction: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell; ``is_head`` for the cell that names the row."""

    html: str
    css_class: str
    is_head: bool


@dataclass(frozen=True)
class Line:
    """One row of the list: the object, the id that its tick posts, its cells."""

    object: Any
    pk: str
    label: str
    cells: list[Cell]


def heads(cl: "KeysetChangeList") -> Iterator[Head]:
    """The heads of the columns, those with an ordering of their own as links."""
    for name in cl.list_display:
        text, attribute = label_for_field(name, cl.model, model_admin=cl.model_admin, return_attr=True)
        ordering = getattr(attribute, "keyset_ordering", "") or str(name)
        url, direction = cl.order_link(ordering)
        yield Head(capfirst(str(text)), _css_class(name, attribute), url, direction)


def lines(cl: "KeysetChangeList") -> Iterator[Line]:
    """The rows of this page."""
    for row in cl.result_list:
        yield Line(row, str(row.pk), str(row), list(_cells(cl, row)))


def _css_class(name: Any, attribute: Any) -> str:
    plain = name if isinstance(name, str) else getattr(name, "__name__", "")
    return f"field-{plain} {getattr(attribute, 'cell_class', '')}".strip()


def _cells(cl: "KeysetChangeList", row: Any) -> Iterator[Cell]:
    empty = cl.model_admin.get_empty_value_display()
    for place, name in enumerate(cl.list_display):
        field, attribute, value = _looked_up(cl, name, row)
        html: Any
        if value is None:
            html = empty
        elif field is None or field.auto_created:
            html = display_for_value(value, empty, getattr(attribute, "boolean", False))
        elif isinstance(value, dt.datetime):
            html = date_cell(value)
        else:
            html = display_for_field(value, field, empty)
        if place == 0 and cl.list_display_links is not None:
            html = _linked(cl, row, html)
        yield Cell(html, _css_class(name, attribute), place == 0)


def _looked_up(cl: "KeysetChangeList", name: Any, row: Any) -> tuple[Any, Any, Any]:
    try:
        return lookup_field(name, row, cl.model_admin)
    except ObjectDoesNotExist:
        return None, None, None


def _linked(cl: "KeysetChangeList", row: Any, html: Any) -> Any:
    if "<a " in str(html):
        return html
    try:
        url = cl.url_for_result(row)
    except NoReverseMatch:
        return html
    return format_html('<a class="row-link" href="{}">{}</a>', url, html)
