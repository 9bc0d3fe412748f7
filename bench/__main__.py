"""`python -m bench`: measure engine, lists, freezing, ledger and messages, beside the stock ways and the peers."""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import sys
import tempfile
from pathlib import Path

import django

from bench.scratch import imitated_providers, prepare, scratch_database

PARTS = ("engine", "lists", "freeze", "ledger")
IMPORT = "import"
ALONE = (
    "log",
    "mirror",
    "pushes",
    IMPORT,
)  # measured only when asked for: they take minutes, and the log PostgreSQL
MIRROR = "mirror"
"""The part with a school, and marks in the page, of its own."""
LEDGER = "ledger"
"""This part and that of imports have marks of their own in the page."""


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
            for part, text in _measured(options).items():
                print(text)
                if options.write:
                    _write(options.write, text, part)
    return 0


def _seed(options: argparse.Namespace) -> str:
    if options.only == [MIRROR]:
        clips, assets, outputs, folders = options.mirror.split(",")
        return f"mirror:{clips},{assets},{outputs},{folders}"
    return f"bench:{2 * options.items + options.stock_items}"


def _measured(options: argparse.Namespace) -> dict[str, str]:
    """The texts by the part of the page that they belong to: "" for most."""
    from bench import data, engine, freezing, importing, ledger, lists, log, report  # noqa: PLC0415 - Django must be set up first

    parts = options.only or PARTS
    if MIRROR in parts:
        return {MIRROR: f"{report.heading()}\n{_mirrored(options)}"}
    user = data.person()
    sections = [report.heading()]
    texts = {}
    if LEDGER in parts:
        _say(LEDGER)
        texts[LEDGER] = f"{report.heading()}\n{report.ledger_section(ledger.run(user))}"
    if "pushes" in parts:
        from bench import pushes  # noqa: PLC0415 - as above

        _say("pushes")
        sections.append(report.pushes_section(pushes.run(options.pushes, options.broker)))
    if IMPORT in parts:
        _say(IMPORT)
        data.library(options.videos)
        data.settle_down()
        steps = [*importing.exported(user), *importing.run(user, rows=options.rows)]
        texts[IMPORT] = f"{report.heading()}\n{report.import_section(steps)}"
    if "log" in parts:
        _say("log")
        sections.append(report.log_section(*log.run(options.records)))
    if not set(parts) & (set(PARTS) - {LEDGER}):
        return texts if texts and not {"log", "pushes"} & set(parts) else {"": "\n".join(sections)} | texts
    _say("making rows")
    pks = data.clips(2 * options.items + options.stock_items)
    data.library(max(0, options.videos - len(pks)))
    data.settle_down()
    if "engine" in parts:
        _say("engine")
        profile = cProfile.Profile() if options.profile else None
        sections.append(
            report.engine_section(engine.run(user, pks, stock_count=options.stock_items, profile=profile))
        )
        if profile:
            pstats.Stats(profile).sort_stats("cumulative").print_stats(60)
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        data.settle_down()
    if "lists" in parts:
        _say("lists")
        sections.append(
            report.lists_section(lists.run(user, requests=options.requests), options.videos, options.requests)
        )
    if "freeze" in parts:
        _say("freeze")
        sections.append(report.freeze_section(*freezing.run(user)))
    return {"": "\n".join(sections)} | texts


def _mirrored(options: argparse.Namespace) -> str:
    from bench import mirror, report  # noqa: PLC0415 - as above

    if options.only != [MIRROR]:
        raise SystemExit("the mirror is measured alone: --only mirror")
    _say(MIRROR)
    size = mirror.size_of(options.mirror)
    return report.mirror_section(size, mirror.run(size))


def _write(page: Path, text: str, part: str) -> None:
    from bench import report  # noqa: PLC0415 - as above

    report.write(page, text, part)


def _say(part: str) -> None:
    print(f"bench: {part} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
