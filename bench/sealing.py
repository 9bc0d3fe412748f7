"""`python -m bench.sealing`: what writing, sealing, proving and verifying records cost. DATABASE_URL chooses the server.

Everything happens in a database of its own, which is dropped afterwards.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

from bench.meter import server_work
from bench.scratch import prepare, scratch_database

_SINGLES = 500
_BATCH = 5_000


def main() -> int:
    """Parse the command line, fill a log, and print what each step took."""
    parser = argparse.ArgumentParser(prog="python -m bench.sealing", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000, help="records to seal and verify")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        prepare(Path(directory), {})
        os.environ["BACKOFFICE_SANDBOX"] = "1"
        django.setup()
        with scratch_database(Path(directory)):
            _run(options.records)
    return 0


def _run(count: int) -> None:
    from django.conf import settings
    from django.db import connection, transaction

    from audit import keys, outside, tree
    from audit.actions import ACCESS_REFUSED
    from audit.actors import Actor
    from audit.models import Record, Sealing
    from audit.sealer import seal
    from audit.services import Entry, Target, record, record_many
    from audit.verify import verify

    actor = Actor(
        None, "Lin Yue 林月", "admin", "203.0.113.7", "Mozilla/5.0 (X11; Linux) Firefox/140.0", "a" * 32
    )
    target = Target("courses.course", 7, "IELTS Speaking 雅思口语", "900")

    def entry(number: int) -> Entry:
        return Entry(
            action=ACCESS_REFUSED,
            actor=actor,
            target=target,
            run_id=number // 1000,
            item_id=number,
            changes={"name": {"after": f"Winter {number}", "before": "Autumn"}},
            details={"path": "/admin/courses/", "method": "POST"},
        )

    def single() -> None:
        for _number in range(_SINGLES):
            with transaction.atomic():
                record(ACCESS_REFUSED, actor=actor, target=target, details={"path": "/", "method": "GET"})

    def plain_single() -> None:
        from operations.models import Account

        for number in range(_SINGLES):
            with transaction.atomic():
                Account.objects.create(provider="classin", name=f"bench-{number}")

    def bulk() -> None:
        for start in range(0, count, _BATCH):
            with transaction.atomic():
                record_many([entry(number) for number in range(start, min(start + _BATCH, count))])

    def proofs() -> None:
        size = Sealing.objects.get(pk=1).size
        for index in range(0, size, max(1, size // 200)):
            tree.inclusion(index, size)

    print(f"{connection.vendor}, {count:,} records")
    _timed("a plain ORM insert (an account), each in a transaction", plain_single, _SINGLES)
    _timed("one record, each in a transaction", single, _SINGLES)
    _timed("records in batches of 5,000", bulk, count)
    _timed("sealing", lambda: seal(sign=True), count + _SINGLES)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    _timed("an inclusion proof", proofs, 200)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    notes = outside.notes(settings.AUDIT["checkpoint_file"])
    report = _timed("verifying", lambda: verify(keys=keys.trusted_keys(), outside=notes), count + _SINGLES)
    print(f"{'peak memory of the process before and after verifying':54} {before / 1024:.0f} and", end=" ")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB; sound: {report.sound}")  # type: ignore[attr-defined]
    print(f"{'records in the log':54} {Record.objects.count():,}")


def _timed(name: str, work: Callable[[], object], count: int) -> object:
    wall, cpu, server = time.perf_counter(), time.process_time(), server_work()
    result = work()
    wall, cpu, server = time.perf_counter() - wall, time.process_time() - cpu, server_work() - server
    print(
        f"{name:54} {wall:8.2f} s ({cpu:.2f} s of this process, {server:.2f} s of the database’s for it)"
        f"  {wall / count * 1e6:8.1f} µs each",
        flush=True,
    )
    return result


if __name__ == "__main__":
    sys.exit(main())
