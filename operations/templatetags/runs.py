"""Tags of the run's pages."""

from typing import Any

from django import template

from operations.engine.confirm import shown_ids
from operations.explain import look_reasons
from operations.labels import short_ids
from operations.models import Item, Selection
from operations.selecting import SHOWN, unresolved, why_not
from screens.states import state_of

register = template.Library()


@register.filter
def provider_ids(item: Item) -> str:
    """The provider's ids that are frozen in the item, for the quiet line under its name."""
    return " / ".join(shown_ids(item))


register.filter(short_ids)


@register.filter
def look_labels(item: Item) -> list[str]:
    """Why the item deserves a look, in words."""
    return [str(reason.label) for reason in look_reasons(item.operation, item.look_at)]


@register.simple_tag
def state_word(kind: str, key: object) -> Any:
    """The word of a state without its badge."""
    return state_of(kind, key).label


@register.inclusion_tag("operations/unresolved_ids.html")
def unresolved_ids(selection: Selection | None = None, csv_url: str = "") -> dict[str, Any]:
    """The ids that were given and are in no plan, the first ones by name; nothing for a plan that was not made by ids."""
    if not selection:
        return {"count": 0}
    count = selection.unknown + selection.ambiguous
    shown = [(one.text, why_not(one)) for one in unresolved(selection)[:SHOWN]]
    return {"count": count, "shown": shown, "more": count - len(shown), "csv_url": csv_url}
