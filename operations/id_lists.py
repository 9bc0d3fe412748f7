"""Lists of provider ids as people have them: pasted text, or the export of another program."""

from __future__ import annotations

import codecs
import csv
import io
import re

from django.utils.translation import gettext as _

MOST_IDS = 100_000
MOST_BYTES = 2 * 1024 * 1024
LONGEST_ID = 600
"""Characters, as the mirror's column has them."""

_BETWEEN = re.compile(r"[\s,;，；、]+")
_HEADS = frozenset(
    {"id", "ids", "provider id", "provider_id", "providerid", "编号", "服务商编号", "服务商 id"}
)
_CODINGS = ("utf-8-sig", "gb18030")


class IdListError(Exception):
    """The list cannot be read as a whole, and so none of it is used; the text is a sentence for the person."""


def ids_in_text(text: str) -> list[str]:
    """The ids of a pasted text, in their order, doubled ones included. Raises IdListError."""
    return _checked([part for part in _BETWEEN.split(text.removeprefix("\ufeff")) if part])


def ids_in_csv(content: bytes) -> list[str]:
    """The ids of a CSV file: those of the first column that is headed as ids, or of its only column.

    Raises IdListError for what is no text, has no such column, or holds something that no id can be.
    """
    text = _decoded(content)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise IdListError(_("This is not a CSV file.")) from error
    if not rows:
        raise IdListError(_("There is no ID in it."))
    heads = [cell.strip().casefold() for cell in rows[0]]
    at = next((number for number, head in enumerate(heads) if head in _HEADS), None)
    if at is not None:
        rows = rows[1:]
    elif max(len(row) for row in rows) == 1:
        at = 0
    else:
        raise IdListError(_("No column is headed “ID”. Head it so, or keep that column alone."))
    return _checked([cell for row in rows if (cell := row[at].strip() if at < len(row) else "")])


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codings: tuple[str, ...] = ("utf-16",)
    else:
        codings = _CODINGS
    for coding in codings:
        try:
            return content.decode(coding)
        except UnicodeDecodeError:
            continue
    raise IdListError(_("This is not a text file. Save the list as CSV in UTF-8 or GB18030."))


def _checked(ids: list[str]) -> list[str]:
    if not ids:
        raise IdListError(_("There is no ID in it."))
    if len(ids) > MOST_IDS:
        raise IdListError(
            _("These are %(count)s IDs, %(most)s at most. Split the list.")
            % {"count": f"{len(ids):,}", "most": f"{MOST_IDS:,}"}
        )
    for number, one in enumerate(ids, 1):
        if len(one) > LONGEST_ID or not one.isprintable():
            raise IdListError(
                _("Entry %(number)s is no ID: “%(text)s”.")
                % {"number": f"{number:,}", "text": "".join(sign for sign in one if sign.isprintable())[:40]}
            )
    return ids
