"""The log as a table for people: every record that the filters let through, newest first, guarded against formulas."""

from __future__ import annotations

import csv
import html
from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from audit import paging
from audit.changes import kind_label
from audit.export_file import Counted
from audit.filters import Criteria
from audit.models import Record
from audit.rows import Row
from audit.sentences import label_of
from screens.csv_cells import Echo, guarded
from screens.states import state_of

_AT_ONCE = 1_000


def lines(criteria: Criteria, counted: Counted) -> Iterator[str]:
    """The file, a page of the log at a time. Runs are not folded: each record is a line."""
    writer = csv.writer(Echo())
    head = [_("Record"), _("Time"), _("Person"), _("Action"), _("What happened"), _("Kind of object"), _("Object"), _("Provider ID"), _("Result"), _("Reason"), _("Approved by"), _("Provider’s code"), _("Provider’s answer"), _("Run"), _("Request"), _("By way of"), _("Address")]  # fmt: skip
    yield "\ufeff"
    yield writer.writerow(head)
    for page in _pages(criteria.matching()):
        yield "".join(writer.writerow(guarded(value) for value in _cells(record)) for record in page)
        counted.records += len(page)
    counted.complete = True


def _pages(records: QuerySet[Record]) -> Iterator[list[Record]]:
    before: paging.Cursor | None = None
    while True:
        found = paging.page(records, before=before, after=None, size=_AT_ONCE)
        if found.records:
            yield found.records
        if not found.older:
            return
        before = paging.Cursor.parse(found.older)


def _cells(record: Record) -> tuple[object, ...]:
    row = Row(record)
    outcome = record.outcome
    return (
        record.pk,
        timezone.localtime(record.at).isoformat(timespec="seconds"),
        row.actor,
        label_of(record.action),
        html.unescape(strip_tags(row.sentence)),
        kind_label(record.target_kind) if record.target_kind else "",
        record.target_label,
        record.target_provider_id,
        state_of("other", "refused_action").label
        if outcome == "denied"
        else (state_of("outcome", outcome).label if outcome else ""),
        record.reason,
        record.approver_name,
        record.provider_code,
        record.provider_message,
        row.run_name,
        record.request_id,
        row.door,
        record.address,
    )
