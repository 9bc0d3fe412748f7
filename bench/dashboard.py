"""What ClassIn's dashboard exports, made of what the imitated ClassIn has: no call of ClassIn lists courses, lessons or clips."""

from __future__ import annotations

import csv
import json
import os
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from intake.spreadsheets.tables.table import MOST_ROWS

_TABLES = {
    "courses": ("courses", {"课程ID": "courseId", "课程名称": "courseName"}),
    "lessons": ("classes", {"课节ID": "classId", "课程ID": "courseId", "课节名称": "className"}),
    "videos": (
        "clips",
        {"文件ID": "fileId", "课节ID": "classId", "文件名称": "name", "开始时间": "VST", "结束时间": "VET", "大小 (B)": "Size", "观看次数": "views"},
    ),
}  # fmt: skip
"""Kind of spreadsheet -> the imitation's list, and its field below each heading; courses come before their lessons."""
_MOMENTS = frozenset({"VST", "VET"})


def exports(directory: Path) -> Iterator[tuple[str, Path, int]]:
    """Each file's kind, place and number of rows, none larger than an import takes."""
    shown = _shown()
    for kind, (name, columns) in _TABLES.items():
        rows = shown[name]
        for first in range(0, len(rows), MOST_ROWS):
            part = rows[first : first + MOST_ROWS]
            path = directory / f"{kind}-{first}.csv"
            _write(path, columns, part)
            yield kind, path, len(part)


def _shown() -> dict[str, list[dict[str, Any]]]:
    address = f"{os.environ['CLASSIN_BASE_URL']}/_sandbox/world"
    with urllib.request.urlopen(address, timeout=120) as answer:  # noqa: S310 - loopback http
        found: dict[str, list[dict[str, Any]]] = json.load(answer)["classin"]
    return found


def _write(path: Path, columns: dict[str, str], rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_cell(row[name], name) for name in columns.values()] for row in rows)


def _cell(value: Any, name: str) -> str:
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S}" if name in _MOMENTS else str(value)
