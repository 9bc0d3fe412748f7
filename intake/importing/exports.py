"""What is exported of imports: one row for each file that was uploaded."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from operations.exporting import ExportColumn, flat, moment, number, size, text
from screens.states import Text


def _count(head: Text, name: str) -> ExportColumn:
    return ExportColumn(head, lambda one: one.counts.get(name, 0))


IMPORTS = flat(
    (
        ExportColumn(_("Import"), str),
        text(_("File"), "file_name"),
        size(_("Size"), "file_size"),
        text(_("What it lists"), "kind_label"),
        text(_("Account"), "account"),
        text(_("State"), "state"),
        number(_("Rows"), "rows"),
        _count(pgettext_lazy("rows of an import", "New"), "new"),
        _count(_("Changed"), "changed"),
        _count(_("Unchanged"), "unchanged"),
        _count(_("Kept"), "kept"),
        _count(_("Wrong"), "wrong"),
        text(_("Uploaded by"), "uploaded_name"),
        moment(_("Uploaded"), "uploaded_at"),
        text(_("Applied by"), "applied_name"),
        moment(_("Applied"), "applied_at"),
    )
)
