"""What taking rows in would change, by the rule of `operations.learning` itself: told before, and asked again when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from intake.models import ImportRow
from operations.learning import Known, Statement, merge
from operations.mirror import MirrorRow
from operations.models import Account
from operations.presence import How, mark_gives_way

Verdict = ImportRow.Verdict


@dataclass(slots=True)
class Finding:
    """What one row says compared with what is here: [now, in the file] by field."""

    verdict: Verdict
    changed: dict[str, list[Any]] = field(default_factory=dict)
    kept: dict[str, list[Any]] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """As `ImportRow.findings` keeps it."""
        found = {"changed": self.changed, "kept": self.kept}
        return {name: values for name, values in found.items() if values}


def compared(
    model: type[MirrorRow], account: Account, known: Sequence[Known], *, at: datetime, lock: bool = False
) -> dict[str, Finding]:
    """What each object would learn from a source that was true at `at`, by provider id."""
    relations = [one.name for one in model._meta.fields if one.remote_field and one.name != "account"]
    used = {name for name in relations if any(f"{name}_id" in one.values for one in known)}
    rows = model._default_manager.filter(account=account, provider_id__in=[one.provider_id for one in known])
    if lock:
        rows = rows.select_for_update(of=("self",))
    there = {row.provider_id: row for row in (rows.select_related(*sorted(used)) if used else rows)}
    names = _names_of(model, used, known)
    said = Statement(MirrorRow.Source.IMPORT, at)
    return {one.provider_id: _finding(there.get(one.provider_id), one, said, names) for one in known}


def _finding(row: Any, one: Known, said: Statement, names: dict[str, dict[Any, str]]) -> Finding:
    """Let the file bear on a row in memory alone, and see which values gave way and which did not."""
    if row is None:
        return Finding(Verdict.NEW)
    found = Finding(Verdict.UNCHANGED)
    differing = [attribute for attribute, value in one.values.items() if getattr(row, attribute) != value]
    now = {attribute: _shown(row, attribute) for attribute in differing}
    moved = merge(row, one.values, said)
    for attribute in differing:
        name = row._meta.get_field(attribute).name
        told = one.values[attribute] if attribute == name else names[name].get(one.values[attribute], "")
        (found.changed if attribute in moved else found.kept)[name] = [now[attribute], told]
    gone = one.gone_at is not None and mark_gives_way(row, How.PROVIDER_SAYS, one.gone_at)
    if gone and row.presence != MirrorRow.Presence.DELETED:
        found.changed["presence"] = [row.presence, MirrorRow.Presence.DELETED.value]
    if found.changed:
        found.verdict = Verdict.CHANGED
    elif found.kept:
        found.verdict = Verdict.KEPT
    return found


def _shown(row: Any, attribute: str) -> Any:
    """The value, and of a relation what its object is called."""
    name = row._meta.get_field(attribute).name
    return getattr(row, attribute) if attribute == name else str(getattr(row, name) or "")


def _names_of(
    model: type[MirrorRow], relations: set[str], known: Sequence[Known]
) -> dict[str, dict[Any, str]]:
    """What the containers that the rows name are called, by relation and primary key."""
    named: dict[str, dict[Any, str]] = {}
    for name in relations:
        other: Any = model._meta.get_field(name).related_model
        keys = {one.values.get(f"{name}_id") for one in known}
        named[name] = {row.pk: str(row) for row in other._default_manager.filter(pk__in=keys)}
    return named
