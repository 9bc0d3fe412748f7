"""What is exported of retention rules and of what they announced."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from media_assets.retention.words import in_words, notice_words
from operations.exporting import ExportColumn, flat, moment, number, size, text, yes_no

RULES = flat(
    (
        text(_("Rule"), "name"),
        ExportColumn(_("What it proposes"), in_words),
        ExportColumn(_("Notice"), notice_words),
        number(_("Videos it would touch today"), "touched_count"),
        size(_("Size"), "touched_bytes"),
        moment(_("Last announced"), "last_at"),
        yes_no(_("On"), "is_on"),
    )
)

ANNOUNCED = flat(
    (
        moment(_("Plan on"), "due_at"),
        text(_("Rule"), "rule__name"),
        number(_("Videos"), "count"),
        size(_("Size"), "size_bytes"),
        moment(_("Announced"), "announced_at"),
        text(_("State"), "state"),
        text(_("Run"), "run"),
    )
)
