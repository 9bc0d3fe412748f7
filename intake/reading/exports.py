"""What is exported of readings."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from intake.models import Reading
from intake.reading.facts import state_words
from operations.exporting import ExportColumn, moment, number, text
from screens.states import Text


def _total(head: Text, name: str) -> ExportColumn:
    return ExportColumn(head, lambda reading: reading.total(name))


def _started_by(reading: Reading) -> str:
    return reading.started_name or str(_("the schedule"))


READINGS = (
    ExportColumn(_("Reading"), str),
    text(_("Account"), "account"),
    text(_("What is read"), "scope"),
    ExportColumn(_("State"), state_words),
    text(_("What ended it"), "end"),
    ExportColumn(_("Started by"), _started_by),
    moment(_("Started"), "started_at"),
    moment(_("Ended"), "ended_at"),
    number(_("Requests"), "requests"),
    _total(pgettext_lazy("rows of a reading", "New"), "new"),
    _total(_("Changed"), "changed"),
    _total(_("Unchanged"), "unchanged"),
    _total(_("Came back"), "back"),
    _total(_("Missing"), "missing"),
    number(_("Could not be read"), "problem_count"),
)
