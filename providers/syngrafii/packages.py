"""What Syngrafii tells about its packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from providers.shapes import Misshapen, amount, needed, objects, words
from providers.syngrafii.videos import timestamp


@dataclass(frozen=True, slots=True)
class PackageRow:
    """One package as packages/list shows it: without its videos."""

    package_id: str
    name: str
    package_type: str
    state: str
    """draft, open, executed, expired, rescinded, select or add; new ones may appear."""
    time_created: datetime | None


@dataclass(frozen=True, slots=True)
class PackagePage:
    """Packages from `skip` on, and how many there are in all."""

    packages: tuple[PackageRow, ...]
    total: int
    skip: int


def read_packages(body: Mapping[str, Any]) -> PackagePage:
    """Read the answer of packages/list; Misshapen when the list, an id or the total is missing or misshapen."""
    total = amount(body, "total")
    if total is None or body.get("items") is None:
        raise Misshapen("total" if total is None else "items")
    return PackagePage(
        packages=tuple(
            PackageRow(
                package_id=needed(row, "packageId"),
                name=words(row, "name"),
                package_type=words(row, "type"),
                state=words(row, "state"),
                time_created=timestamp(row.get("timeCreated")),
            )
            for row in objects(body["items"], "items")
        ),
        total=total,
        skip=amount(body, "skip") or 0,
    )
