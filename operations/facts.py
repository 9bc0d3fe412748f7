"""Read-only details that the pages of all mirror rows share: a value with its age, and whether the provider has the object."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from operations.mirror import MirrorRow
from operations.presence import how_label, is_shown_again
from screens.cells import state_badge
from screens.dates import full_moment_text, moment_text
from screens.figures import listed

Fact = tuple[Any, Any, str]
"""Label, value, and where the value came from."""


def fact(row: MirrorRow, name: str, value: Any) -> Fact:
    """One field of the row, with the age of its value."""
    label = capfirst(str(row._meta.get_field(name).verbose_name))  # type: ignore[union-attr]  # plain fields only
    return label, value, age(row, name)


def age(row: MirrorRow, name: str) -> SafeString | str:
    """Where the value came from and when; amber when nothing has confirmed it for long."""
    label, at = row.age_label(name), row.known_at(name)
    if at is None:
        return ""
    return format_html(
        '<span class="field-age{}" title="{}">{}</span>',
        " is-old" if row.is_old(name) else "",
        full_moment_text(at),
        label,
    )


def presence_facts(row: MirrorRow) -> Iterable[Fact]:
    """Whether the provider has it, how and when we learned that, and when it was last shown to us."""
    yield _("Presence"), state_badge("presence", row.presence), _how_we_know(row)
    yield _("Last seen at the provider"), moment(row.seen_at), ""
    yield _("Provider ID"), row.provider_id, str(row.account)


def moment(value: datetime | None) -> SafeString | str:
    """A moment as people say it, exactly on hover."""
    if value is None:
        return ""
    return format_html('<time title="{}">{}</time>', full_moment_text(value), moment_text(value))


def presence_note(row: MirrorRow) -> str:
    """What has to be said above the page of an object that is missing, or that is shown although deleted; "" otherwise."""
    if is_shown_again(row) and row.seen_at and row.presence_at:
        return _(
            "The provider showed it %(shown)s, although it is deleted since %(deleted)s. It stays deleted here: "
            "behind the ID there may be another object by now. Look at the provider."
        ) % {"shown": moment_text(row.seen_at), "deleted": moment_text(row.presence_at)}
    if row.presence != MirrorRow.Presence.MISSING or row.missed_at is None:
        return ""
    if row.seen_at is None:
        return _("The complete reading of %(began)s did not show it.") % {"began": moment_text(row.missed_at)}
    return _("The complete reading of %(began)s did not show it; the provider last showed it %(seen)s.") % {
        "began": moment_text(row.missed_at),
        "seen": moment_text(row.seen_at),
    }


def _how_we_know(row: MirrorRow) -> str:
    how = how_label(row.presence_how)
    parts = [how, moment_text(row.presence_at) if row.presence_at else ""]
    return listed([part for part in parts if part])
