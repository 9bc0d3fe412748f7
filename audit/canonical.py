"""The form in which a record is sealed: a text that the database itself makes from the columns, and keeps.

Form 1 is the line `audit-record/1`, then one netstring (`<bytes>:<value>,`) for each of `FIELDS`, or `-,` for nothing. Values that
may name a person are not in it: `GROUPS` says which columns stand behind which salted commitment, SHA-256 over salt and
values (netstrings; JSON objects, which end by themselves, as they are with a comma), so that value and salt can be erased
and the record still verifies.

The text is a generated column: no writer can forget it, COPY and INSERT ... SELECT make it as well, and an edit of any
column changes it. An identity and a time that the database gives are in it without asking for them first.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, GeneratedField, TextField
from django.utils.deconstruct import deconstructible

FIELDS = (
    "id", "at", "action", "outcome", "actor_id", "via", "target_kind", "target_id", "target_provider_id",
    "run_id", "item_id", "attempt_id", "request_id", "provider", "provider_code", "version",
    "actor_seal", "approver_seal", "words_seal",
)  # fmt: skip
GROUPS: dict[str, tuple[str, ...]] = {
    "actor": ("actor_name", "address", "agent"),
    "approver": ("approver_name",),
    "words": ("target_label", "reason", "provider_message", "changes", "details"),
}
JSON_COLUMNS = frozenset({"changes", "details"})
HEAD = "audit-record/1\n"
_SALT_BYTES = 16
_NETSTRING = re.compile(rb"(-)|(0|[1-9][0-9]{0,9}):")
_EMPTY = {name: "{}" if name in JSON_COLUMNS else "" for names in GROUPS.values() for name in names}


class RecordEncoder(json.JSONEncoder):
    """Writes JSON columns the way PostgreSQL prints its own, so that both databases hash the same text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False, "allow_nan": False})


_ENCODER = RecordEncoder()


def plain(value: Any) -> Any:
    """A JSON value in the one order and spelling that both databases keep: short keys first, no exponents."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        named = sorted(((str(key), part) for key, part in value.items()), key=_as_jsonb)
        return {key: plain(part) for key, part in named}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float):
        shown = repr(value or 0.0)
        return value or 0.0 if shown.replace(".", "").lstrip("-").isdigit() else shown
    return value


def salt() -> str:
    return salts(1)[0]


def salts(count: int) -> list[str]:
    """So many fresh salts by one question to the system: for a few thousand records that is felt."""
    drawn = os.urandom(_SALT_BYTES * count).hex()
    return [drawn[start : start + _SALT_BYTES * 2] for start in range(0, len(drawn), _SALT_BYTES * 2)]


def commitment(group: str, given: Mapping[str, Any], salted: str) -> str:
    """SHA-256 in hexadecimal over the salt and the group's values; JSON values are those that `plain` returned."""
    names = GROUPS[group]
    return digest(
        salted,
        [given[name] for name in names if name not in JSON_COLUMNS],
        [document(given[name]) for name in names if name in JSON_COLUMNS],
    )


def digest(salted: str, texts: Iterable[str], documents: Iterable[str] = ()) -> str:
    """`commitment` over values that are at hand in the order of `GROUPS`: texts first, JSON as `document` writes it."""
    return sealed(salted, f"{''.join(map(netstring, texts))}{''.join([f'{one},' for one in documents])}")


def sealed(salted: str, values: str) -> str:
    """`digest` over values that were put together already: each a netstring, then each document with a comma."""
    return sha256(f"{salted}{values}".encode()).hexdigest()


def netstring(text: str) -> str:
    """Its length in bytes, and the text."""
    if not text:
        return "0:,"
    return f"{len(text) if text.isascii() else len(text.encode())}:{text},"


def document(value: Any) -> str:
    """A JSON value in the order and spelling of `plain`, as both databases print it."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if value is None:
        return "null"
    if kind is int:
        return str(value)
    if kind is dict and (keys := _keys(tuple(value))) is not None:
        return f"{{{', '.join([f'{named}{document(value[key])}' for key, named in keys])}}}"
    if kind is list:
        return f"[{', '.join([document(part) for part in value])}]"
    return _ENCODER.encode(plain(value))


@lru_cache(maxsize=1_000)
def _keys(names: tuple[Any, ...]) -> list[tuple[str, str]] | None:
    """The keys in their order, each with its text in front of a value; None when one is no plain text.

    Records of one action have the same keys again and again.
    """
    if any(type(name) is not str for name in names):
        return None
    return sorted(((name, f"{encode_basestring(name)}: ") for name in names), key=_as_jsonb)


def parse(text: bytes) -> dict[str, str | None]:
    """The columns out of a canonical text. Raises ValueError on what is none."""
    if not text.startswith(HEAD.encode()):
        raise ValueError("this is no record of a known form")
    place, found = len(HEAD), []
    while place < len(text):
        size = _NETSTRING.match(text, place)
        if size is None:
            raise ValueError("a length is missing")
        end = size.end() + int(size[2] or 0)
        if text[end : end + 1] != b",":
            raise ValueError("a length is wrong")
        found.append(None if size[1] else text[size.end() : end].decode())
        place = end + 1
    if len(found) != len(FIELDS):
        raise ValueError("a column is missing")
    return dict(zip(FIELDS, found, strict=True))


def form_sql(vendor: str, table: str = "") -> str:
    """The SQL of form 1 for this database; `table` qualifies the columns, for a comparison with what is stored."""
    prefix = f"{table}." if table else ""
    netstring = _NETSTRINGS[vendor]
    parts = []
    for name in FIELDS:
        value = f"{prefix}{name}"
        if vendor == "postgresql" and name == "at":
            value = f"(EXTRACT(epoch FROM ({value} AT TIME ZONE 'UTC')) * 1000000)::bigint"
        parts.append(netstring.format(value))
    return f"('audit-record/1' || {_NEW_LINE[vendor]} || {' || '.join(parts)})"


def groups_sql(vendor: str, table: str = "") -> dict[str, str]:
    """For each group the SQL that says whether its values fit their commitment: 1 yes, 0 no, 2 erased."""
    return {group: _group_sql(vendor, table, group) for group in GROUPS}


def fits_sql(table: str = "") -> str:
    """The SQL of PostgreSQL that says whether the values of all groups fit their commitments."""
    checks = " AND ".join(f"({sql}) = 1" for sql in groups_sql("postgresql", table).values())
    return f"({checks})"


def _group_sql(vendor: str, table: str, group: str) -> str:
    prefix = f"{table}." if table else ""
    values, empty = [], []
    for name in GROUPS[group]:
        column = f"{prefix}{name}"
        if name in JSON_COLUMNS and vendor == "postgresql":
            column = f"{column}::text"
        # Printing JSON is the dearest part of a verification, so it is printed once: no length before it.
        values.append(f"{column} || ','" if name in JSON_COLUMNS else _NETSTRINGS[vendor].format(column))
        empty.append(f"{column} = '{_EMPTY[name]}'")
    salted, seal = f"{prefix}{group}_salt", f"{prefix}{group}_seal"
    digest = _DIGESTS[vendor].format(f"{salted} || {' || '.join(values)}")
    nothing = " AND ".join(empty)
    without = f"WHEN {salted} = '' AND {seal} = '' THEN CASE WHEN {nothing} THEN 1 ELSE 0 END"
    return (
        f"CASE {without} WHEN {salted} = '' THEN CASE WHEN {nothing} THEN 2 ELSE 0 END"
        f" WHEN {seal} = {digest} THEN 1 ELSE 0 END"
    )


# `{0}` is a column; nothing of a person's is ever put there.
_NETSTRINGS = {
    "postgresql": "COALESCE(octet_length(({0})::text)::text || ':' || ({0})::text || ',', '-,')",
    "sqlite": "COALESCE(length(CAST({0} AS BLOB)) || ':' || {0} || ',', '-,')",
}
_DIGESTS = {
    # Not convert_to, which PostgreSQL allows in no generated column; a doubled backslash stands for itself.
    "postgresql": "encode(sha256(replace({0}, chr(92), repeat(chr(92), 2))::bytea), 'hex')",
    "sqlite": "SHA256({0})",  # Django gives every connection this function
}
_NEW_LINE = {"postgresql": "chr(10)", "sqlite": "char(10)"}


@deconstructible(path="audit.canonical.FormOne")
class FormOne(Expression):
    """Form 1 as the expression of a generated column."""

    def __init__(self) -> None:
        super().__init__(output_field=TextField())

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        return form_sql(connection.vendor), ()


class CanonicalField(GeneratedField):
    """The canonical text. It is not sent back by an INSERT: nobody who writes a record needs it."""

    db_returning = False  # type: ignore[assignment]  # the stubs know the one value


def _as_jsonb(named: tuple[str, Any]) -> tuple[int, bytes]:
    key = named[0].encode()
    return len(key), key
