"""What a filter of the log asks of a record, and which index leads to those that fit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import reduce
from operator import and_, or_

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from audit.models import Record
from audit.registry import registry

ANYTHING = Q()
SYSTEM = "system"
MOST_WALKS = 30
"""A filter that would follow the index at more places than this is only looked for in what another one finds."""


class Rank(IntEnum):
    """Filters in the order of how few records they usually leave: the first one that is set leads."""

    REQUEST = 1
    OBJECT = 2
    RUN = 3
    RARE_OUTCOME = 4
    PERSON = 5
    ACTION = 6
    KIND = 7
    PROVIDER = 8
    COMMON_OUTCOME = 9
    NONE = 10


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter: records fit that fit any of `walks`, all of `within` and all of `also`.

    Each walk is one place of an index that is in the order of the log's pages; `within` is a span of time, which every
    such index can keep to. `also` is what no index serves.
    """

    walks: tuple[Q, ...] = ()
    within: Q = ANYTHING
    also: Q = ANYTHING
    rank: Rank = Rank.NONE
    folds: bool = False
    """Whether runs may still be shown as one row under this filter."""
    codes: tuple[str, ...] = ()
    outcome: str = ""
    never: bool = False
    """Whether no record can fit."""

    def whole(self) -> Q:
        """All of it in one."""
        return either(self.walks) & self.within & self.also

    def negated(self) -> Condition:
        """The opposite, which no index serves."""
        return Condition(also=~self.whole())


@dataclass(frozen=True, slots=True)
class Search:
    """How records are looked for: along `walks`, each of which follows one index, keeping those that fit `rest` too.

    Without a `rest` every record on the way is one that was asked for. With one a page may only look so far.
    """

    walks: tuple[QuerySet[Record], ...]
    rest: Q
    led: bool = False
    """Whether a filter leads, so that the records on the way lie scattered; otherwise they are all there are."""


def plan(conditions: Sequence[Condition]) -> Search:
    """The cheapest way to the records that fit all of these."""
    conditions = _narrowed(conditions)
    if any(condition.never for condition in conditions):
        return Search((), Q())
    within = both(condition.within for condition in conditions)
    leads = [condition for condition in conditions if 0 < len(condition.walks) <= MOST_WALKS]
    lead = min(leads, key=lambda condition: (condition.rank, len(condition.walks)), default=None)
    rest = both(
        condition.also if condition is lead else either(condition.walks) & condition.also
        for condition in conditions
    )
    places = lead.walks if lead is not None else (Q(),)
    return Search(tuple(Record.objects.filter(within, place) for place in places), rest, led=lead is not None)


def either(parts: Sequence[Q]) -> Q:
    """Any of these; everything when there are none."""
    return reduce(or_, parts, Q())


def both(parts: Iterable[Q]) -> Q:
    """All of these."""
    return reduce(and_, parts, Q())


def by_people(people: Sequence[AbstractBaseUser]) -> Condition:
    """What any of these people did."""
    walks = tuple(Q(actor=person.pk) for person in people)
    return Condition(walks, rank=Rank.PERSON, folds=len(walks) == 1)


def by_system() -> Condition:
    """What the product did by itself."""
    return Condition((Q(actor=None),), also=Q(actor_name=SYSTEM), rank=Rank.PERSON, folds=True)


def by_codes(codes: Iterable[str]) -> Condition:
    """Actions with any of these codes."""
    found = tuple(codes)
    return Condition(tuple(Q(action=code) for code in found), rank=Rank.ACTION, codes=found)


def by_outcome(outcome: str) -> Condition:
    """What ended like this."""
    rank = Rank.COMMON_OUTCOME if outcome == "done" else Rank.RARE_OUTCOME
    return Condition((Q(outcome=outcome),), rank=rank, outcome=outcome)


def by_object(kind: str, key: int | None) -> Condition:
    """What was done to one object, or to any object of a kind."""
    if key is None:
        return Condition((Q(target_kind=kind),), rank=Rank.KIND)
    return Condition((Q(target_kind=kind, target_id=key),), rank=Rank.OBJECT)


def by_provider(provider: str) -> Condition:
    """What was asked of this provider."""
    return Condition((Q(provider=provider),), rank=Rank.PROVIDER)


def by_run(run: int) -> Condition:
    """Everything that belongs to one run."""
    return Condition((Q(run_id=run),), rank=Rank.RUN)


def by_request(request: str) -> Condition:
    """Everything that one request caused, wherever it was done."""
    return Condition((Q(request_id=request),), rank=Rank.REQUEST)


def by_days(since: dt.date | None, until: dt.date | None) -> Condition:
    """What happened on these days of the school's calendar, both ends included."""
    within = Q()
    if since:
        within &= Q(at__gte=_midnight(since))
    if until:
        within &= Q(at__lt=_midnight(until + dt.timedelta(days=1)))
    return Condition(within=within, folds=True)


def by_target_text(text: str) -> Condition:
    """Objects whose name or provider ID has this in it."""
    return Condition(also=Q(target_label__icontains=text) | Q(target_provider_id__icontains=text))


def by_text(text: str) -> Condition:
    """Records that have this somewhere a person would look for it."""
    return Condition(
        also=Q(target_label__icontains=text)
        | Q(target_provider_id__icontains=text)
        | Q(actor_name__icontains=text)
        | Q(request_id=text)
    )


def _narrowed(conditions: Sequence[Condition]) -> list[Condition]:
    """The same, with actions left out that never end as asked: a code stands for one action *and* its outcome."""
    outcomes = {condition.outcome for condition in conditions if condition.outcome}
    if not outcomes:
        return list(conditions)
    return [_ending(condition, outcomes) if condition.codes else condition for condition in conditions]


def _ending(condition: Condition, outcomes: set[str]) -> Condition:
    ends = {action.code: action.outcome for action in registry}
    kept = tuple(code for code in condition.codes if {ends.get(code)} == outcomes)
    if not kept:
        return Condition(never=True)
    # Few codes are as good a lead as an outcome: each of them is the action and the outcome in one.
    return replace(by_codes(kept), rank=Rank.OBJECT if len(kept) <= MOST_WALKS else Rank.ACTION)


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
