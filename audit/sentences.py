"""Records in words: the action's sentence, filled from what was stored then and never from rows as they are now."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from audit import erased
from audit.models import Record
from audit.registry import registry
from screens.figures import listed

_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
MISSING = "…"


def sentence(record: Record) -> SafeString:
    """Who did what to which thing, with the person in bold. A record of an action that no longer exists shows its code.

    Whatever the record lacks is an ellipsis: an old record must be readable for ever.
    """
    action = registry.get(record.action)
    if action is None:
        who = format_html("<strong>{}</strong> ", actor_name(record)) if record.actor_name else ""
        what = format_html(" “{}”", record.target_label) if record.target_label else ""
        return format_html('{}<code class="mono">{}</code>{}', who, record.action, what)
    gone = f"({erased.words(record, 'words')})" if erased.is_erased(record, "words") else ""
    values: dict[str, object] = {
        **dict.fromkeys(action.details, gone),
        **{key: _plain(value) for key, value in record.details.items()},
        "subject": str(action.subject),
        "run": "" if record.run_id is None else str(record.run_id),
        "target": gone or record.target_label or record.target_provider_id,
        "actor": format_html("<strong>{}</strong>", actor_name(record)),
    }
    return fill(str(action.sentence), values)


def fill(template: str, values: Mapping[str, object]) -> SafeString:
    """A text with `%(name)s` placeholders as HTML; values are escaped, missing or empty ones are an ellipsis.

    A translation that names an unknown placeholder must not break the page, so this does not use the % operator.
    """
    parts: list[object] = []
    pattern: list[str] = []
    end = 0
    for found in _PLACEHOLDER.finditer(template):
        value = values.get(found.group(1), "")
        pattern.append("{}{}")
        parts += [_literal(template[end : found.start()]), MISSING if value in ("", None) else value]
        end = found.end()
    return format_html("".join(pattern) + "{}", *parts, _literal(template[end:]))


def actor_name(record: Record) -> str:
    """The person's name as it was; the product itself by a word of the reader's language."""
    if record.actor_id is None and record.actor_name == "system":
        return _("The back office")
    if erased.is_erased(record, "actor"):
        return f"({erased.words(record, 'actor')})"
    return record.actor_name or _("Nobody signed in")


def label_of(code: str) -> str:
    """The action's short name, with what it is about when several actions share it."""
    action = registry.get(code)
    if action is None:
        return code
    if not action.subject:
        return str(action.label)
    return pgettext("label and value", ": ").join((str(action.subject), str(action.label)))


def _literal(text: str) -> SafeString:
    return escape(text.replace("%%", "%"))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return listed([_plain(part) for part in value])
    return "" if value is None else str(value)
