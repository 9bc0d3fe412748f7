"""A log large enough that a planner prefers an index where there is one, and would scan where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth import get_user_model
from django.db import connection, transaction

RECORDS = 60_000
PEOPLE = 20
_CODES = (
    ("media_assets.class_video.delete.attempted", ""),
    ("media_assets.class_video.delete.succeeded", "done"),
    ("media_assets.class_video.delete.rejected", "rejected"),
    ("media_assets.class_video.delete.unknown", "unknown"),
    ("courses.course.edit.attempted", ""),
    ("courses.course.edit.succeeded", "done"),
    ("audit.session.signed_in", ""),
    ("operations.hold.placed", ""),
)


@contextmanager
def large_log() -> Iterator[None]:
    """Fill the log by one statement and take it all back: what is append-only goes only with its transaction."""
    with transaction.atomic():
        model = get_user_model()
        model._default_manager.bulk_create(
            model(pk=900_000 + number, username=f"person{number}") for number in range(PEOPLE)
        )
        with connection.cursor() as cursor:
            cursor.execute(_statement())
            cursor.execute("ANALYZE audit_record" if connection.vendor == "postgresql" else "ANALYZE")
        yield
        transaction.set_rollback(True)


def _statement() -> str:
    vendor = connection.vendor
    code = " ".join(f"WHEN {place} THEN '{code}'" for place, (code, _outcome) in enumerate(_CODES))
    outcome = " ".join(f"WHEN {place} THEN '{outcome}'" for place, (_code, outcome) in enumerate(_CODES))
    return f"""
        WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {RECORDS})
        INSERT INTO audit_record (
            at, action, outcome, actor_id, actor_name, via, approver_name, target_kind, target_id, target_provider_id,
            target_label, changes, details, reason, run_id, item_id, attempt_id, request_id, provider, provider_code,
            provider_message, address, agent, version, actor_salt, approver_salt, words_salt, actor_seal,
            approver_seal, words_seal)
        SELECT
            {_MOMENT[vendor]}, CASE n % 8 {code} END, CASE n % 8 {outcome} END,
            CASE WHEN n % 3 = 0 THEN NULL ELSE 900000 + n % {PEOPLE} END,
            CASE WHEN n % 3 = 0 THEN 'system' ELSE 'somebody' END, 'admin', '',
            CASE WHEN n % 8 < 4 THEN 'media_assets.videoasset' ELSE 'courses.course' END, n % 5000, 'clip-' || n % 5000,
            'IELTS ' || n % 5000, '{{}}', '{{}}', '', CASE WHEN n % 5 < 4 THEN n / 100 END,
            CASE WHEN n % 5 < 4 AND n % 20 > 1 THEN n END, NULL, 'request-' || n / 50,
            CASE WHEN n % 8 < 6 THEN 'classin' WHEN n % 100 = 7 THEN 'huawei_vod' ELSE '' END, '', '', '', '', 1,
            '', '', '', '', '', ''
        FROM numbers
    """


_MOMENT = {
    "postgresql": "TIMESTAMPTZ '2024-06-01 00:00:00+00' + n * INTERVAL '600 seconds'",
    "sqlite": "datetime('2024-06-01 00:00:00', (n * 600) || ' seconds')",
}
