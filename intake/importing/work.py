"""Working an import off: reading the file, the dry run, applying. In short transactions, resumable from any row.

Whoever works holds the lease by a fence, which each transaction asks for; who lost it writes nothing more. All steps
walk the rows by their number, so that a crash costs the rows of one transaction and doubles none.
"""

from __future__ import annotations

import logging
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import islice
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import override

from audit.actors import Actor
from audit.services import Entry, Target, record_many
from intake import freshness
from intake.importing.audit_actions import APPLIED, CHECKED, PART_APPLIED, STOPPED
from intake.importing.compare import Verdict, compared
from intake.importing.doubles import doubled
from intake.importing.wake import wake
from intake.models import Freshness, Import, ImportPart, ImportRow
from intake.spreadsheets import Cleaned, Spreadsheet, Wrong
from intake.spreadsheets.tables import Row, TableError, open_table
from operations.clock import database_now
from operations.engine.claim import lease
from operations.learning import Known

AT_ONCE = 500
"""Rows of one transaction."""
MOST_FAILURES = 4
FAILED = "failed"
_IN_MEMORY = 1024 * 1024
_FIGURES = ("position", "passed", "counts")

State = Import.State
_TO_DO = Q(state=State.UPLOADED, read_at=None) | Q(state__in=[State.MAPPED, State.APPLYING])

logger = logging.getLogger(__name__)


class LostLease(Exception):
    """Somebody else works at this import by now, or a person decided otherwise."""


def work_off(import_id: int, *, seconds: float = 60.0) -> bool:
    """Work at an import for about `seconds`, a file being read to its end; returns whether something is left to do now."""
    fence = _take(import_id)
    if fence is None:
        return False
    until = time.monotonic() + seconds
    try:
        while (one := _mine(import_id, fence)) is not None:
            if one.read_at is None:
                _read(one, fence)
            elif one.state == State.MAPPED:
                _check(one, fence)
            elif one.state == State.APPLYING:
                _apply(one, fence)
            else:
                break
            if time.monotonic() >= until:
                break
    except LostLease:
        return False
    except TableError as error:
        _stop(import_id, fence, error.code, resumable=False)
        return False
    except Exception:
        logger.exception("Import %s failed in our own code", import_id)
        _fail(import_id, fence)
        return False
    Import.objects.filter(pk=import_id, fence=fence).update(fence=None, lease_until=None)
    return Import.objects.filter(_TO_DO, pk=import_id).exists()


def wake_imports() -> None:
    """Wake the imports that are due and nobody's: a lost message and a dead worker are made up for here."""
    now = database_now()
    due = Import.objects.filter(_TO_DO, due_at__lte=now)
    for pk in due.filter(Q(lease_until=None) | Q(lease_until__lt=now)).values_list("pk", flat=True):
        wake(pk)


def _take(import_id: int) -> uuid.UUID | None:
    now, fence = database_now(), uuid.uuid4()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    taken = Import.objects.filter(free, _TO_DO, pk=import_id, due_at__lte=now)
    return fence if taken.update(fence=fence, lease_until=now + lease()) else None


def _mine(import_id: int, fence: uuid.UUID) -> Import | None:
    return Import.objects.select_related("account").filter(pk=import_id, fence=fence).first()


@contextmanager
def _step(one: Import, fence: uuid.UUID, *fields: str) -> Iterator[Import]:
    """One transaction under the lease, which is longer by it; these fields of the import are saved. Raises LostLease."""
    with transaction.atomic():
        locked = Import.objects.select_for_update().filter(pk=one.pk, fence=fence).first()
        if locked is None or locked.state != one.state:
            raise LostLease
        yield locked
        locked.lease_until = database_now() + lease()
        locked.failures = 0
        locked.save(update_fields=["lease_until", "failures", *fields])


# Reading


def _read(one: Import, fence: uuid.UUID) -> None:
    """From the pieces of the file to rows; goes on after the last row that was kept.

    Somebody may choose the columns meanwhile, which takes the lease away: the next worker goes on here.
    """
    last = ImportRow.objects.filter(of=one).order_by("-number").values_list("number", flat=True).first() or 0
    with _file(one) as file, closing(open_table(file).rows_after(last)) as rows:
        while block := list(islice(rows, AT_ONCE)):
            with _step(one, fence, "rows") as locked:
                ImportRow.objects.bulk_create(
                    ImportRow(of_id=one.pk, number=row.number, cells=_without_empty_end(row)) for row in block
                )
                locked.rows += len(block)
    with _step(one, fence, "read_at") as locked:
        ImportPart.objects.filter(of=locked).delete()
        locked.read_at = database_now()


@contextmanager
def _file(one: Import) -> Iterator[IO[bytes]]:
    """The uploaded file, put together outside memory."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        for pk in ImportPart.objects.filter(of=one).order_by("number").values_list("pk", flat=True):
            file.write(ImportPart.objects.values_list("content", flat=True).get(pk=pk))
        yield file


def _without_empty_end(row: Row) -> list[str]:
    cells = list(row.cells)
    while cells and not cells[-1]:
        cells.pop()
    return cells


# Dry run and applying


def _check(one: Import, fence: uuid.UUID) -> None:
    """The dry run of the next rows, or its end."""
    rows = list(_rows_left(one)[:AT_ONCE])
    if not rows:
        with _step(one, fence, "state", "token") as locked:
            locked.state, locked.token = State.CHECKED, uuid.uuid4()
            details = {**_all_counts(locked), "count": locked.rows, "sha256": locked.sha256}
            _record(CHECKED, locked, _uploader(locked), details)
        return
    kind = _kind(one)
    known = _read_rows(one, kind, rows, mark_doubles=True)
    findings = compared(kind.model, one.account, list(known.values()), at=one.at)
    for row in rows:
        if row.number in known:
            found = findings[known[row.number].provider_id]
            row.verdict, row.findings = found.verdict, found.stored()
    with _step(one, fence, *_FIGURES) as locked:
        _keep(rows)
        _count(locked, rows)


def _apply(one: Import, fence: uuid.UUID) -> None:
    """Take the next rows in, or end. What the dry run found wrong stays out; the others are asked again."""
    rows = list(_rows_left(one)[:AT_ONCE])
    if not rows:
        _end(one, fence)
        return
    kind = _kind(one)
    good = [row for row in rows if row.verdict != Verdict.WRONG]
    with _step(one, fence, *_FIGURES) as locked:
        known = _read_rows(one, kind, good, mark_doubles=False)
        findings = compared(kind.model, one.account, list(known.values()), at=one.at, lock=True)
        kind.learn(one.account, list(known.values()), at=one.at, actor=_applier(locked))
        for row in good:
            if row.number in known:
                found = findings[known[row.number].provider_id]
                row.verdict, row.findings = found.verdict, found.stored()
        _keep(good)
        counts = _count(locked, rows)
        span = {"first": rows[0].number, "last": rows[-1].number}
        _record(PART_APPLIED, locked, _applier(locked), {**counts, **span})


def _end(one: Import, fence: uuid.UUID) -> None:
    kind = _kind(one)
    with _step(one, fence, "state", "applied_at", "ended_at") as locked:
        now = database_now()
        locked.state, locked.applied_at, locked.ended_at = State.APPLIED, now, now
        freshness.note(one.account, kind.model._meta.label_lower, Freshness.How.IMPORTED, one.at)
        details = {
            **_all_counts(locked), "count": locked.rows, "sha256": locked.sha256, "kind": locked.kind,
            "file": locked.file_name, "account": str(one.account), "as_of": locked.at.isoformat(),
        }  # fmt: skip
        _record(APPLIED, locked, _applier(locked), details)


def _rows_left(one: Import) -> QuerySet[ImportRow]:
    return ImportRow.objects.filter(of=one, number__gt=one.position).order_by("number")


def _kind(one: Import) -> Spreadsheet:
    kind = one.target
    if kind is None:
        raise TypeError(f"no kind of table {one.kind!r}")
    return kind


def _read_rows(
    one: Import, kind: Spreadsheet, rows: Sequence[ImportRow], *, mark_doubles: bool
) -> dict[int, Known]:
    """What the rows say, by number. Those that say nothing right are marked as wrong."""
    columns = one.columns
    cleaned = {row.number: kind.clean(row.number, row.cells, columns) for row in rows}
    for row in rows:
        row.provider_id = str(cleaned[row.number].values.get(kind.id_column) or "")[:600]
    if mark_doubles:
        for number, error in doubled(one, rows).items():
            cleaned[number].wrong.append(Wrong(kind.id_column, error))
    told = kind.known(one.account, [row for row in cleaned.values() if not row.wrong], at=one.at)
    known: dict[int, Known] = {}
    for row in rows:
        what = told.get(row.number)
        if isinstance(what, Known):
            known[row.number] = what
        else:
            _mark_wrong(row, cleaned[row.number], what)
    return known


def _mark_wrong(row: ImportRow, cleaned: Cleaned, further: Wrong | None) -> None:
    row.verdict = Verdict.WRONG
    wrong = [*cleaned.wrong, *([further] if further else [])]
    row.findings = {"wrong": [[one.column, _in_all_languages(one)] for one in wrong]}


def _in_all_languages(wrong: Wrong) -> dict[str, str]:
    """The sentence as readers of each language will want it: who reads is not known to a worker."""
    said = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            said[language] = str(wrong)
    return said


def _keep(rows: Sequence[ImportRow]) -> None:
    if rows:
        ImportRow.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["provider_id", "verdict", "findings"],
        )


def _count(locked: Import, rows: Sequence[ImportRow]) -> dict[str, int]:
    """Add these rows to the figures of the step; returns their own."""
    found = Counter(row.verdict for row in rows)
    locked.counts = {name: locked.counts.get(name, 0) + found[name] for name in Verdict.values}
    locked.position, locked.passed = rows[-1].number, locked.passed + len(rows)
    return {name: found[name] for name in Verdict.values}


def _all_counts(one: Import) -> dict[str, int]:
    return {name: one.counts.get(name, 0) for name in Verdict.values}


# What goes wrong with us


def _stop(import_id: int, fence: uuid.UUID, why: str, *, resumable: bool) -> None:
    with transaction.atomic():
        locked = Import.objects.select_for_update().filter(pk=import_id, fence=fence).first()
        if locked is None:
            return
        locked.stopped_in = locked.state if resumable else ""
        locked.state, locked.problem, locked.fence, locked.lease_until = State.STOPPED, why, None, None
        if not resumable:
            ImportPart.objects.filter(of=locked).delete()
        _record(STOPPED, locked, _uploader(locked), {"row": locked.position, "why": why})
        locked.save()


def _fail(import_id: int, fence: uuid.UUID) -> None:
    """Try again later, each time later; after some times a person has to look."""
    one = _mine(import_id, fence)
    if one is None:
        return
    if one.failures + 1 >= MOST_FAILURES:
        _stop(import_id, fence, FAILED, resumable=True)
        return
    due = database_now() + timedelta(seconds=15 * 2**one.failures)
    mine = Import.objects.filter(pk=import_id, fence=fence)
    mine.update(failures=one.failures + 1, due_at=due, fence=None, lease_until=None)


def _record(action: Any, one: Import, actor: Actor, details: dict[str, Any]) -> None:
    record_many([Entry(action=action, actor=actor, target=Target.of(one), details=details)])


def _uploader(one: Import) -> Actor:
    """The person who uploaded it, acting through a worker."""
    return Actor(one.uploaded_by_id, one.uploaded_name, via="worker", request_id=one.request_id)


def _applier(one: Import) -> Actor:
    """The person who had it applied, acting through a worker."""
    return Actor(one.applied_by_id, one.applied_name, via="worker", request_id=one.request_id)
