"""Tags and filters of the look: ``{% load screens %}``."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    RadioSelect,
)
from django.http import QueryDict
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from screens import cells, dates, figures, word_diff
from screens.bars import bar_segments

register = template.Library()

STYLE_SHEETS = (
    "base",
    "frame",
    "menus",
    "components",
    "filters",
    "cards",
    "tables",
    "forms",
    "flow",
    "stock",
    "narrow",
    "print",
)
MODULES = ("list", "form", "progress")

_NOTE_KINDS: dict[str, dict[str, str]] = {
    "debug": {"tone": "blue", "icon": "info"},
    "info": {"tone": "blue", "icon": "info"},
    "success": {"tone": "green", "icon": "circle-check"},
    "warning": {"tone": "amber", "icon": "triangle-alert"},
    "error": {"tone": "red", "icon": "octagon-x"},
    "danger": {"tone": "red", "icon": "triangle-alert"},
    "wait": {"tone": "blue", "icon": "hourglass"},
    "hold": {"tone": "amber", "icon": "lock"},
}

register.simple_tag(cells.icon, name="icon")
register.simple_tag(cells.badge, name="badge")
register.simple_tag(cells.state_badge, name="state_badge")


@register.simple_tag
def screen_styles() -> SafeString:
    """Links to the style sheets of the look, in their order."""
    return format_html_join(
        "\n",
        '<link rel="stylesheet" href="{}">',
        ((static(f"screens/css/{name}.css"),) for name in STYLE_SHEETS),
    )


@register.simple_tag
def screen_modules() -> SafeString:
    """The ES modules; each page works without them."""
    return format_html_join(
        "\n",
        '<script type="module" src="{}"></script>',
        ((static(f"screens/js/{name}.js"),) for name in MODULES),
    )


@register.filter
def size(byte_count: int | None) -> SafeString:
    """``746 MB`` with the unit apart and quiet."""
    return cells.size_cell(byte_count)


@register.filter
def size_text(byte_count: int | None) -> str:
    """``746 MB`` as plain text."""
    return "" if byte_count is None else figures.size_text(byte_count)


@register.filter
def duration(seconds: int | None) -> str:
    """``1 h 04 min``."""
    return "" if seconds is None else figures.duration_text(seconds)


@register.filter
def number(value: object) -> str:
    """``8,214``; something that is no whole number stays as it is ("10,000+")."""
    return "" if value is None else figures.number_text(value) if isinstance(value, int) else str(value)


@register.filter
def day(value: dt.datetime | dt.date | None) -> str:
    """``27 Feb 2025``, in Chinese ``2025-02-27``."""
    return dates.day_text(value) if value else ""


@register.filter
def age(value: dt.datetime | dt.date | None) -> str:
    """``9 months ago``."""
    return dates.age_text(value) if value else ""


@register.filter
def clock(value: dt.datetime | None) -> str:
    """``10:42``."""
    return dates.clock_text(value) if value else ""


@register.filter
def clock_seconds(value: dt.datetime | None) -> str:
    """``10:42:13``."""
    return dates.clock_text(value, seconds=True) if value else ""


@register.filter
def moment(value: dt.datetime | None) -> SafeString:
    """``today, 10:42`` in a time element whose title has the exact time and UTC."""
    if not value:
        return SafeString("")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        dates.full_moment_text(value),
        dates.moment_text(value),
    )


@register.filter
def dated(value: dt.datetime | dt.date | None) -> SafeString:
    """The date over its age, for a table cell."""
    return cells.date_cell(value)


@register.simple_tag
def text_diff(before: object, after: object) -> word_diff.Difference:
    """Word by word: ``{% text_diff a b as d %}{{ d.before }} {{ d.after }}``."""
    return word_diff.word_diff(before, after)


@register.simple_tag
def two_lines(strong: object, quiet: object = "", *, url: str = "", mono: bool = False) -> SafeString:
    """One strong line over one quiet line."""
    return cells.two_lines(strong, quiet, url=url, mono=mono)


@register.simple_tag(takes_context=True)
def query_without(context: template.Context, *names: str) -> str:
    """The query string of this page without the given parameters and without the place in the list."""
    query: QueryDict = context["request"].GET.copy()
    for name in (*names, "after", "before", "p", "e"):
        query.pop(name, None)
    return f"?{query.urlencode()}"


@register.simple_tag
def outcome_bar(counts: Mapping[str, int], total: int, label: str, *, slim: bool = False) -> SafeString:
    """A bar cut by outcome; ``counts`` maps outcome keys to numbers, the rest of ``total`` is still to do.

    ``label`` is the sentence that says the same in words.
    """
    return render_to_string(
        "screens/outcome_bar.html",
        {"segments": bar_segments(counts, total), "label": label, "slim": slim},
    )


@register.simple_block_tag(end_name="endcard")
def card(content: str, title: str = "", **options: Any) -> SafeString:
    """``{% card title="Will go" icon="trash-2" count=250 %}...{% endcard %}``; options in screens/card.html."""
    return render_to_string("screens/card.html", {"content": content, "title": title, **options})


@register.simple_block_tag(end_name="endnote")
def note(content: str, kind: str = "info", title: str = "", icon_name: str = "") -> SafeString:
    """``{% note "warning" title="..." %}text{% endnote %}``; kinds: info, success, warning, danger, wait, hold."""
    look = note_kind(kind)
    return render_to_string(
        "screens/note.html",
        {
            "content": content,
            "title": title,
            "tone": look["tone"],
            "icon_name": icon_name or look["icon"],
        },
    )


@register.filter
def note_kind(level: str) -> dict[str, str]:
    """Tone and icon of a message level."""
    return _NOTE_KINDS.get(level, _NOTE_KINDS["info"])


@register.filter
def menu_items(group: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """The entries of a menu group. A template's ``group.items`` would be the method of the mapping when empty."""
    return group.get("items") or ()


@register.filter
def initials(user: Any) -> str:
    """Two letters for the round mark of a person; one sign for a Chinese name."""
    name = (user.get_full_name() or user.get_username() or "?").strip()
    if ord(name[0]) > 0x2E80:
        return name[-1]
    words = name.replace(".", " ").replace("_", " ").split()
    return "".join(word[0] for word in words[:2]).upper() if len(words) > 1 else name[:2].upper()


@register.filter
def widget_kind(field: BoundField) -> str:
    """Which field template fits: checkbox, choices, file or input."""
    widget = field.field.widget
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "checkbox"
    return "file" if isinstance(widget, FileInput) else "input"


@register.filter
def words(text: str | None) -> list[str]:
    """The words of a text, for loops in templates."""
    return (text or "").split()


@register.filter
def counter_limit(field: BoundField) -> int:
    """How many characters a field is counted against, 0 for none: the field's own ``counter_limit``.

    Not ``max_length``: providers cut a name long before they refuse it, and that first limit is what people need.
    """
    return int(getattr(field.field, "counter_limit", None) or 0)


@register.filter
def typed_length(field: BoundField) -> int:
    """Characters that the field holds now."""
    value = field.value()
    return len(str(value)) if value is not None else 0


@register.filter
def is_changed(field: BoundField) -> bool:
    """Whether what was posted differs from what was loaded."""
    return field.form.is_bound and field.name in field.form.changed_data


@register.filter
def original_text(field: BoundField) -> str:
    """The value that was loaded, in words, for the list of changes."""
    own = getattr(field.field, "original_text", None)
    return str(own) if own is not None else _in_words(field)


@register.filter
def locked_text(field: BoundField) -> str:
    """The value of a locked field in words: ``locked_value`` of the field, else the label of the choice."""
    own = getattr(field.field, "locked_value", None)
    return str(own) if own is not None else _in_words(field)


def _in_words(field: BoundField) -> str:
    value = field.initial
    choices = getattr(field.field, "choices", None)
    if choices is not None:
        labels = {str(key): str(label) for key, label in choices}
        return labels.get(str(value), str(value or ""))
    return "" if value is None or isinstance(value, bool) else str(value)
