"""What a record says was changed and sent, ready to be read: labels from the object's model while it exists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from audit.models import Record
from screens.dates import moment_text

_SHOWN_ELSEWHERE = {"sent", "elapsed_ms", "http_status"}
_DETAIL_LABELS = {
    "account": gettext_lazy("Account"),
    "ambiguous": gettext_lazy("IDs of several objects"),
    "as_of": gettext_lazy("Known as of"),
    "at": gettext_lazy("Known as of"),
    "back": gettext_lazy("Came back"),
    "by_kind": gettext_lazy("By kind of object"),
    "by_run": gettext_lazy("Replaced by"),
    "bytes": gettext_lazy("Size of the file"),
    "changed": gettext_lazy("Changed"),
    "columns": gettext_lazy("Columns"),
    "complete": gettext_lazy("Complete"),
    "count": gettext_lazy("Number of items"),
    "deleted_at": gettext_lazy("Deleted"),
    "digest": gettext_lazy("Checksum of the list"),
    "due_at": gettext_lazy("Due"),
    "file": gettext_lazy("File"),
    "filter": gettext_lazy("Filter"),
    "finding": gettext_lazy("What is wrong"),
    "first": gettext_lazy("First"),
    "format": gettext_lazy("Format"),
    "found": gettext_lazy("Found"),
    "gone": gettext_lazy("Deleted at the provider"),
    "groups": gettext_lazy("Kinds of values"),
    "hour": gettext_lazy("Hour"),
    "how": gettext_lazy("How we know"),
    "identity": gettext_lazy("Provider IDs"),
    "days": gettext_lazy("Days"),
    "ids": gettext_lazy("IDs"),
    "kept": gettext_lazy("Kept as newer"),
    "kind": gettext_lazy("Kind"),
    "last": gettext_lazy("Last"),
    "last_seen": gettext_lazy("Last seen at the provider"),
    "left_out": gettext_lazy("Left out"),
    "list": gettext_lazy("List"),
    "messages": gettext_lazy("Messages"),
    "method": gettext_lazy("Method"),
    "missing": gettext_lazy("Missing"),
    "missing_since": gettext_lazy("Missing since"),
    "new": pgettext_lazy("rows of a reading", "New"),
    "not_before": gettext_lazy("Not before"),
    "note": gettext_lazy("Note"),
    "operations": gettext_lazy("Operations"),
    "outcome": gettext_lazy("Outcome"),
    "outcomes": gettext_lazy("Results"),
    "path": gettext_lazy("Page"),
    "problems": gettext_lazy("Problems"),
    "query": gettext_lazy("Search"),
    "reading": gettext_lazy("Reading"),
    "reading_began": gettext_lazy("The reading began"),
    "reason": gettext_lazy("Reason"),
    "requests": gettext_lazy("Requests to the provider"),
    "row": gettext_lazy("Row"),
    "scope": gettext_lazy("Extent"),
    "sha256": gettext_lazy("SHA-256 of the file"),
    "show": gettext_lazy("Rows shown"),
    "source": gettext_lazy("Source"),
    "unchanged": gettext_lazy("Unchanged"),
    "unknown": gettext_lazy("IDs that are not known"),
    "username": gettext_lazy("Log-in name"),
    "wait_seconds": gettext_lazy("Waiting time in seconds"),
    "why": gettext_lazy("Why"),
    "wrong": gettext_lazy("Wrong"),
}

_MOMENTS = {
    "as_of",
    "at",
    "due_at",
    "hour",
    "not_before",
    "deleted_at",
    "last_seen",
    "missing_since",
    "reading_began",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after, as texts."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Sent:
    """One value that was sent to the provider. Secrets never reach the ledger."""

    name: str
    value: str


def kind_label(kind: str) -> str:
    """What an object of this kind is called; the bare kind once the model is gone."""
    model = model_of(kind)
    return capfirst(str(model._meta.verbose_name)) if model else kind


def model_of(kind: str) -> type[Model] | None:
    """The model with this "app.model" label, or None."""
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None


def changes_of(record: Record) -> list[Change]:
    """Before and after of each changed field. Odd shapes that an older version wrote are shown, never a crash."""
    model = model_of(record.target_kind) if record.target_kind else None
    if not isinstance(record.changes, dict):
        return [Change("", "", as_text(record.changes))]
    changes = []
    for name, value in record.changes.items():
        pair = value if isinstance(value, dict) else {"after": value}
        label = _field_label(model, name) or str(pair.get("label") or name)
        before, after = (_in_words(model, name, pair.get(side)) for side in ("before", "after"))
        changes.append(Change(label, before, after))
    return changes


def _in_words(model: type[Model] | None, name: str, value: Any) -> str:
    """A kept value as the object's model words it in the reader's language, or as it is."""
    words = getattr(model, "value_in_words", None)
    if words is not None and not isinstance(value, list | dict):
        try:
            found = words(name, value)
        except FieldDoesNotExist:
            found = None
        if found is not None:
            return str(found)
    return as_text(value)


def sent_of(record: Record) -> list[Sent]:
    """The values that were sent, by the provider's own parameter names."""
    sent = record.details.get("sent") if isinstance(record.details, dict) else None
    if isinstance(sent, dict):
        return [Sent(str(name), as_text(value)) for name, value in sent.items()]
    return [Sent("", as_text(sent))] if sent else []


def further_details(record: Record) -> list[tuple[str, str]]:
    """Label and text of those details that have no place of their own on a record's page."""
    if not isinstance(record.details, dict):
        return [("", as_text(record.details))]
    model = model_of(record.target_kind) if record.target_kind else None
    found = (
        (name, _detail_text(model, name, value))
        for name, value in record.details.items()
        if name not in _SHOWN_ELSEWHERE
    )
    return [(str(_DETAIL_LABELS.get(name, name)), text) for name, text in found if text]


def _detail_text(model: type[Model] | None, name: str, value: Any) -> str:
    if name in _MOMENTS and isinstance(value, str):
        try:
            return moment_text(datetime.fromisoformat(value))
        except ValueError:
            return value
    if name == "by_kind" and isinstance(value, dict):
        return as_text({kind_label(kind): _counts_text(counts) for kind, counts in value.items()})
    return _in_words(model, "presence_how", value) if name == "how" else as_text(value)


def _counts_text(counts: Any) -> str:
    """`New: 3, Changed: 1` of counts by name; those that are nothing are left out."""
    if not isinstance(counts, dict):
        return as_text(counts)
    return as_text({str(_DETAIL_LABELS.get(name, name)): count for name, count in counts.items() if count})


def as_text(value: Any) -> str:
    """A stored JSON value as a person reads it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(as_text(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {as_text(part)}" for name, part in value.items())
    return str(value)


def _field_label(model: type[Model] | None, name: str) -> str:
    if model is None:
        return ""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return ""
    return capfirst(str(getattr(field, "verbose_name", "")))
