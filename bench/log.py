"""What a page of the audit log costs among millions of records: PostgreSQL alone, where such a log belongs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import quantiles
from typing import TYPE_CHECKING

from django.db import connection
from django.http import QueryDict

from bench.meter import metered, server_work

if TYPE_CHECKING:
    from audit.models import Record

REPEATS = 200
"""How often each page is asked for, each time with another value of the filter."""
PEOPLE = 200
_CHUNK = 250_000
_DEEP = 1_000


@dataclass(slots=True)
class Load:
    """Filling the log: seconds for the rows and for each index, and what they take on disk."""

    records: int
    rows: float
    indexes: dict[str, tuple[float, int]]
    """Name -> seconds to build, bytes."""
    table: int


@dataclass(slots=True)
class Timing:
    """One kind of page: milliseconds of database time and how many statements it took.

    `work` is the 95th percentile of the server's own processor time, without what it waited for on a busy machine.
    """

    name: str
    p50: float
    p95: float
    work: float
    statements: float
    rows: float


def run(records: int, *, repeats: int = REPEATS) -> tuple[Load, list[Timing]]:
    """Fill the scratch database's log and read it. Raises RuntimeError on anything but PostgreSQL."""
    if connection.vendor != "postgresql":
        raise RuntimeError("the log is measured on PostgreSQL: set DATABASE_URL")
    load = fill(records)
    return load, [_timed(name, ask, repeats) for name, ask in _pages(records)]


def fill(records: int) -> Load:
    """Write the records by INSERT ... SELECT, then the indexes: the other way round takes five times as long."""
    from audit.models import Record  # noqa: PLC0415 - Django must be set up first

    _people()
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'audit_record'")
        definitions = {name: text for name, text in cursor.fetchall() if not name.endswith("_pkey")}
        for name in definitions:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SET session_replication_role = replica")  # no marks for a sealer that never comes
        start = time.perf_counter()
        for first in range(0, records, _CHUNK):
            cursor.execute(_INSERT, [_codes(), first, min(first + _CHUNK, records) - 1])
        rows = time.perf_counter() - start
        cursor.execute("SET session_replication_role = DEFAULT")
        took = {}
        for name, text in sorted(definitions.items()):
            start = time.perf_counter()
            cursor.execute(text)
            took[name] = time.perf_counter() - start
        cursor.execute("VACUUM ANALYZE audit_record")
        cursor.execute("SELECT pg_table_size('audit_record')")
        table = cursor.fetchone()[0]
        sizes = {}
        for name in took:
            cursor.execute("SELECT pg_relation_size(%s::regclass)", [name])
            sizes[name] = cursor.fetchone()[0]
    if Record.objects.order_by("-id").values_list("pk", flat=True)[0] != records:
        raise RuntimeError("the log did not begin empty")
    return Load(records, rows, {name: (took[name], sizes[name]) for name in took}, table)


def _people() -> None:
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - as above

    model = get_user_model()
    model._default_manager.bulk_create(
        model(pk=1_000 + number, username=f"person{number}") for number in range(PEOPLE)
    )


def _codes() -> list[str]:
    """The registered actions, `code|outcome`: the commonest kinds first, as a run writes them."""
    from audit.registry import registry  # noqa: PLC0415 - as above

    ends = (".attempted", ".succeeded", ".rejected", ".unknown")
    items = sorted(
        (action for action in registry if action.code.endswith(ends)),
        key=lambda action: next(place for place, end in enumerate(ends) if action.code.endswith(end)),
    )
    others = [action for action in registry if not action.code.endswith(ends)]
    return [f"{action.code}|{action.outcome}" for action in (*items, *others)]


def _pages(records: int) -> Iterator[tuple[str, Callable[[int], str]]]:
    """Each page with the address that its n-th request asks for; places are spread over the whole log."""
    from audit.models import Record  # noqa: PLC0415 - as above

    def at(share: int) -> Record:
        return Record.objects.get(pk=1 + share * 7_919 * 101 % records)

    def beside(share: int) -> str:
        return f"before={at(share).pk}"

    deep = Record.objects.order_by("-at", "-id").values_list("pk", flat=True)[_DEEP * 50]
    yield "newest page, runs folded", lambda _: ""
    yield "newest page, every record", lambda _: "all=1"
    yield f"page {_DEEP:,}, every record", lambda n: f"all=1&before={deep - n}"
    yield "a page anywhere, runs folded", beside
    yield "one person, runs folded", lambda n: f"person={1_000 + n % PEOPLE}"
    yield "one person, every record", lambda n: f"all=1&person={1_000 + n % PEOPLE}"
    yield "one object", lambda n: _object(at(n))
    yield "one request", lambda n: f"request={at(n).request_id}"
    yield "one run", lambda n: f"run={at(n).run_id or 7}"
    yield (
        "action + outcome (one code)",
        lambda n: f"action=media_assets.class_video.delete&result={_OUTCOMES[n % 3]}",
    )
    yield "an action with all its codes", lambda n: f"action={_ACTIONS[n % 4]}"
    yield "outcome", lambda n: f"result={_OUTCOMES[n % 3]}"
    yield "provider", lambda n: f"provider={('classin', 'huawei_vod', 'syngrafii')[n % 3]}"
    yield "kind of object", lambda n: f"kind={('courses.course', 'media_assets.cloudfile')[n % 2]}"
    yield "ten days", lambda n: f"all=1&from={at(n).at:%Y-%m-%d}&to={at(n + 1).at:%Y-%m-%d}"
    yield "person + outcome", lambda n: f"person={1_000 + n % PEOPLE}&result={_OUTCOMES[n % 3]}"
    yield "person + kind", lambda n: f"person={1_000 + n % PEOPLE}&kind=courses.course"
    yield "action typed as a word", lambda _: "q=action:delete"
    yield "free text that is found", lambda n: f"q=IELTS+Speaking+{n}"
    yield "free text that is nowhere", lambda n: f"q=nowhere{n}"
    yield "two filters that never meet", lambda n: f"person={1_000 + n % PEOPLE}&q=provider:classin+nowhere"


_OUTCOMES = ("done", "rejected", "unknown")
_ACTIONS = (
    "media_assets.class_video.delete",
    "courses.course.edit",
    "media_assets.cloud_file.rename",
    "operations.hold.placed",
)


def _object(record: Record) -> str:
    return f"kind={record.target_kind or 'courses.course'}&object={record.target_id or 7}"


def _timed(name: str, address: Callable[[int], str], repeats: int) -> Timing:
    """Ask for a page again and again, as the screen does, without drawing it."""
    from audit.filters import page_of, parse  # noqa: PLC0415 - as above

    asked = [parse(QueryDict(address(number))) for number in range(repeats)]
    for criteria in asked[:3]:
        page_of(criteria)
    times, works, statements, rows = list[float](), list[float](), 0, 0
    for criteria in asked:
        before = server_work()
        with metered() as cost:
            rows += len(page_of(criteria).records)
        works.append((server_work() - before) * 1000)
        times.append(cost.database * 1000)
        statements += cost.statements
    cuts = quantiles(times, n=20)
    return Timing(name, cuts[9], cuts[18], quantiles(works, n=20)[18], statements / repeats, rows / repeats)


# Nine of ten records are about items of runs. Values are spread by arithmetic, so that two loads are the same.
_INSERT = """
INSERT INTO audit_record (
    at, action, outcome, actor_id, actor_name, via, approver_name, target_kind, target_id, target_provider_id, target_label,
    changes, details, reason, run_id, item_id, attempt_id, request_id, provider, provider_code, provider_message, address,
    agent, version, actor_salt, approver_salt, words_salt, actor_seal, approver_seal, words_seal)
SELECT
    TIMESTAMPTZ '2024-01-01 00:00:00+00' + n * INTERVAL '8 seconds',
    split_part(code, '|', 1), split_part(code, '|', 2),
    CASE WHEN n %% 10 < 3 THEN NULL ELSE person END,
    CASE WHEN n %% 10 < 3 THEN 'system' ELSE 'Person ' || person END,
    CASE WHEN of_run THEN 'worker' ELSE 'admin' END, '',
    kind, CASE WHEN kind = '' THEN NULL ELSE h %% 1000000 END,
    CASE WHEN kind = '' THEN '' ELSE 'clip-' || (h %% 1000000) END,
    CASE WHEN kind = '' THEN '' ELSE 'IELTS Speaking ' || (h %% 1000000) END,
    CASE WHEN n %% 4 = 0 THEN '{"name": {"after": "Winter", "before": "Autumn"}}' ELSE '{}' END::jsonb,
    '{"elapsed_ms": 210}'::jsonb, '',
    CASE WHEN of_run THEN n / 500 + 1 END, CASE WHEN about_item THEN n / 2 END,
    NULL,
    md5(CASE WHEN of_run THEN 'run' || n / 500 ELSE 'click' || n END),
    CASE WHEN about_item THEN (ARRAY['classin', 'classin', 'classin', 'huawei_vod', 'syngrafii'])[1 + h %% 5] ELSE '' END,
    CASE WHEN about_item THEN '1' ELSE '' END, '', '203.0.113.7', 'Mozilla/5.0 (X11; Linux) Firefox/140.0', 1,
    md5(n::text), '', md5(n::text), repeat(md5(n::text), 2), '', repeat(md5(n::text), 2)
FROM (
    SELECT n, h, of_run, of_run AND n %% 500 > 3 AS about_item, 1000 + (h / 7) %% 200 * (1 + h %% 3) / 3 AS person,
        CASE WHEN n %% 10 = 9 THEN '' ELSE
            (ARRAY['media_assets.videoasset', 'media_assets.videoasset', 'media_assets.vodasset', 'courses.course',
                   'media_assets.cloudfile'])[1 + h %% 5] END AS kind,
        codes[1 + CASE WHEN of_run AND n %% 500 > 3 THEN
            CASE WHEN n %% 2 = 0 THEN h %% 8 WHEN h %% 1000 = 0 THEN 24 + h %% 8 WHEN h %% 50 = 0 THEN 16 + h %% 8
                 ELSE 8 + h %% 8 END
            ELSE 32 + h %% (array_length(codes, 1) - 32) END] AS code
    FROM (
        SELECT n, abs(hashint8(n)::bigint) AS h, n %% 10 <> 9 AS of_run, %s::text[] AS codes
        FROM generate_series(%s::bigint, %s::bigint) AS n
    ) AS numbers
) AS rows
"""
