"""The ledger as people read it: one row for a record, for a whole run, or for many alike in a row; by day, newest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby

from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import ngettext

from audit import erased
from audit.models import OUTSIDE_ITEMS, Record
from audit.registry import registry
from audit.rows import Day, Row, day_heading
from audit.vocabulary import single_codes

COUNT_LIMIT = 10_000
"""A run's records are counted no further than this; above it the row says "10,000+"."""
_READ_LIMIT = 1_000
_FEWEST_ALIKE = 3
_HISTORY_FACTOR = 4  # a finished item has about four records of which one is shown


def rows_of(records: Iterable[Record]) -> list[Row]:
    """One row for each record, nothing folded."""
    listed = list(records)
    erased.attach(listed)
    return [Row(record) for record in listed]


def folded_rows(records: Sequence[Record], *, one_person: bool = False) -> list[Row]:
    """Rows where each record of a run stands for the whole run; three queries more, however many rows.

    What a reading, an import or messages changed object by object is one row as far as it lies side by side on the page.

    With `one_person` only what that person asked for speaks for a run, not what others did.
    """
    of_runs = [
        record for record in records if record.run_id is not None and record.action not in single_codes()
    ]
    if not of_runs:
        return _alike_as_one(rows_of(records))
    counts = _record_counts([record.pk for record in of_runs])
    lives = _lives({record.run_id for record in of_runs if record.run_id is not None})
    erased.attach([*records, *(record for life in lives.values() for record in life)])
    rows = {record.pk: Row(record) for record in records}
    for record in of_runs:
        life = lives.get(record.run_id or 0) or [record]
        asked = [other for other in life if other.action.endswith(".requested")]
        if one_person:
            asked = [other for other in asked if other.actor_id == record.actor_id]
        row = rows[record.pk]
        row.head, *row.others = asked or [record]
        row.latest, row.record_count = life[-1], counts[record.pk]
    outcomes = _single_outcomes([row.head for row in rows.values() if row.head is not None])
    for row in rows.values():
        if row.head is not None:
            row.head = outcomes.get(row.head.pk, row.head)
    return _alike_as_one(rows.values())


def _alike_as_one(rows: Iterable[Row]) -> list[Row]:
    """The first of at least three rows that are alike, and next to each other, stands for all of them."""
    shown: list[Row] = []
    for key, group in groupby(rows, _alike):
        members = list(group)
        if key is None or len(members) < _FEWEST_ALIKE:
            shown += members
        else:
            members[0].members = members
            shown.append(members[0])
    return shown


def _alike(row: Row) -> tuple[object, ...] | None:
    """What rows have in common that may be shown as one; None for a row that stands alone."""
    record = row.record
    action = registry.get(record.action)
    if row.is_run or action is None or not action.together:
        return None
    day = timezone.localtime(record.at).date()
    return (
        record.action,
        record.actor_id,
        record.actor_name,
        record.via,
        record.provider,
        record.request_id,
        day,
    )


def history(kind: str, id: int, limit: int = 50) -> list[Row]:  # noqa: A002 - the object's id, as in Target
    """What was done to one object, newest first, for its History tab; `limit` rows at most, one query.

    Of all records about one item of a run the one that tells its outcome is shown; a request or a plan only while
    nothing came of it yet.
    """
    records = Record.objects.filter(target_kind=kind, target_id=id).order_by("-at", "-id")[
        : limit * _HISTORY_FACTOR
    ]
    kept: list[Record] = []
    places: dict[tuple[int, int | None], int] = {}
    runs_with_items: set[int] = set()
    for record in records:
        if record.run_id is not None:
            key = (record.run_id, record.item_id)
            if record.item_id is not None:
                runs_with_items.add(record.run_id)
            elif record.run_id in runs_with_items:
                continue
            if key in places:
                if record.outcome and not kept[places[key]].outcome:
                    kept[places[key]] = record
                continue
            places[key] = len(kept)
        kept.append(record)
    return rows_of(kept[:limit])


def by_day(rows: Iterable[Row]) -> list[Day]:
    """Rows under the day they happened on, by the school's clock."""
    days = groupby(rows, lambda row: timezone.localtime(row.record.at).date())
    return [Day(day_heading(day), list(of_day)) for day, of_day in days]


def _record_counts(pks: Collection[int]) -> dict[int, str]:
    """For each of these records, in words how many records its run has."""
    # The ORM cannot count a limited subquery that looks at the outer row.
    counted = RawSQL(
        "(SELECT COUNT(*) FROM (SELECT 1 FROM audit_record u WHERE u.run_id = audit_record.run_id LIMIT %s) bounded)",
        [COUNT_LIMIT + 1],
        output_field=BigIntegerField(),
    )
    found = Record.objects.filter(pk__in=pks).annotate(counted=counted).values_list("pk", "counted")
    return {pk: _count_text(counted) for pk, counted in found}


def _count_text(counted: int) -> str:
    shown = f"{COUNT_LIMIT:,}+" if counted > COUNT_LIMIT else f"{counted:,}"
    return ngettext("%(shown)s record", "%(shown)s records", counted) % {"shown": shown}


def _lives(run_ids: Collection[int]) -> dict[int, list[Record]]:
    """For each run the records that speak of it as a whole, oldest first."""
    found = Record.objects.filter(OUTSIDE_ITEMS, run_id__in=run_ids).exclude(action__in=single_codes())
    lives: dict[int, list[Record]] = {}
    for record in found.order_by("-id")[:_READ_LIMIT]:
        if record.run_id is not None:
            lives.setdefault(record.run_id, []).insert(0, record)
    return lives


def _single_outcomes(heads: Sequence[Record]) -> dict[int, Record]:
    """For each request about one item alone, the newest record that tells the item's outcome, by the request's id."""
    asked = {
        head.run_id: head for head in heads if head.details.get("count") == 1 and head.target_id is not None
    }
    if not asked:
        return {}
    settled = Record.objects.filter(run_id__in=asked.keys(), item_id__isnull=False).exclude(outcome="")
    outcomes: dict[int, Record] = {}
    for record in settled.order_by("id")[:_READ_LIMIT]:
        head = asked[record.run_id or 0]
        if (record.target_kind, record.target_id) == (head.target_kind, head.target_id):
            outcomes[head.pk] = record
    return outcomes
