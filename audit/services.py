"""The only way into the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models, transaction

from audit import bulk, canonical
from audit.actors import Actor
from audit.models import VERSION, Record
from audit.registry import AuditAction, AuditError, check_details, registry


@dataclass(frozen=True, slots=True)
class Target:
    """What an action was done to, as text that outlives the row: `kind` is "app.model"."""

    kind: str
    id: int | None
    label: str
    provider_id: str = ""

    @classmethod
    def of(cls, row: models.Model) -> Target:
        return cls(
            kind=row._meta.label_lower,
            id=row.pk,
            label=str(row)[:300],
            provider_id=str(getattr(row, "provider_id", ""))[:600],
        )


_NO_TARGET = Target("", None, "")


@dataclass(frozen=True, slots=True)
class _Person:
    """An actor as a record holds them; made once for all records of one batch. `committed` is what their seal covers."""

    user_id: int | None
    name: str
    via: str
    address: str
    agent: str
    request_id: str
    committed: str

    @classmethod
    def of(cls, actor: Actor) -> _Person:
        name, address, agent = str(actor.name)[:200], actor.address[:60], actor.agent[:200]
        committed = "".join(map(canonical.netstring, (name, address, agent)))
        return cls(actor.user_id, name, actor.via, address, agent, actor.request_id[:40], committed)


@dataclass(slots=True)
class Entry:
    """One record to be written. `exchange` is the provider's answer, when there was one.

    Not frozen: of what a record costs in bulk that would be a tenth.
    """

    action: AuditAction
    actor: Actor
    target: Target | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    approver_name: str = ""
    run_id: int | None = None
    item_id: int | None = None
    attempt_id: UUID | None = None
    provider: str = ""
    provider_code: str = ""
    provider_message: str = ""

    def values(self, salts: Iterator[str] | None = None, person: _Person | None = None) -> bulk.Values:
        """The row to write, in the order of `bulk.COLUMNS`, with commitments. Raises AuditError on what may not be recorded.

        For many at once `salts` yields three for each, and `person` is what `_Person.of` made of the actor.
        """
        action, target = self.action, self.target or _NO_TARGET
        registry.find(action.code)
        check_details(action, self.details)
        person = person or _Person.of(self.actor)
        salts = salts or iter(canonical.salts(3))
        actor_salt, approver_salt, words_salt = next(salts), next(salts), next(salts)
        approver, approver_seal = str(self.approver_name)[:200], ""
        if approver:
            approver_seal = canonical.sealed(approver_salt, canonical.netstring(approver))
        else:
            approver_salt = ""
        reason, label, message = str(self.reason), str(target.label), str(self.provider_message)[:500]
        changes = canonical.document(dict(self.changes)) if self.changes else "{}"
        details = canonical.document(dict(self.details)) if self.details else "{}"
        netstring = canonical.netstring
        words = f"{netstring(label)}{netstring(reason)}{netstring(message)}{changes},{details},"
        return (
            action.code, action.outcome, person.user_id, person.name, person.via, approver,
            target.kind, target.id, target.provider_id, label,
            changes, details, reason, self.run_id, self.item_id, self.attempt_id,
            person.request_id, self.provider, str(self.provider_code)[:60], message, person.address, person.agent, VERSION,
            actor_salt, approver_salt, words_salt,
            canonical.sealed(actor_salt, person.committed), approver_seal, canonical.sealed(words_salt, words),
        )  # fmt: skip

    def row(self) -> Record:
        """The same as a model that is not in the database yet."""
        return _model(self.values())


def record(action: AuditAction, *, actor: Actor, **columns: Any) -> Record:
    """Write one record in the caller's transaction; columns are those of `Entry`. Raises AuditError on anything odd.

    Outside a transaction it stands alone, which is right only for records that speak of nothing else in the database: a
    denial, a log-in, an export.
    """
    values = Entry(action=action, actor=actor, **columns).values()
    row = _model(values)
    row.pk = bulk.insert_one(values)
    row._state.adding = False  # noqa: SLF001 - what Django's own insert does
    del row.__dict__["at"]  # fetched when somebody asks for it
    return row


def record_many(entries: Sequence[Entry]) -> None:
    """Write records by one statement, inside the transaction of what they speak of. Raises AuditError outside one."""
    if not entries:
        return
    if not transaction.get_connection().in_atomic_block:
        raise AuditError("records are written in the transaction of what they speak of")
    salts = iter(canonical.salts(3 * len(entries)))
    people: dict[int, _Person] = {}
    rows = []
    for entry in entries:
        actor = entry.actor
        person = people.get(id(actor))  # the entries keep it, so nothing else has its number
        if person is None:
            person = people[id(actor)] = _Person.of(actor)
        rows.append(entry.values(salts, person))
    bulk.insert(rows)


def _model(values: bulk.Values) -> Record:
    given = dict(zip(bulk.COLUMNS, values, strict=True))
    return Record(**given | {name: json.loads(given[name]) for name in canonical.JSON_COLUMNS})
