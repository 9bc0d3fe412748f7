"""Taking a file in: it is looked at, kept in pieces, and read by a worker. Nothing of the mirror is touched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.denials import Denied
from audit.services import Entry, Target, record_many
from intake.importing.audit_actions import DENIED, UPLOADED
from intake.importing.wake import wake
from intake.models import Import, ImportPart
from intake.spreadsheets import kind_of
from intake.spreadsheets.tables import Table, TableError, open_table
from intake.spreadsheets.tables.table import MOST_BYTES
from operations.clock import database_now
from operations.engine import Refused
from operations.models import Account
from providers.scrubbing import without_credentials

PERMISSION = "intake.import_mirror"
PIECE = 512 * 1024
_TIE = timedelta(milliseconds=1)
"""Files whose dates are nearer than this are from one moment; forms and commands know minutes."""
_LONGEST_NAME = 200
_SAMPLE = 3


def check_may_import(user: Any, one: Import | None = None) -> None:
    """Raise Denied for somebody without the right to import."""
    if not user.has_perm(PERMISSION):
        raise Denied(DENIED, target=Target.of(one) if one else None, details={"why": "no_permission"})


def upload(
    file: IO[bytes],
    *,
    name: str,
    kind: str,
    account: Account,
    at: datetime | None,
    actor: Actor,
    user: Any = None,
    form_token: UUID | None = None,
) -> Import:
    """Keep the file as an import whose columns are guessed; a worker begins to read its rows.

    `at` is when the file's content was true, now without one; of two files from one moment the one uploaded later counts
    as the later one, so that a corrected file beats the first. `user` is asked for the right; a command without a person
    has none. The same form sent twice gives the same import. Raises Denied, Refused (with the field), and nothing is kept then.
    """
    if user is not None:
        check_may_import(user)
    if form_token and (before := Import.objects.filter(form_token=form_token).first()):
        return before
    target = kind_of(kind)
    if target is None or target.provider != account.provider:
        raise Refused("no_such_kind", _("This account has no such list."), field="kind")
    now = database_now()
    at = at or now
    if at > now:
        raise Refused("in_the_future", _("An export cannot be from the future."), field="at")
    size, digest = _measured(file)
    try:
        table = open_table(file)
    except TableError as error:
        raise Refused(error.code, str(error.message), field="file") from error
    at = _after_others(account, kind, at, digest)
    one = Import(
        account=account, kind=kind, file_name=without_credentials(name)[-_LONGEST_NAME:], file_size=size, sha256=digest, at=at,
        uploaded_by=user, uploaded_name=actor.name, uploaded_at=now, due_at=now, request_id=actor.request_id,
        headings=table.headings, about=table.about, sample=_sample(table),
        mapping={str(place): column for place, column in target.guess(table.headings).items()},
    )  # fmt: skip
    if form_token:
        one.form_token = form_token
    with transaction.atomic():
        one.save()
        for number, piece in enumerate(_pieces(file)):
            ImportPart.objects.create(of=one, number=number, content=piece)
        details = {"kind": kind, "file": one.file_name, "sha256": digest, "account": str(account)}
        entry = Entry(
            action=UPLOADED,
            actor=actor,
            target=Target.of(one),
            details={**details, "bytes": size, "as_of": at.isoformat()},
        )
        record_many([entry])
        transaction.on_commit(lambda: wake(one.pk))
    return one


def _after_others(account: Account, kind: str, at: datetime, digest: str) -> datetime:
    """The moment, or just after the last other file of that moment: equals would be told apart by their values."""
    others = Import.objects.filter(account=account, kind=kind, at__gte=at, at__lt=at + _TIE)
    last = others.order_by("-at").first()
    if last is None:
        return at
    return last.at if last.sha256 == digest else last.at + timedelta(microseconds=1)


def _sample(table: Table) -> list[list[str]]:
    """The first rows, enough of each cell to know it by."""
    return [[cell[:40] for cell in row.cells] for row in islice(table.rows_after(0), _SAMPLE)]


def _measured(file: IO[bytes]) -> tuple[int, str]:
    """Size and SHA-256. Raises Refused for a file beyond the bound."""
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(file):
        digest.update(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise Refused("too_large", str(TableError("too_large").message), field="file")
    return size, digest.hexdigest()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece
