"""The language of the log's search box: `actor:zhao outcome:unknown created:>=2026-11-01 IELTS`.

A qualifier is a name, a colon (full-width too) and a value, in quotes where it has spaces; a minus in front turns it
round. Other words are looked for in names and IDs. What is not understood is said and never left out in silence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import CharField, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import conditions
from audit.changes import model_of
from audit.conditions import MOST_WALKS, SYSTEM, Condition
from audit.vocabulary import (
    OUTCOMES,
    PROVIDERS,
    action_label,
    codes_named,
    codes_under,
    day_named,
    is_request_id,
    object_label,
    outcome_label,
    run_number,
    span_text,
    system_label,
    whole_number,
)
from screens.dates import day_text
from screens.figures import listed
from screens.states import Text

_TOKEN = re.compile(
    r"""(?P<minus>-)?(?P<name>[A-Za-z_]+)[:：](?:["“”](?P<quoted>[^"“”]*)["“”]?|(?P<bare>\S*))
      | ["“”](?P<phrase>[^"“”]+)["“”]?
      | (?P<word>\S+)""",
    re.VERBOSE,
)
_KIND = re.compile(r"([A-Za-z_]+(?:\.[A-Za-z_]+)?)(?:[:：](\d+))?")
_RUN = re.compile(r"[RrPp]-\d{1,18}")
_SHOWN = 60


class Unreadable(Exception):
    """A value that a qualifier does not know; the message says what it knows instead."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a value means: the condition, and the value in words."""

    condition: Condition
    words: str


@dataclass(frozen=True, slots=True)
class Qualifier:
    """One word of the language."""

    name: str
    label: Text
    example: str
    help: Text
    read: Callable[[str, bool], Found]
    """From the value and whether it stood in quotes. Raises Unreadable."""
    repeats: bool = False
    """Whether it makes sense more than once."""


@dataclass(frozen=True, slots=True)
class Term:
    """One understood part of the search, for its chip; `without` is the search without it."""

    label: str
    words: str
    without: str


@dataclass(slots=True)
class Query:
    """A search as it was typed and what it means; `problems` are sentences for the person who typed it."""

    text: str = ""
    terms: list[Term] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> Query:
        """Read a search; it is understood as a whole or `problems` says why not."""
        query = cls(text)
        given: set[str] = set()
        for token in _TOKEN.finditer(text):
            try:
                label, found = _read(token, given)
            except Unreadable as problem:
                query.problems.append(str(problem))
                continue
            without = " ".join(f"{text[: token.start()]} {text[token.end() :]}".split())
            query.terms.append(Term(label, found.words, without))
            query.conditions.append(found.condition)
        return query


def _read(token: re.Match[str], given: set[str]) -> tuple[str, Found]:
    name = token["name"]
    if name is None:
        return _("Search"), _words(token["phrase"] or token["word"], quoted=token["phrase"] is not None)
    qualifier = BY_NAME.get(name.lower())
    if qualifier is None:
        raise Unreadable(
            _("There is no qualifier “%(name)s”. There are: %(names)s. Words with a colon go in quotes.")
            % {"name": name[:_SHOWN], "names": listed(list(BY_NAME))}
        )
    value = token["quoted"] if token["quoted"] is not None else token["bare"]
    if not value.strip():
        raise Unreadable(
            _("“%(name)s:” needs a value, for example %(example)s.")
            % {"name": qualifier.name, "example": qualifier.example}
        )
    minus = token["minus"] is not None
    if not minus and not qualifier.repeats:
        if qualifier.name in given:
            raise Unreadable(
                _("“%(name)s:” stands there twice, but a record has only one.") % {"name": qualifier.name}
            )
        given.add(qualifier.name)
    found = qualifier.read(value.strip(), token["quoted"] is not None)
    if minus:
        found = Found(found.condition.negated(), _("not %(value)s") % {"value": found.words})
    return str(qualifier.label), found


def _words(text: str, *, quoted: bool) -> Found:
    if not quoted and _RUN.fullmatch(text) and (run := run_number(text)) is not None:
        return Found(conditions.by_run(run), f"“{text}”")
    return Found(conditions.by_text(text), f"“{text}”")


def _actor(value: str, quoted: bool) -> Found:
    if value.lower() == SYSTEM and not quoted:
        return Found(conditions.by_system(), system_label())
    model = get_user_model()
    people = list(model._default_manager.filter(**{f"{model.USERNAME_FIELD}__iexact": value})[:1])
    if not people:
        named = model._default_manager.annotate(
            western=Concat("first_name", Value(" "), "last_name", output_field=CharField()),
            chinese=Concat("last_name", "first_name", output_field=CharField()),
        ).filter(
            Q(**{f"{model.USERNAME_FIELD}__istartswith": value})
            | Q(western__icontains=value)
            | Q(chinese__icontains=value)
        )
        people = list(named.order_by("pk")[: MOST_WALKS + 1])
    if not people:
        raise Unreadable(_("Nobody is called “%(value)s”.") % {"value": value[:_SHOWN]})
    if len(people) > MOST_WALKS:
        raise Unreadable(
            _("More than %(count)s people are called “%(value)s”. Type more of the name.")
            % {"count": MOST_WALKS, "value": value[:_SHOWN]}
        )
    names = [str(getattr(person, "get_full_name", str)() or person.get_username()) for person in people]
    shown = listed(names) if len(names) <= 3 else _("%(count)s people called “%(value)s”") % {
        "count": len(names),
        "value": value,
    }  # fmt: skip
    return Found(conditions.by_people(people), shown)


def _action(value: str, quoted: bool) -> Found:
    codes = codes_named(value.lower())
    if not codes:
        raise Unreadable(
            _("No action is called “%(value)s”. Examples: delete, hold, courses.course.edit.")
            % {"value": value[:_SHOWN]}
        )
    label = action_label(value.lower()) if codes_under(value.lower()) else value
    return Found(conditions.by_codes(codes), label)


def _outcome(value: str, quoted: bool) -> Found:
    if value.lower() not in OUTCOMES:
        raise Unreadable(_one_of(value, OUTCOMES))
    return Found(conditions.by_outcome(value.lower()), outcome_label(value.lower()))


def _provider(value: str, quoted: bool) -> Found:
    if value.lower() not in PROVIDERS:
        raise Unreadable(_one_of(value, tuple(PROVIDERS)))
    return Found(conditions.by_provider(value.lower()), str(PROVIDERS[value.lower()]))


def _target(value: str, quoted: bool) -> Found:
    named = None if quoted else _KIND.fullmatch(value)
    kind = _kind(named[1].lower()) if named else ""
    if kind:
        key = whole_number(named[2]) if named and named[2] else None
        if named and named[2] and key is None:
            raise Unreadable(_("“%(value)s” is not a number.") % {"value": named[2][:_SHOWN]})
        return Found(conditions.by_object(kind, key), object_label(kind, key))
    if named and named[2]:
        raise Unreadable(
            _('There is no kind of object “%(value)s”. A name goes in quotes: target:"Public speaking".')
            % {"value": named[1][:_SHOWN]}
        )
    return Found(conditions.by_target_text(value), f"“{value}”")


def _kind(text: str) -> str:
    """The "app.model" that is meant, with or without its application; "" for a word that is none."""
    if "." in text:
        return text if model_of(text) is not None else ""
    labels = [model._meta.label_lower for model in apps.get_models() if model._meta.model_name == text]
    return labels[0] if len(labels) == 1 else ""


def _run(value: str, quoted: bool) -> Found:
    run = run_number(value)
    if run is None:
        raise Unreadable(_("“%(value)s” is no run. A run is typed as R-12.") % {"value": value[:_SHOWN]})
    return Found(conditions.by_run(run), f"R-{run}")


def _request(value: str, quoted: bool) -> Found:
    if not is_request_id(value):
        raise Unreadable(
            _("“%(value)s” is no request ID. Copy the whole ID from the page of a record.")
            % {"value": value[:_SHOWN]}
        )
    return Found(conditions.by_request(value), value)


def _created(value: str, quoted: bool) -> Found:
    typed = unicodedata.normalize("NFKC", value).replace("≥", ">=").replace("≤", "<=").replace("…", "..")
    since, until = _span(typed)
    if (since or until) is None or (since and until and since > until):
        raise Unreadable(
            _("“%(value)s” is no span of days. Examples: >=2026-11-01, 2026-11-01..2026-11-05, 2026-11-01.")
            % {"value": value[:_SHOWN]}
        )
    return Found(conditions.by_days(since, until), span_text(since, until))


def _span(typed: str) -> tuple[date | None, date | None]:
    day = timedelta(days=1)
    if ".." in typed:
        start, _dots, end = typed.partition("..")
        since, until = day_named(start), day_named(end)
        readable = (since or start == "*") and (until or end == "*")
        return (since, until) if readable else (None, None)
    sign = next((sign for sign in (">=", "<=", ">", "<") if typed.startswith(sign)), "")
    at = day_named(typed.removeprefix(sign))
    if at is None:
        return None, None
    ends: dict[str, tuple[date | None, date | None]] = {
        "": (at, at),
        ">=": (at, None),
        ">": (at + day, None),
        "<=": (None, at),
        "<": (None, at - day),
    }
    return ends[sign]


def _one_of(value: str, known: tuple[str, ...]) -> str:
    return _("“%(value)s” is not known. There are: %(known)s.") % {
        "value": value[:_SHOWN],
        "known": listed(list(known)),
    }


QUALIFIERS = (
    Qualifier(
        "actor",
        gettext_lazy("Person"),
        "actor:zhao",
        gettext_lazy("Log-in name, or part of the name. The back office itself is actor:system."),
        _actor,
    ),
    Qualifier(
        "action",
        gettext_lazy("Action"),
        "action:delete",
        gettext_lazy("A word of the action’s code, or the beginning of the code."),
        _action,
    ),
    Qualifier(
        "outcome",
        gettext_lazy("Result"),
        "outcome:unknown",
        gettext_lazy("done, already, rejected, not_sent, unknown, skipped, cancelled or denied."),
        _outcome,
    ),
    Qualifier(
        "target",
        gettext_lazy("Object"),
        'target:"Public speaking"',
        gettext_lazy("Part of the name or of the provider’s ID; or kind and number: target:videoasset:12."),
        _target,
        repeats=True,
    ),
    Qualifier("run", gettext_lazy("Run"), "run:R-12", gettext_lazy("Every record of the run."), _run),
    Qualifier(
        "request",
        gettext_lazy("Request"),
        "request:5f0c1e2a9b7d4c36",
        gettext_lazy("Everything that one click caused, here and in the workers."),
        _request,
    ),
    Qualifier(
        "provider",
        gettext_lazy("Provider"),
        "provider:classin",
        gettext_lazy("classin, huawei_vod or syngrafii."),
        _provider,
    ),
    Qualifier(
        "created",
        gettext_lazy("Date"),
        "created:>=2026-11-01",
        gettext_lazy("Days of the school’s calendar; a span is created:2026-11-01..2026-11-05."),
        _created,
        repeats=True,
    ),
)
BY_NAME = {qualifier.name: qualifier for qualifier in QUALIFIERS}


def examples() -> Iterator[tuple[str, str]]:
    """Whole searches to learn from, each with what it finds."""
    yield "action:delete outcome:unknown", _("deletions of which nobody knows whether they took place")
    first = timezone.localdate().replace(day=1)
    yield (
        f"-actor:system created:>={first:%Y-%m-%d}",
        _("what people have done since %(date)s") % {"date": day_text(first)},
    )
    yield 'target:"Public speaking" -outcome:done', _("what did not succeed with objects of this name")
