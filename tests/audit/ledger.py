"""A small sealed ledger to verify and to tamper with; keys and checkpoint file are the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from audit import keys, outside
from audit.actors import Actor
from audit.registry import registry
from audit.sealer import seal
from audit.services import Entry, Target, record_many
from audit.verify import Report, verify

REFUSED = registry.find("audit.access.refused")


@pytest.fixture
def ledger(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Settings with a key and a checkpoint file of this test alone; yields the file."""
    file = tmp_path / "checkpoints.txt"
    settings.AUDIT = {
        **settings.AUDIT,
        "signing_key_file": tmp_path / "signing.key",
        "checkpoint_file": file,
        "make_key": True,
    }
    return file


def write(count: int, *, first: int = 0) -> None:
    """Records that differ in everything that may differ."""
    with transaction.atomic():
        record_many([entry(number) for number in range(first, first + count)])


def entry(number: int) -> Entry:
    return Entry(
        action=REFUSED,
        actor=Actor(
            None,
            f"Lin Yue 林月 {number}",
            "admin",
            f"203.0.113.{number % 250}",
            "Firefox",
            f"request-{number:05}",
        ),
        target=Target("courses.course", number, f"IELTS Speaking {number}", f"9{number:05}"),
        changes={"name": {"before": "Autumn\n", "after": "冬"}, "a": [1, None, True, 1.5, "x:3,"]},
        details={"path": f"/{number}/", "method": "POST"},
        reason="Term is over",
        approver_name="Wang Fang",
        run_id=number // 3,
        item_id=number,
        provider="classin",
        provider_code="384",
        provider_message="class is running",
    )


def sealed(*counts: int) -> None:
    """Write and seal so many records, with a checkpoint after each lot."""
    first = 0
    for count in counts:
        write(count, first=first)
        seal(sign=True)
        first += count


def verified(file: Path | None) -> Report:
    """What a verification finds, with the checkpoints outside or, given None, without them."""
    return verify(keys=keys.trusted_keys(), outside=outside.notes(file) if file else [])
