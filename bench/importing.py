"""Spreadsheets in and lists out: a file of many courses through upload, dry run and apply, and the list of videos as a file."""

from __future__ import annotations

import csv
import importlib.util
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from django.test import Client
from django.urls import reverse

from audit.actors import Actor
from bench.meter import Cost, metered
from intake import importing
from intake.importing.work import work_off
from intake.models import Import
from media_assets.models import VideoAsset
from operations.models import Account

HEADINGS = ("课程ID", "课程名称", "课程状态", "班主任UID", "班主任", "有效期至", "学科", "课程简介")
_FIRST = 90_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is, how many rows it went through, what it cost."""

    name: str
    rows: int
    cost: Cost


def run(user: Any, *, rows: int) -> list[Step]:
    """New rows from a CSV file, the same again from a workbook, both files by the peer. Raises RuntimeError on odd figures."""
    steps: list[Step] = []
    with tempfile.TemporaryDirectory(prefix="bench-import-") as directory:
        text, book = Path(directory) / "courses.csv", Path(directory) / "courses.xlsx"
        _write_csv(text, rows)
        _write_book(book, rows)
        steps += _imported("CSV, all new", text, user, rows, expected="new")
        steps += _imported("XLSX, the same again", book, user, rows, expected="unchanged")
        steps += _written(Path(directory), rows)
        if importlib.util.find_spec("tablib"):
            steps.append(_by_tablib(book, rows))
    return steps


def exported(user: Any) -> list[Step]:
    """The whole list of videos as both files, through the page's own address."""
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    count = VideoAsset.objects.count()
    return [_exported(client, ending, count) for ending in ("csv", "xlsx")]


def _imported(name: str, path: Path, user: Any, rows: int, *, expected: str) -> Iterator[Step]:
    actor = Actor.person(user, via="bench")
    account = Account.objects.get(provider="classin", name="default")
    with metered() as cost, path.open("rb") as file:
        one = importing.upload(
            file, name=path.name, kind="courses", account=account, at=None, actor=actor, user=user
        )
    yield Step(f"{name}: upload", rows, cost)
    with metered() as cost:
        _work(one)
    yield Step(f"{name}: read", rows, cost)
    with metered() as cost:
        importing.set_columns(one, one.columns, actor=actor, user=user)
        _work(one)
    yield Step(f"{name}: dry run", rows, cost)
    with metered() as cost:
        importing.apply(one, token=one.token, actor=actor, user=user)
        _work(one)
    if one.state != Import.State.APPLIED or one.counts[expected] != rows:
        raise RuntimeError(f"{name}: {one.state}, {one.counts}")
    yield Step(f"{name}: apply", rows, cost)


def imported(path: Path, kind: str, user: Any) -> Import:
    """One file through all its steps at once. Raises RuntimeError when a row of it was not taken in."""
    actor = Actor.person(user, via="bench")
    account = Account.objects.get(provider="classin", name="default")
    with path.open("rb") as file:
        one = importing.upload(
            file, name=path.name, kind=kind, account=account, at=None, actor=actor, user=user
        )
    _work(one)
    importing.set_columns(one, one.columns, actor=actor, user=user)
    _work(one)
    importing.apply(one, token=one.token, actor=actor, user=user)
    _work(one)
    if one.state != Import.State.APPLIED or one.counts["wrong"]:
        raise RuntimeError(f"{path.name}: {one.state}, {one.counts}")
    return one


def _work(one: Import) -> None:
    while work_off(one.pk):
        pass
    one.refresh_from_db()


def _written(directory: Path, rows: int) -> Iterator[Step]:
    """The same rows into a workbook, by the library that we write with and by the one that we read with."""
    with metered() as cost:
        _write_book(directory / "ours.xlsx", rows)
    yield Step("XLSX: written, by XlsxWriter", rows, cost)
    with metered() as cost:
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        for row in (HEADINGS, *_rows(rows)):
            sheet.append(row)
        book.save(directory / "other.xlsx")
    yield Step("XLSX: written, by openpyxl", rows, cost)


def _by_tablib(book: Path, rows: int) -> Step:
    """The same workbook into a data set of tablib, which django-import-export begins with: nothing is compared or kept."""
    import tablib  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - a peer that need not be installed

    with metered() as cost, book.open("rb") as file:
        found = len(tablib.Dataset().load(file, format="xlsx"))
    if found != rows:
        raise RuntimeError(f"tablib read {found} rows")
    return Step("XLSX: read alone, by tablib", rows, cost)


def _exported(client: Client, ending: str, count: int) -> Step:
    with metered() as cost:
        answer: Any = client.post(reverse("admin:media_assets_videoasset_export"), {"do": ending})
        size = sum(len(part) for part in answer.streaming_content)
    if size < 100 * count // (10 if ending == "xlsx" else 1):
        raise RuntimeError(f"the {ending} file has {size} bytes")
    return Step(f"{count:,} videos as {ending.upper()}, {size / 1e6:.0f} MB", count, cost)


def _rows(count: int) -> Iterator[tuple[str, ...]]:
    for number in range(count):
        yield (
            str(_FIRST + number),
            f"课程 {number}, spring term",
            "进行中",
            str(1_000_000 + number % 50),
            f"Teacher {number % 50}",
            "2027-06-30",
            "英语",
            "Twelve live lessons with speaking practice and feedback.",
        )


def _write_csv(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(_rows(count))


def _write_book(path: Path, count: int) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate((HEADINGS, *_rows(count))):
            for place, value in enumerate(row):
                sheet.write_string(line, place, value)
