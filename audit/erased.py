"""What the pages say where a value was erased: who erased it and when, read for all rows of a page by two questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from audit.canonical import GROUPS
from audit.models import Erasure, Record
from screens.dates import moment_text

_GROUP_OF = {column: group for group, columns in GROUPS.items() for column in columns}


def is_erased(record: Record, group: str) -> bool:
    """Whether the values of this group (`canonical.GROUPS`) were there once and are gone."""
    return bool(getattr(record, f"{group}_seal")) and not getattr(record, f"{group}_salt")


def erased_groups(record: Record) -> list[str]:
    """The groups of a record that were erased."""
    return [group for group in GROUPS if is_erased(record, group)]


def attach(records: Iterable[Record]) -> None:
    """Look up who erased what of these records; no question when nothing was."""
    hollow = [record for record in records if erased_groups(record)]
    if not hollow:
        return
    leaves = list(
        Erasure.objects.filter(record_id__in=[record.pk for record in hollow]).values_list(
            "record_id", "group", "by"
        )
    )
    told = Record.objects.in_bulk({by for _record, _group, by in leaves})
    by_record: dict[int, dict[str, Record]] = {}
    for record_id, group, by in leaves:
        if by in told:
            by_record.setdefault(record_id, {})[group] = told[by]
    for record in hollow:
        record.erased_by = by_record.get(record.pk, {})  # type: ignore[attr-defined]  # read back here alone


def shown(record: Record, column: str) -> str:
    """A personal column as text, or what stands in its place: for tables and files."""
    group = _GROUP_OF[column]
    return words(record, group) if is_erased(record, group) else str(getattr(record, column))


def words(record: Record, group: str) -> str:
    """`erased on 3 Nov, 10:42 by Wang Fang`; without who and when where that was erased as well."""
    if not hasattr(record, "erased_by"):
        attach([record])
    told: Record | None = getattr(record, "erased_by", {}).get(group)
    if told is None:
        return _("erased")
    facts: dict[str, Any] = {"when": moment_text(told.at), "name": told.actor_name}
    if is_erased(told, "actor"):
        return _("erased, %(when)s") % facts
    return _("erased, %(when)s, by %(name)s") % facts


def notes(record: Record) -> Sequence[str]:
    """One sentence for each erased group of a record, for its page."""
    labels = group_labels()
    return [
        pgettext("label and value", ": ").join((labels[group], words(record, group)))
        for group in erased_groups(record)
    ]


def group_labels() -> dict[str, str]:
    """What the groups hold, in words."""
    return {
        "actor": _("Name, address and browser"),
        "approver": _("Name of who approved"),
        "words": _("What was said: object, reason, answer, before and after"),
    }
