"""What is exported of runs, of receipts and of holds."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.actors import person_name
from operations.exporting import ExportColumn, moment, number, size, text
from operations.filter_words import asked_by, filter_words
from operations.registry import registry
from screens.figures import listed


def _operations(run: Any) -> str:
    return listed([str(registry[key].label) for key in run.operations if key in registry])


_ASKED = (
    ExportColumn(_("Operation"), _operations),
    text(_("State"), "state"),
    ExportColumn(_("What was selected"), filter_words),
    text(_("Reason"), "reason"),
    ExportColumn(_("Asked by"), asked_by),
)

RUNS = (
    ExportColumn(_("Run"), str),
    *_ASKED,
    number(_("Items"), "all_count"),
    number(_("Settled"), "settled_count"),
    number(_("Unknown outcomes"), "unknown_count"),
    moment(_("Made"), "created_at"),
    moment(_("Ended"), "ended_at"),
)

RECEIPTS = (
    ExportColumn(_("Receipt"), str),
    *_ASKED,
    text(_("Approved by"), "approved_name"),
    number(_("Deleted"), "gone_count"),
    *size(_("Freed"), "freed"),
    moment(_("Confirmed"), "confirmed_at"),
    moment(_("Ended"), "ended_at"),
)

HOLDS = (
    text(_("Object"), "target_label"),
    ExportColumn(_("Kind"), lambda hold: hold.target_kind),
    text(_("Reason"), "reason"),
    moment(_("Until"), "until"),
    ExportColumn(_("Placed by"), lambda hold: person_name(hold.placed_by)),
    moment(_("Placed"), "placed_at"),
    ExportColumn(_("Released by"), lambda hold: person_name(hold.released_by)),
    moment(_("Released"), "released_at"),
)
