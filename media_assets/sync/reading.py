"""What the three readers share: teaching the mirror by set, with the figures of the reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from intake.models import Reading
from intake.reading.readers import Told
from media_assets import mirror
from operations.learning import Known
from operations.mirror import MirrorRow

LONGEST_TITLE = 300
_MISSING = MirrorRow.Presence.MISSING


def take_in(
    reading: Reading, model: type[MirrorRow], known: Iterable[Known], at: datetime, *, counted: bool = True
) -> dict[str, int]:
    """What the provider showed at `at`; adds to the reading's figures and returns primary keys by provider id.

    The same object twice in one set counts once, as it was shown last, and one that the reading has seen already is no
    further unchanged one. Without `counted` the figures stay as they are.
    """
    by_id = {one.provider_id: one for one in known}
    if not by_id:
        return {}
    rows = rows_of(reading, model, by_id).values_list("provider_id", "presence", "seen_at")
    before, seen = {}, 0
    for provider_id, presence, seen_at in rows:
        before[provider_id] = presence
        seen += seen_at is not None and seen_at >= reading.started_at
    learned = mirror.rows_learned(model, reading.account, by_id.values(), at=at, source=MirrorRow.Source.READ)
    if not counted:
        return learned.ids
    reading.add(
        model._meta.label_lower,
        new=learned.created,
        changed=learned.changed,
        unchanged=max(0, learned.unchanged - seen),
        back=sum(
            1 for key, presence in before.items() if presence == _MISSING and by_id[key].gone_at is None
        ),
        gone=sum(
            1
            for one in by_id.values()
            if one.gone_at is not None and before.get(one.provider_id) != MirrorRow.Presence.DELETED
        ),
    )
    return learned.ids


def rows_of(reading: Reading, model: type[MirrorRow], provider_ids: Iterable[str]) -> Any:
    """The account's rows with these provider ids."""
    rows: Any = model._default_manager
    return rows.filter(account=reading.account, provider_id__in=list(provider_ids))


def shown(reading: Reading, model: type[MirrorRow]) -> Any:
    """The account's rows that this reading has seen."""
    rows: Any = model._default_manager
    return rows.filter(account=reading.account, seen_at__gte=reading.started_at)


def call_missing(
    reading: Reading, models: Iterable[type[MirrorRow]], at: datetime, *, within: dict[str, Q] | None = None
) -> None:
    """Mark what a complete reading of these models did not show; `within` narrows a model, by its label."""
    for model in models:
        kind = model._meta.label_lower
        mirror.rows_missing(
            model,
            reading.account,
            not_seen_since=reading.started_at,
            at=at,
            how="not_shown",
            up_to_pk=reading.cursor["up_to"][kind],
            within=(within or {}).get(kind),
        )


def asked_at(told: Sequence[Told]) -> datetime:
    """When the first of these requests was sent: what they say together was true then."""
    return min(one.at for one in told)
