"""What a spreadsheet can hold: one class for each kind, declared by the apps in `<app>/sync/spreadsheets.py`.

A kind says which columns it takes, under which headings they are known, what a cell means, and what a row says about an
object. Upload, mapping, dry run, report, command and contract tests all derive from it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from audit.actors import Actor
from intake.spreadsheets.cells import says_nothing
from operations.learning import Known, Learned
from operations.mirror import MirrorRow
from operations.models import Account
from screens.states import Text


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that a row can tell: its name here, the headings it is known under, and the field that reads its cells."""

    name: str
    label: Text
    headings: Sequence[str]
    cell: forms.Field
    required: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """What a row says cannot be taken in: the column that it lies at, and why, in the language of whoever asks."""

    column: str
    error: ValidationError

    def __str__(self) -> str:
        return " ".join(self.error.messages)


@dataclass(slots=True)
class Cleaned:
    """One row whose cells were read: values by column, and what is wrong by column."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)


class Spreadsheet:
    """A kind of table that people import. `key` is stored with each import, for ever."""

    key: ClassVar[str]
    label: ClassVar[Text]
    provider: ClassVar[str]
    model: ClassVar[type[MirrorRow]]
    columns: ClassVar[Sequence[Column]]
    id_column: ClassVar[str] = "id"

    def known(self, account: Account, rows: Sequence[Cleaned], *, at: datetime) -> dict[int, Known | Wrong]:
        """What each row, by its number, says about an object of this account as of `at`; or why it says nothing. Reads only."""
        raise NotImplementedError

    def learn(self, account: Account, known: Sequence[Known], *, at: datetime, actor: Actor) -> Learned:
        """Take it in, by the app's `mirror`; `actor` is who brought it."""
        raise NotImplementedError

    def column(self, name: str) -> Column | None:
        """The column of this name."""
        return next((one for one in self.columns if one.name == name), None)

    def guess(self, headings: Sequence[str]) -> dict[int, str]:
        """The columns that these headings are known for, by the place of the heading; each column once."""
        known = {plain(heading): one.name for one in self.columns for heading in (one.name, *one.headings)}
        found: dict[int, str] = {}
        for place, heading in enumerate(headings):
            name = known.get(plain(heading))
            if name and name not in found.values():
                found[place] = name
        return found

    def lacking(self, mapping: Mapping[int, str]) -> list[Column]:
        """Required columns that no heading stands for."""
        return [one for one in self.columns if one.required and one.name not in mapping.values()]

    def clean(self, number: int, cells: Sequence[str], mapping: Mapping[int, str]) -> Cleaned:
        """Read the cells of a row. A cell that says nothing tells nothing about its column."""
        row = Cleaned(number)
        for place, name in mapping.items():
            column = self.column(name)
            text = cells[place] if place < len(cells) else ""
            if column is None or (says_nothing(text) and not column.required):
                continue
            try:
                row.values[name] = column.cell.clean("" if says_nothing(text) else text)
            except ValidationError as error:
                row.wrong.append(Wrong(name, error))
        return row


def plain(heading: str) -> str:
    """A heading without what differs from export to export: case, width, spaces and signs."""
    folded = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


_kinds: dict[str, Spreadsheet] = {}


def register(kind: type[Spreadsheet]) -> type[Spreadsheet]:
    """Offer this kind of table. Registering the same class again changes nothing; another one under its key is an error."""
    there = _kinds.get(kind.key)
    if there is not None and type(there) is not kind:
        raise ValueError(f"the kind of table {kind.key!r} is declared twice")
    _kinds[kind.key] = kind()
    return kind


def kinds() -> list[Spreadsheet]:
    """Every kind of table, in the order of declaration."""
    return list(_kinds.values())


def kind_of(key: str) -> Spreadsheet | None:
    """The kind of this key; None where this version has none."""
    return _kinds.get(key)
