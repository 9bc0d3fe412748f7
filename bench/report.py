"""The figures as Markdown, and their place in a page of the documentation."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

import django
from django.db import connection
from django.utils import timezone

from bench.engine import BOUND, EngineFigures, Throughput
from bench.freezing import Frozen, Large
from bench.importing import Step
from bench.ledger import MANY, PER_SECOND, ROUNDS, SINGLES, Figures
from bench.lists import Pair
from bench.log import REPEATS, Load, Timing
from bench.mirror import Filled, Size
from bench.push_traffic import BROKEN, DOUBLED, WRONG_KEY
from bench.pushes import MESSAGES_PER_SECOND, Pushed
from bench.scratch import IN_FLIGHT, LATENCY_MS

ACKNOWLEDGED_WITHIN = 50.0
"""Milliseconds within which a message of ClassIn is to be answered."""

_DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def heading() -> str:
    """Where and when: the database, the machine, the versions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()"
        )
        version = str(cursor.fetchone()[0]).split()[0]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return (
        f"## {_DATABASES[connection.vendor]} {version}\n\n"
        f"{timezone.now():%Y-%m-%d}, {machine}, Django {django.get_version()}; "
        "the database server and the imitated providers on the same cores.\n"
    )


def engine_section(figures: EngineFigures) -> str:
    """Throughput of the engine, of the bare calls and of the stock loop."""
    ours, stock, bare = figures.ours, figures.stock, figures.bare
    rows = [
        ("Items a second", *(f"{one.per_second:,.0f}" for one in (ours, bare, stock))),
        (f"Share of the latency bound ({BOUND:,.0f}/s)", *(_share(one) for one in (ours, bare, stock))),
        ("Processor ms an item (our process)", *(_each(one, one.cost.cpu) for one in (ours, bare, stock))),
        ("Database ms an item", _each(ours, ours.cost.database), "", _each(stock, stock.cost.database)),
        ("Statements an item", _count(ours, ours.cost.statements), "", _count(stock, stock.cost.statements)),
        ("Commits an item", _count(ours, ours.cost.commits), "", _count(stock, stock.cost.commits)),
    ]
    faster = ours.per_second / stock.per_second
    lighter = (stock.cost.statements / stock.count) / (ours.cost.statements / ours.count)
    return (
        f"### Engine: {ours.count:,} class videos deleted, {LATENCY_MS} ms latency, {IN_FLIGHT} in flight\n\n"
        + _table(("", "Engine", "Bare calls, nothing written", "Stock loop"), rows)
        + f"\nThe engine is **{faster:.1f} times as fast** as the stock loop and asks the database "
        f"{lighter:.1f} times less often for an item, although it writes attempts and two records for each. "
        f"The stock loop ({stock.count:,} items): one request, then one transaction with the item's state, the "
        f"mirror row and an admin log entry. Bare calls ({bare.count:,}): the same client on {IN_FLIGHT} threads, "
        "which shows what the imitation and this machine allow at most.\n\n"
        f"Making the plan took {figures.freeze.cost.wall:.2f} s ({figures.freeze.cost.statements} statements), "
        f"confirming it {figures.confirm.cost.wall:.2f} s ({figures.confirm.cost.statements} statements).\n"
    )


def lists_section(pairs: list[Pair], rows: int, requests: int) -> str:
    """Each page: ours, the stock admin's, and how many times faster."""
    lines = [
        (
            pair.name,
            f"{pair.ours.milliseconds:.0f}",
            f"{pair.stock.milliseconds:.0f}",
            f"**{pair.stock.milliseconds / pair.ours.milliseconds:.1f}**",
            f"{pair.ours.statements} / {pair.stock.statements}",
            f"{pair.ours.database_ms:.1f} / {pair.stock.database_ms:.1f}",
            f"{pair.ours.kilobytes:.0f} / {pair.stock.kilobytes:.0f}",
        )
        for pair in pairs
    ]
    head = ("Page", "Ours, ms", "Stock, ms", "Times", "Statements", "Database ms", "kB")
    return (
        f"### List of {rows:,} videos, 50 a page (median of {requests} requests)\n\n"
        + _table(head, lines)
        + "\nPairs are ours / stock. Stock: `ModelAdmin` with the same columns, joins, order, search and filters, its "
        "own templates, paginator and full count. Ours shows holds, plans and tab counts besides.\n"
    )


def import_section(steps: Sequence[Step]) -> str:
    """Each step of importing and exporting: seconds, rows a second, statements, and how far memory grew."""
    rows = [
        (
            step.name,
            f"{step.rows:,}",
            f"{step.cost.wall:.1f}",
            f"{step.cost.cpu:.1f}",
            f"{step.cost.database:.1f}",
            f"{step.rows / step.cost.wall:,.0f}",
            f"{step.cost.statements:,}",
            f"{step.cost.memory / 1e6:.0f}",
        )
        for step in steps
    ]
    head = (
        "Step",
        "Rows",
        "Seconds",
        "Processor s",
        "Database s",
        "Rows a second",
        "Statements",
        "Memory, MB",
    )
    return (
        "### Spreadsheets in, lists out\n\n"
        + _table(head, rows)
        + "\nMemory is by how much the process grew at its peak. A dry run compares each row with the mirror; applying "
        "compares it again, takes it in and writes a record for every 500 rows.\n"
    )


def log_section(load: Load, timings: list[Timing]) -> str:
    """Each page of the audit log by its database time, then what the indexes take."""
    pages = [
        (
            one.name,
            *(f"{figure:.1f}" for figure in (one.p50, one.p95, one.work, one.statements)),
            f"{one.rows:.0f}",
        )
        for one in timings
    ]
    megabytes = 1024**2
    indexes = [
        (name, f"{seconds:.0f}", f"{size / megabytes:,.0f}", f"{size / load.records:.0f}")
        for name, (seconds, size) in load.indexes.items()
    ]
    head = ("Index", "Seconds to build", "MB", "Bytes a record")
    return (
        f"### Audit log of {load.records:,} records, {REPEATS} requests for each page\n\n"
        + _table(
            (
                "Page of 50",
                "p50, ms",
                "p95, ms",
                "p95 of the server’s work, ms",
                "Statements",
                "Records shown",
            ),
            pages,
        )
        + f"\nDatabase time as this process waits for it, on a machine with a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores. The records took {load.rows:.0f} s to write and "
        f"{load.table / megabytes:,.0f} MB.\n\n" + _table(head, indexes)
    )


def freeze_section(large: Large, stock: Frozen) -> str:
    """Seconds and memory of a plan, and of the stock confirmation page; then what the large run costs."""
    ours, claims = large.frozen, large.claims
    rows = [
        _frozen("Ours: frozen into a plan", ours),
        _frozen("Ours: page of the plan", large.shown),
        _frozen("Ours: confirmed", large.confirmed),
        _frozen("Stock: page that asks to confirm", stock),
    ]
    both = ours.cost.wall + large.shown.cost.wall
    slower = (stock.cost.wall / stock.count) / (both / ours.count)
    fewer = (
        ""
        if stock.count == ours.count
        else f" Fewer rows for the stock page: {ours.count:,} would take over a minute."
    )
    return (
        f"### Plan of {ours.count:,} videos of three kinds\n\n"
        + _table(("", "Rows", "Seconds", "Statements", "Memory, MB", "Answer, MB"), rows)
        + f"\nFor each row the stock page takes **{slower:.1f} times** as long as our plan and its page, and freezes nothing.{fewer} "
        f"In the run that the plan becomes a worker claims {IN_FLIGHT} items in "
        f"**{_each(claims, claims.cost.wall)} ms**; its first claim takes "
        f"**{_each(large.first_claim, large.first_claim.cost.wall)} ms**. Each compares the list with what was confirmed.\n"
    )


def mirror_section(size: Size, filled: Sequence[Filled]) -> str:
    """Requests made beside the least possible, rows a second and memory, from nothing and again."""
    rows = [
        (
            one.name,
            f"{one.rows:,}",
            *_requests(one),
            f"{one.cost.wall:,.0f}",
            f"{one.rows / one.cost.wall:,.0f}",
            f"{one.cost.cpu / one.rows * 1000:.2f}",
            f"{one.cost.statements / one.rows:.2f}",
            f"{one.cost.memory / 1e6:.0f}",
        )
        for one in filled
    ]
    head = (
        "",
        "Rows",
        "Requests",
        "Least possible",
        "Times",
        "Seconds",
        "Rows/s",
        "CPU ms a row",
        "Statements a row",
        "Memory, MB",
    )
    return (
        f"### Mirror of {size.folders:,} folders with files and {size.assets:,} assets with {size.assets * size.outputs:,} outputs, "
        f"and of {size.clips:,} clips; {LATENCY_MS} ms latency\n\n"
        + _table(head, rows)
        + "\nRows are those of the mirror: folders and files; assets, template groups and outputs. Least possible: one request for the "
        "top folder and one for each folder; a page for each 100 assets and one asset/info for each ten. What is more is windows of "
        "time that are halved because the provider counts no further than 20,000. Courses, lessons and clips come by exports of ClassIn’s "
        "dashboard, through upload, dry run and apply, since no call of ClassIn lists them. Memory is by how much the process grew, at its peak.\n"
    )


def _requests(one: Filled) -> tuple[str, str, str]:
    if one.requests is None or one.least is None:
        return ("", "", "")
    return f"{one.requests:,}", f"{one.least:,}", f"{one.requests / one.least:.3f}"


def ledger_section(figures: Figures) -> str:
    """What a record costs beside the peers', and how sealing keeps up."""
    single, bulk = ours = next((one.single or 0.0, one.bulk or 0.0) for one in figures.peers)
    rows = [
        (
            peer.name,
            *(_microseconds(cost, own) for cost, own in zip((peer.single, peer.bulk), ours, strict=True)),
        )
        for peer in figures.peers
    ]
    missing = (
        f" Not installed here and left out: {', '.join(figures.missing)} (requirements-bench.txt)."
        if figures.missing
        else ""
    )
    return (
        f"### Ledger: µs of processor time a record, on top of the change it speaks of ({SINGLES} single, {MANY:,} in bulk, {ROUNDS} turns)\n\n"
        + _table(("", "Single, in its transaction", "In bulk"), rows)
        + f"\nIn brackets: how many times our figure. The change itself, a plain ORM insert in a transaction of its own, "
        f"takes {figures.insert:,.0f} µs, and {figures.change:,.0f} µs as one of many; a record adds {single / figures.insert:.1f} "
        f"times the plain insert, {bulk:,.0f} µs in bulk. Work of our process and of the database’s for us, in turns in one run; medians. django-auditlog has no way for "
        f"rows written in bulk; the triggers of django-pghistory write no person, reason or outcome by themselves; the person comes by its context, as its middleware gives it.{missing}\n\n"
        f"Load of the machine afterwards: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; times on the clock mean little above one "
        f"for each core. Sealing: {figures.sealed_per_second:,.0f} records a second. At {PER_SECOND} records a second, from commit to seal: "
        f"p50 {figures.lag_p50:.2f} s, p99 {figures.lag_p99:.2f} s.\n"
    )


def _microseconds(cost: float | None, own: float) -> str:
    return "" if cost is None else f"{cost:,.0f} ({cost / own:.1f})"


def pushes_section(pushed: Pushed) -> str:
    """How quickly messages were answered, and whether everything was right."""
    took = pushed.answers.milliseconds
    rows = [
        ("Requests, a second", f"{pushed.sent:,}, {pushed.sent / pushed.answers.seconds:,.0f}"),
        ("Wrong answers", f"{len(pushed.answers.wrong)}"),
        ("Answer, ms: median, p99, longest", f"{_at(took, 50):.1f}, {_at(took, 99):.1f}, {took[-1]:.0f}"),
        ("Answers beyond 50 ms", f"{sum(one > ACKNOWLEDGED_WITHIN for one in took) / len(took):.2%}"),
        ("Worked off after the last one", f"{pushed.rest_seconds:.0f} s"),
        ("Mistakes", "; ".join(pushed.mistakes) or "none"),
    ]
    return (
        f"### {pushed.sent:,} messages of ClassIn at {MESSAGES_PER_SECOND:.0f} a second, in any order\n\n"
        + _table(("", ""), rows)
        + f"\nServed by {pushed.server}. {DOUBLED:.0%} doubled, {BROKEN:.0%} broken, {WRONG_KEY:.0%} with a wrong key. "
        f"The sender runs on the same cores (p99 of its own delay: {pushed.answers.late:.0f} ms); load of the machine at "
        f"the end: {pushed.load:.1f}.\n"
    )


def _at(sorted_values: Sequence[float], percent: int) -> float:
    return sorted_values[min(len(sorted_values) - 1, len(sorted_values) * percent // 100)]


def write(path: Path, text: str, part: str = "") -> None:
    """Put the figures in their place in the page, between the marks of this database. Raises ValueError without marks."""
    begin, end = (f"<!-- {edge}: {f'{part} {connection.vendor}'.strip()} -->" for edge in ("begin", "end"))
    page = path.read_text(encoding="utf-8")
    place = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not place.search(page):
        raise ValueError(f"{path} has no marks {begin} and {end}")
    filled = f"{begin}\n{text}\n{end}"
    path.write_text(place.sub(lambda _found: filled, page), encoding="utf-8")


def _frozen(name: str, one: Frozen) -> tuple[str, ...]:
    answer = f"{one.size / 1e6:.1f}" if one.size else ""
    return (
        name,
        f"{one.count:,}",
        f"{one.cost.wall:.1f}",
        str(one.cost.statements),
        f"{one.cost.memory / 1e6:.0f}",
        answer,
    )


def _share(one: Throughput) -> str:
    return f"{one.per_second / BOUND:.0%}"


def _each(one: Throughput | Frozen, seconds: float) -> str:
    return f"{seconds / one.count * 1000:.2f}"


def _count(one: Throughput, number: int) -> str:
    return f"{number / one.count:.2f}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---", *("---:" for _ in head[1:])), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
