"""Records that were written before there was sealing are sealed and verified like every later one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from audit.models import Record
from audit.sealer import seal
from tests.audit.ledger import verified

BEFORE, AFTER = [("audit", "0002_append_only")], [("audit", "0008_verified_cheaply")]


@pytest.mark.django_db(transaction=True)
def test_older_records_get_what_sealing_needs(ledger: Path) -> None:
    try:
        old: Any = MigrationExecutor(connection).migrate(BEFORE).apps.get_model("audit", "Record")
        for number in range(3):
            old._base_manager.create(
                action="audit.session.signed_in",
                actor_name="Lin Yue",
                via="admin",
                approver_name="Wang" if number else "",
                details={"zebra": number, "ab": "林"},
            )
        with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
            cursor.execute("UPDATE audit_record SET reason = 'x'")
    finally:
        MigrationExecutor(connection).migrate(AFTER)
    assert seal(sign=True) == 3
    assert verified(ledger).sound
    assert Record.objects.latest("pk").details == {"zebra": 2, "ab": "林"}
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_record SET reason = 'x'")
