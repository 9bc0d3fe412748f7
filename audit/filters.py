"""What the log's address asks for: filters parsed from the query string. What cannot be understood is said."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from audit.models import OUTSIDE_ITEMS, Record
from audit.paging import Cursor
from audit.registry import registry
from screens.filters import AFTER, BEFORE, PLACE
from screens.states import Text

OUTCOMES = ("done", "already", "rejected", "not_sent", "unknown", "skipped", "cancelled", "denied")
PROVIDERS: dict[str, Text] = {"classin": "ClassIn", "huawei_vod": _("Huawei VOD"), "syngrafii": "Syngrafii"}
SYSTEM = "system"
NAMES = frozenset(
    ("q", "from", "to", "person", "action", "kind", "object", "result", "provider", "run", "request", "all")
)

_LARGEST_ID = 2**63 - 1
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,40}")
_RUN = re.compile(r"[RrPp]-(\d{1,18})")


@dataclass(slots=True)
class Criteria:
    """The filters of one request, each None or "" when it is not set.

    `problems` names parameters that could not be understood: they would widen what is shown, so nothing is.
    """

    q: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    person: int | str | None = None
    person_name: str = ""
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
    def folds(self) -> bool:
        """Whether a run is shown as one row: only while nothing asks for single records."""
        asks = (self.q, self.action, self.kind, self.result, self.provider, self.request)
        return not self.every and not any(asks) and self.run is None

    @property
    def any_set(self) -> bool:
        dates = (self.since, self.until, self.person, self.object, self.run)
        words = (self.q, self.action, self.kind, self.result, self.provider, self.request)
        return any(words) or any(value is not None for value in dates)

    @property
    def needs_scan(self) -> bool:
        """Whether part of the filter is served by no index, so that a page may only look so far."""
        return bool(self.provider or (self.kind and self.object is None) or self._free_text)

    @property
    def _named_run(self) -> int | None:
        found = _RUN.fullmatch(self.q)
        return int(found.group(1)) if found else None

    @property
    def _free_text(self) -> str:
        return "" if self._named_run is not None else self.q

    def indexed(self) -> QuerySet[Record]:
        """Records that match those filters which an index serves."""
        records = Record.objects.all()
        run = self.run if self.run is not None else self._named_run
        for condition in self._indexed_conditions(run):
            records = records.filter(condition)
        return records

    def _indexed_conditions(self, run: int | None) -> Iterator[Q]:
        if self.since:
            yield Q(at__gte=_midnight(self.since))
        if self.until:
            yield Q(at__lt=_midnight(self.until + dt.timedelta(days=1)))
        if self.person == SYSTEM:
            yield Q(actor=None, actor_name=SYSTEM)
        elif self.person is not None:
            yield Q(actor=self.person)
        if self.action:
            yield Q(action__in=codes_under(self.action))
        if self.kind and self.object is not None:
            yield Q(target_kind=self.kind, target_id=self.object)
        if self.result:
            yield Q(outcome=self.result)
        if run is not None:
            yield Q(run_id=run)
        if self.request:
            yield Q(request_id=self.request)

    def narrow(self, records: QuerySet[Record]) -> QuerySet[Record]:
        """Those of `records` that match the other filters as well."""
        if self.provider:
            records = records.filter(provider=self.provider)
        if self.kind and self.object is None:
            records = records.filter(target_kind=self.kind)
        if text := self._free_text:
            records = records.filter(
                Q(target_label__icontains=text)
                | Q(target_provider_id__icontains=text)
                | Q(actor_name__icontains=text)
                | Q(request_id=text)
            )
        return records

    def folded(self) -> QuerySet[Record]:
        """One record for each run (the newest that matches and speaks of the run as a whole), and all others.

        What a person did beside a run's own life, an export of its list say, keeps its row.
        """
        matching = self.indexed().filter(OUTSIDE_ITEMS)
        alone = Q(action__in=single_codes())
        newer = matching.exclude(alone).filter(run_id=OuterRef("run_id"), id__gt=OuterRef("id"))
        return matching.filter(Q(run_id__isnull=True) | alone | ~Exists(newer))


def parse(given: QueryDict) -> Criteria:
    """Read the filters from a query string; parameters that cannot be understood are named in `problems`."""
    criteria = Criteria(q=_text(given, "q"), every=given.get("all") == "1")
    criteria.problems = sorted(name for name in given if name not in NAMES and name not in PLACE)
    _parse_dates(criteria, given)
    _parse_person(criteria, given)
    _parse_object(criteria, given)
    readers: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("action", lambda text: text if codes_under(text) else None),
        ("result", lambda text: text if text in OUTCOMES else None),
        ("provider", lambda text: text if text in PROVIDERS else None),
        ("run", lambda text: _whole(text.upper().removeprefix("R-").removeprefix("P-"))),
        ("request", lambda text: text if _REQUEST_ID.fullmatch(text) else None),
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


def codes_under(prefix: str) -> list[str]:
    """The registered codes that are `prefix` or begin with it and a dot."""
    return [
        action.code for action in registry if action.code == prefix or action.code.startswith(f"{prefix}.")
    ]


def single_codes() -> list[str]:
    """Codes of actions that are a row of their own even where they name a run."""
    return [action.code for action in registry if action.single or action.outcome == "denied"]


def _parse_dates(criteria: Criteria, given: QueryDict) -> None:
    for name, attribute in (("from", "since"), ("to", "until")):
        if text := _text(given, name):
            try:
                day = parse_date(text)
            except ValueError:
                day = None
            if day is None or not 2000 <= day.year < 2100:
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
    key = _whole(text)
    user = get_user_model()._default_manager.filter(pk=key).first() if key is not None else None
    if user is None:
        criteria.problems.append("person")
        return
    criteria.person = user.pk
    criteria.person_name = getattr(user, "get_full_name", str)() or user.get_username()


def _parse_object(criteria: Criteria, given: QueryDict) -> None:
    kind, key = _text(given, "kind").lower(), _text(given, "object")
    if kind:
        try:
            apps.get_model(kind)
        except (LookupError, ValueError):
            criteria.problems.append("kind")
            return
        criteria.kind = kind
    if key:
        criteria.object = _whole(key) if criteria.kind else None
        if criteria.object is None:
            criteria.problems.append("object")


def _text(given: QueryDict, name: str) -> str:
    return given.get(name, "").replace("\0", "").strip()[:200]


def _whole(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    number = int(text)
    return number if number <= _LARGEST_ID else None


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
