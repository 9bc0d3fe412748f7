"""Names of fields, values of edits and ids, as people read them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist

from operations.engine.confirm import shown_ids
from operations.models import Item
from operations.registry import registry


def field_label(model: Any, name: str) -> str:
    """The field's name on the screens; the bare name when the model no longer has it."""
    try:
        label = str(model._meta.get_field(name).verbose_name)
    except FieldDoesNotExist:
        return name.replace("_", " ").capitalize()
    return label[:1].upper() + label[1:]


def change_rows(item: Item) -> list[dict[str, Any]]:
    """Before and after of each field of an edit, in the order in which the form asked."""
    model = registry[item.operation].target
    return [
        {"name": name, "label": field_label(model, name), **values}
        for name, values in item.changes.items()
        if isinstance(values, dict)
    ]


def short_ids(item: Item) -> str:
    """The provider ids frozen in the item for a line of a list; of an address its last part. The item's page has all."""
    return " / ".join(f"…/{text.rpartition('/')[2]}" if "://" in text else text for text in shown_ids(item))
