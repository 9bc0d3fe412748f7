"""Pieces of HTML for table cells, so that admin classes need no templates of their own."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from screens.dates import age_text, day_text, full_moment_text
from screens.figures import duration_text, size_parts
from screens.states import State, Text, state_of


def icon(name: str, css_class: str = "") -> SafeString:
    """One icon of the sprite, hidden from screen readers: the word beside it is the name."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" {css_class}" if css_class else "",
        static("screens/icons.svg"),
        name,
    )


def badge(tone: str, icon_name: str, text: Text) -> SafeString:
    """A badge: tone, icon (may be empty) and its word."""
    return format_html(
        '<span class="badge badge-{}">{}{}</span>',
        tone,
        icon(icon_name) if icon_name else "",
        text,
    )


def state_badge(kind: str, key: object, text: Text = "") -> SafeString:
    """The badge of a stored state (tables in ``screens.states``), with another word where one is given."""
    state: State = state_of(kind, key)
    return badge(state.tone, state.icon, text or state.label)


def two_lines(strong: object, quiet: object = "", *, url: str = "", mono: bool = False) -> SafeString:
    """One strong line and one quiet line. ``url`` links the strong one; ``mono`` sets the quiet one as an id."""
    first = format_html('<a class="row-link" href="{}">{}</a>', url, strong) if url else strong
    second = (
        format_html('<span class="quiet{}">{}</span>', " mono" if mono else "", quiet)
        if quiet not in ("", None)
        else ""
    )
    return format_html('<span class="two"><span class="one">{}</span>{}</span>', first, second)


def date_cell(value: dt.datetime | dt.date | None) -> SafeString:
    """The date over its age, the exact time in its title; empty for None."""
    if value is None:
        return SafeString("")
    return format_html(
        '<time class="two" datetime="{}" title="{}"><span class="one">{}</span><span class="quiet">{}</span></time>',
        value.isoformat(),
        full_moment_text(value),
        day_text(value),
        age_text(value),
    )


def size_cell(byte_count: int | None) -> SafeString:
    """A size in bytes, unit apart; empty for None."""
    if byte_count is None:
        return SafeString("")
    figure, unit = size_parts(byte_count)
    return format_html('<span class="figure">{}</span> <span class="unit">{}</span>', figure, unit)


def duration_cell(seconds: int | None) -> SafeString:
    """A length in seconds; empty for None."""
    return SafeString("") if seconds is None else format_html("{}", duration_text(seconds))


def notes_cell(badges: Iterable[SafeString], quiet: object = "") -> SafeString:
    """Badges of a row with one quiet line under them; empty when there is nothing to say."""
    shown = list(badges)
    if not shown and not quiet:
        return SafeString("")
    line = format_html('<span class="quiet">{}</span>', quiet) if quiet else ""
    return format_html(
        '<span class="cell-notes">{}{}</span>',
        format_html_join("", "{}", ((b,) for b in shown)),
        line,
    )


def fragment(template: str, **context: object) -> SafeString:
    """A template rendered for use inside a cell."""
    return render_to_string(template, context)


def column(
    description: Text, *, ordering: str = "", figure: bool = False, wide: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a display method of a list.

    ``ordering`` names one of the admin's ``keyset_orderings`` and makes the head a link; ``figure`` aligns to
    the end; ``wide`` gives the cell the whole width on phones (notes).
    """

    def mark(method: Callable[..., Any]) -> Callable[..., Any]:
        shown = admin.display(description=description)(method)
        shown.keyset_ordering = ordering  # type: ignore[attr-defined]  # read by screens.rows
        shown.cell_class = "cell-figure" if figure else "cell-wide" if wide else ""  # type: ignore[attr-defined]
        return shown

    return mark
