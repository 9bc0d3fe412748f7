"""Spreadsheets as people have them, and imports of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook

from audit.actors import Actor
from intake import importing
from intake.importing.work import work_off
from intake.models import Import
from tests.factories.operations import AccountFactory

COURSES = ["课程ID", "课程名称", "课程状态", "班主任"]


def csv_file(rows: Iterable[Sequence[Any]], *, delimiter: str = ",", encoding: str = "utf-8") -> io.BytesIO:
    """A CSV file of these rows, the first one the headings."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return io.BytesIO(text.getvalue().encode(encoding))


def xlsx_file(rows: Iterable[Sequence[Any]]) -> io.BytesIO:
    """A workbook of these rows."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def uploaded(
    file: Any, user: Any, *, kind: str = "courses", name: str = "courses.csv", **more: Any
) -> Import:
    """The file as an import of the default account, as `user` would upload it."""
    account = more.pop("account", None) or AccountFactory()
    actor = Actor.person(user, via="test")
    given = {"at": None, **more}
    return importing.upload(file, name=name, kind=kind, account=account, actor=actor, user=user, **given)


def checked(file: Any, user: Any, **more: Any) -> Import:
    """The file after its dry run, with the columns as they were guessed."""
    one = uploaded(file, user, **more)
    importing.set_columns(one, one.columns, actor=Actor.person(user, via="test"), user=user)
    return worked_off(one)


def applied(file: Any, user: Any, **more: Any) -> Import:
    """The file, taken in."""
    one = checked(file, user, **more)
    importing.apply(one, token=one.token, actor=Actor.person(user, via="test"), user=user)
    return worked_off(one)


def worked_off(one: Import) -> Import:
    """The import when nothing is left to do."""
    while work_off(one.pk):
        pass
    one.refresh_from_db()
    return one
