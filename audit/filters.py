"""What the log's address asks for: filters parsed from the query string. What cannot be understood is said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from audit import conditions, paging
from audit.changes import model_of
from audit.conditions import SYSTEM, Condition, Search
from audit.models import OUTSIDE_ITEMS, Record
from audit.paging import Cursor, Page
from audit.qualifiers import Query
from audit.vocabulary import (
    OUTCOMES,
    PROVIDERS,
    codes_under,
    day_named,
    is_request_id,
    run_number,
    single_codes,
    whole_number,
)
from screens.filters import AFTER, BEFORE, PLACE

NAMES = frozenset(
    ("q", "from", "to", "person", "action", "kind", "object", "result", "provider", "run", "request", "all")
)


@dataclass(slots=True)
class Criteria:
    """The filters of one request, each None or "" when it is not set.

    `problems` names parameters that could not be understood, `query.problems` says what in the search box was not: they
    would widen what is shown, so nothing is.
    """

    query: Query
    since: dt.date | None = None
    until: dt.date | None = None
    person: AbstractBaseUser | str | None = None
    action: str = ""
    kind: str = ""
    object: int | None = None
    result: str = ""
    provider: str = ""
    run: int | None = None
    request: str = ""
    every: bool = False
    before: Cursor | None = None
    after: Cursor | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def q(self) -> str:
        """What stands in the search box."""
        return self.query.text

    @property
    def unreadable(self) -> bool:
        """Whether some part was not understood, so that nothing may be shown."""
        return bool(self.problems or self.query.problems)

    @property
    def folds(self) -> bool:
        """Whether a run is shown as one row: only while nothing asks for single records."""
        return not self.every and all(condition.folds for condition in self.conditions())

    @property
    def one_person(self) -> bool:
        """Whether only what one person did is shown."""
        return any(condition.rank is conditions.Rank.PERSON for condition in self.conditions())

    @property
    def any_set(self) -> bool:
        return next(iter(self.conditions()), None) is not None

    @property
    def needs_scan(self) -> bool:
        """Whether part of the filter is served by no index, so that a page may only look so far."""
        return bool(self.search().rest)

    def conditions(self) -> list[Condition]:
        """Every filter that is set, of the buttons and of the search box."""
        return [*self._of_buttons(), *self.query.conditions]

    def search(self) -> Search:
        """The cheapest way to the records that match all filters."""
        return conditions.plan(self.conditions())

    def matching(self) -> QuerySet[Record]:
        """All records that match, however long it takes to find them."""
        return Record.objects.filter(conditions.both(condition.whole() for condition in self.conditions()))

    def folded(self) -> QuerySet[Record]:
        """One record for each run (the newest that matches and speaks of the run as a whole), and all others.

        What a person did beside a run's own life, an export of its list say, keeps its row.
        """
        matching = self.matching().filter(OUTSIDE_ITEMS)
        alone = Q(action__in=single_codes())
        newer = matching.exclude(alone).filter(run_id=OuterRef("run_id"), id__gt=OuterRef("id"))
        return matching.filter(Q(run_id__isnull=True) | alone | ~Exists(newer))

    def _of_buttons(self) -> Iterator[Condition]:
        if self.since or self.until:
            yield conditions.by_days(self.since, self.until)
        if self.person == SYSTEM:
            yield conditions.by_system()
        elif isinstance(self.person, AbstractBaseUser):
            yield conditions.by_people([self.person])
        if self.action:
            yield conditions.by_codes(codes_under(self.action))
        if self.kind:
            yield conditions.by_object(self.kind, self.object)
        if self.result:
            yield conditions.by_outcome(self.result)
        if self.provider:
            yield conditions.by_provider(self.provider)
        if self.run is not None:
            yield conditions.by_run(self.run)
        if self.request:
            yield conditions.by_request(self.request)


def parse(given: QueryDict) -> Criteria:
    """Read the filters from a query string; parameters that cannot be understood are named in `problems`."""
    criteria = Criteria(Query.parse(_text(given, "q")), every=given.get("all") == "1")
    criteria.problems = sorted(name for name in given if name not in NAMES and name not in PLACE)
    _parse_dates(criteria, given)
    _parse_person(criteria, given)
    _parse_object(criteria, given)
    readers: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("action", lambda text: text if codes_under(text) else None),
        ("result", lambda text: text if text in OUTCOMES else None),
        ("provider", lambda text: text if text in PROVIDERS else None),
        ("run", run_number),
        ("request", lambda text: text if is_request_id(text) else None),
        (BEFORE, Cursor.parse),
        (AFTER, Cursor.parse),
    )
    for name, read in readers:
        if text := _text(given, name):
            value = read(text)
            if value is None:
                criteria.problems.append(name)
            else:
                setattr(criteria, name, value)
    return criteria


def page_of(criteria: Criteria) -> Page:
    """The page of the log that is asked for; nothing when some filter was not understood."""
    before, after = criteria.before, criteria.after
    if criteria.unreadable:
        return Page()
    if criteria.folds:
        return paging.page(criteria.folded(), before=before, after=after)
    search = criteria.search()
    if search.rest:
        return paging.look_through(search, before=before)
    return paging.page(*search.walks, before=before, after=after)


def _parse_dates(criteria: Criteria, given: QueryDict) -> None:
    for name, attribute in (("from", "since"), ("to", "until")):
        if text := _text(given, name):
            day = day_named(text)
            if day is None:
                criteria.problems.append(name)
            else:
                setattr(criteria, attribute, day)
    if criteria.since and criteria.until and criteria.since > criteria.until:
        criteria.since, criteria.until = criteria.until, criteria.since


def _parse_person(criteria: Criteria, given: QueryDict) -> None:
    if not (text := _text(given, "person")):
        return
    if text == SYSTEM:
        criteria.person = SYSTEM
        return
    key = whole_number(text)
    user = get_user_model()._default_manager.filter(pk=key).first() if key is not None else None
    if user is None:
        criteria.problems.append("person")
        return
    criteria.person = user


def _parse_object(criteria: Criteria, given: QueryDict) -> None:
    kind, key = _text(given, "kind").lower(), _text(given, "object")
    if kind:
        if model_of(kind) is None:
            criteria.problems.append("kind")
            return
        criteria.kind = kind
    if key:
        criteria.object = whole_number(key) if criteria.kind else None
        if criteria.object is None:
            criteria.problems.append("object")


def _text(given: QueryDict, name: str) -> str:
    return given.get(name, "").replace("\0", "").strip()[:200]
