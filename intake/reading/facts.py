"""What a reading's page, the command and the cards say of it: how far, how fast, what it found, what ended it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from intake.models import Reading
from intake.reading.readers import readers
from operations.clock import database_now
from providers.accounts import code_table
from screens.figures import duration_text, listed, number_text

BADGES: Mapping[str, tuple[str, str]] = {
    Reading.State.RUNNING: ("blue", "loader"),
    Reading.State.FINISHED: ("green", "check"),
    Reading.State.FAILED: ("red", "octagon-x"),
    Reading.State.CANCELLED: ("grey", "circle-slash"),
}
"""Tone and icon of each state."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How far a reading is, in requests: what is made, what is known to be made in all, a rate and the time left."""

    done: int
    total: int
    per_minute: float
    seconds_left: float | None

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0

    @property
    def rate_text(self) -> str:
        return _("%(count)s requests a minute") % {"count": number_text(round(self.per_minute))}

    @property
    def left_text(self) -> str:
        """About how long yet; "" when nobody can tell."""
        if self.seconds_left is None:
            return ""
        left = duration_text(max(1, ceil(self.seconds_left)))
        return _("About %(time)s left") % {"time": left}


def pace_of(reading: Reading) -> Pace:
    """Progress so far. The total grows while a walk finds more; a walk of the last time says what to expect."""
    now = reading.ended_at or database_now()
    minutes = max((now - reading.started_at).total_seconds() / 60, 1 / 600)
    done = reading.steps_done
    total = done + reading.steps_ahead if reading.is_open else done
    rate = done / minutes
    left = reading.steps_ahead / rate * 60 if reading.is_open and rate and reading.steps_ahead else None
    return Pace(done, max(total, 1) if reading.is_open else total, rate, left)


def sentence(reading: Reading) -> str:
    """Where the reading stands, in one sentence."""
    figures = {
        "done": number_text(reading.steps_done),
        "new": number_text(reading.total("new")),
        "changed": number_text(reading.total("changed")),
        "missing": number_text(reading.total("missing")),
    }
    if reading.is_open:
        return _("%(done)s requests answered; %(new)s new and %(changed)s changed so far.") % figures
    if reading.state == Reading.State.FINISHED:
        return _("%(new)s new, %(changed)s changed, %(missing)s missing.") % figures
    return _("Ended before its time; %(new)s new and %(changed)s changed until then.") % figures


def scope_words(reading: Reading) -> str:
    """What was to be read, and who asked."""
    who = reading.started_name or _("the schedule")
    return listed([str(reading.get_scope_display()), _("started by %(who)s") % {"who": who}])


def kind_rows(reading: Reading) -> list[dict[str, Any]]:
    """The figures of each kind of row that the reader fills, in its order, with links to the lists."""
    kinds = [model._meta.label_lower for model in readers[reading.account.provider].kinds]
    return [
        {
            "label": capfirst(apps.get_model(kind)._meta.verbose_name_plural or ""),
            "url": _list_url(kind, {"account": reading.account_id}),
            "missing_url": _list_url(kind, {"account": reading.account_id, "presence": "missing"}),
            **{
                name: reading.figure(kind, name)
                for name in ("new", "changed", "unchanged", "back", "gone", "missing")
            },
        }
        for kind in kinds
    ]


def end_words(reading: Reading) -> dict[str, str] | None:
    """What ended a reading before its time, the provider's own words, and what helps; None for any other."""
    if reading.state != Reading.State.FAILED:
        return None
    found = code_table(reading.account.provider).find("", reading.end_code) if reading.end_code else None
    language = get_language() or "en"
    return {
        "what": str(Reading.End(reading.end).label),
        "code": reading.end_code,
        "message": reading.end_message,
        "meaning": found.meaning.in_language(language) if found else "",
        "help": _help(reading),
    }


def _help(reading: Reading) -> str:
    if reading.end == Reading.End.CREDENTIALS:
        return _("Check the key of the account, then read again. Nothing more is asked until then.")
    if reading.end == Reading.End.MAINTENANCE:
        return _("It is tried again by itself when the next reading is due.")
    if reading.end == Reading.End.NOT_CONNECTED:
        return _("Set the account’s variables, then start web and workers again.")
    if reading.end == Reading.End.NO_ANSWER:
        return _("Look at the provider’s own status page. The next reading tries again.")
    return _("Tell an administrator; the server’s log has more.")


def problem_rows(reading: Reading) -> list[dict[str, str]]:
    """What could not be read: in words what it was, and what the provider said."""
    reader = readers[reading.account.provider]
    table = code_table(reading.account.provider)
    language = get_language() or "en"
    return [
        {
            "what": str(reader.words.get(one["step"], one["step"])),
            "key": one["what"],
            "code": one["code"],
            "meaning": table.find(one["call"], one["code"]).meaning.in_language(language)
            if one["code"]
            else _("The list kept changing while it was read."),
        }
        for one in reading.problems
    ]


def state_words(reading: Reading) -> str:
    """The state as a badge says it: a finished reading that is not complete says so."""
    if reading.state == Reading.State.FINISHED and not reading.complete:
        return _("Finished, not complete")
    return str(reading.get_state_display())


def summary_lines(reading: Reading) -> list[str]:
    """The figures as plain lines, for a terminal."""
    lines = [f"{row['label']}: {_figures(row)}" for row in kind_rows(reading)]
    requests = ngettext("%(count)s request", "%(count)s requests", reading.requests)
    return [*lines, requests % {"count": number_text(reading.requests)}]


def _figures(row: Mapping[str, Any]) -> str:
    words = {
        "new": _("%(count)s new"),
        "changed": _("%(count)s changed"),
        "missing": _("%(count)s missing"),
        "back": _("%(count)s back"),
        "unchanged": _("%(count)s unchanged"),
    }
    shown = [words[name] % {"count": number_text(row[name])} for name in words if row[name] or name == "new"]
    return listed(shown)


def _list_url(kind: str, query: Mapping[str, Any]) -> str:
    try:
        url = reverse(f"admin:{kind.replace('.', '_')}_changelist")
    except NoReverseMatch:
        return ""
    return f"{url}?{'&'.join(f'{name}={value}' for name, value in query.items())}"
