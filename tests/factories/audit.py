"""Records of the ledger. They are written by the services, as everywhere; times by hand where a test is about time."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Model

from audit.actors import Actor, system
from audit.registry import AuditAction, registry
from audit.services import Entry, Target, record_many

SYSTEM = system("command")
COURSE = Target("courses.course", 7, "IELTS Speaking", "900")


def action(code: str) -> AuditAction:
    """The registered action with this code."""
    return registry.find(code)


def write(code: str, *, actor: Actor = SYSTEM, at: dt.datetime | None = None, **columns: Any) -> Any:
    """One record, at a moment of the test's choice."""
    row = Entry(action=action(code), actor=actor, **columns).row()
    if at is not None:
        row.at = at
    row.save(force_insert=True)
    row.refresh_from_db()
    return row


def write_run(run_id: int, *, items: int, by: Model | None = None, key: str = "courses.course.edit") -> None:
    """What the engine writes for a run: plan, request, two records for each item, the end."""
    actor = Actor.person(by, via="admin") if by else SYSTEM  # type: ignore[arg-type]  # a user
    only = COURSE if items == 1 else None
    entries = [
        Entry(
            action=action(f"{key}.planned"), actor=actor, run_id=run_id, details={"count": items}, target=only
        ),
        Entry(
            action=action(f"{key}.requested"),
            actor=actor,
            run_id=run_id,
            details={"count": items},
            target=only,
            reason="Term is over",
        ),
    ]
    for number in range(items):
        target = only or Target("courses.course", 1000 + number, f"Course {number}", str(number))
        about: dict[str, Any] = {
            "actor": actor,
            "run_id": run_id,
            "item_id": run_id * 1000 + number,
            "target": target,
            "provider": "classin",
        }
        changes = {"name": {"before": "Autumn", "after": "Winter"}}
        entries += [
            Entry(action=action(f"{key}.attempted"), **about),
            Entry(action=action(f"{key}.succeeded"), **about, provider_code="1", changes=changes),
        ]
    end = Entry(
        action=action("operations.run.finished"),
        actor=system("worker"),
        run_id=run_id,
        details={"outcomes": {"done": items}},
    )
    with transaction.atomic():
        record_many([*entries, end])
