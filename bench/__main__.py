"""`python -m bench`: measure engine, lists, freezing, ledger and what comes in, beside the stock ways and the peers."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import django

from bench.scratch import imitated_providers, prepare, scratch_database

PARTS = ("engine", "lists", "freeze", "ledger")
ALONE = ("log", "mirror", "pushes", "import")
"""Measured only when asked for: they take minutes, and the log PostgreSQL."""


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, measure, print, and write where that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--items", type=int, default=1_000, help="videos to delete through the engine")
    parser.add_argument("--stock-items", type=int, default=200, help="videos to delete the stock way")
    parser.add_argument("--videos", type=int, default=100_000, help="videos in the library")
    parser.add_argument("--requests", type=int, default=20, help="requests for each page of the list")
    parser.add_argument("--records", type=int, default=1_000_000, help="records in the audit log (part: log)")
    parser.add_argument("--pushes", type=int, default=50_000, help="messages of ClassIn (part: pushes)")
    parser.add_argument(
        "--mirror",
        default="2000,1000,5,250",
        metavar="CLIPS,ASSETS,OUTPUTS,FOLDERS",
        help="the school to mirror (part: mirror); a large one is 200000,20000,5,5000",
    )
    parser.add_argument("--rows", type=int, default=50_000, help="rows of a spreadsheet (part: import)")
    parser.add_argument(
        "--only", choices=(*PARTS, *ALONE), action="append", help="measure this part (may be repeated)"
    )
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the figures into this page as well")
    parser.add_argument(
        "--profile", action="store_true", help="print where the engine's thread spends its time"
    )
    options = parser.parse_args(arguments)
    options.broker = os.environ.get("CELERY_BROKER_URL", "")
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as directory,
        imitated_providers(_seed(options)) as providers,
    ):
        prepare(Path(directory), providers)
        django.setup()
        with scratch_database(Path(directory)):
            _measure(options)
    return 0


def _measure(options: argparse.Namespace) -> None:
    from bench import parts, report  # noqa: PLC0415 - Django must be set up first

    for place, text in parts.measured(options.only or list(PARTS), options):
        print(text)
        if options.write:
            report.write(options.write, text, place)


def _seed(options: argparse.Namespace) -> str:
    """What the imitated providers have: the school to mirror, or clips to delete."""
    if "mirror" not in (options.only or ()):
        return f"bench:{2 * options.items + options.stock_items}"
    if options.only != ["mirror"]:
        raise SystemExit("the mirror is measured alone: --only mirror")
    return f"mirror:{options.mirror}"


if __name__ == "__main__":
    sys.exit(main())
