"""The only way into the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models, transaction

from audit import bulk
from audit.actors import Actor
from audit.models import Record
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to be written. `exchange` is the provider's answer, when there was one."""

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

    def row(self) -> Record:
        registry.find(self.action.code)
        check_details(self.action, dict(self.details))
        target = self.target or Target("", None, "")
        return Record(
            action=self.action.code,
            outcome=self.action.outcome,
            actor_id=self.actor.user_id,
            actor_name=self.actor.name[:200],
            via=self.actor.via,
            approver_name=self.approver_name[:200],
            target_kind=target.kind,
            target_id=target.id,
            target_provider_id=target.provider_id,
            target_label=target.label,
            changes=dict(self.changes),
            details=dict(self.details),
            reason=self.reason,
            run_id=self.run_id,
            item_id=self.item_id,
            attempt_id=self.attempt_id,
            request_id=self.actor.request_id[:40],
            provider=self.provider,
            provider_code=self.provider_code[:60],
            provider_message=self.provider_message[:500],
            address=self.actor.address[:60],
            agent=self.actor.agent[:200],
        )


def record(action: AuditAction, *, actor: Actor, **columns: Any) -> Record:
    """Write one record in the caller's transaction; columns are those of `Entry`. Raises AuditError on anything odd.

    Outside a transaction it stands alone, which is right only for records that speak of nothing else in the database: a
    denial, a log-in, an export.
    """
    row = Entry(action=action, actor=actor, **columns).row()
    row.save(force_insert=True)
    return row


def record_many(entries: Sequence[Entry]) -> None:
    """Write records by one statement, inside the transaction of what they speak of. Raises AuditError outside one."""
    if not entries:
        return
    if not transaction.get_connection().in_atomic_block:
        raise AuditError("records are written in the transaction of what they speak of")
    bulk.insert([entry.row() for entry in entries])
