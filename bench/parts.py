"""What can be measured. Each part says what it needs, and gives the text for its own place in the page."""

from __future__ import annotations

import cProfile
import pstats
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from typing import Any, Final

from bench import data, engine, freezing, importing, ledger, lists, log, mirror, pushes, report

Measure = Callable[[Namespace, Any], str]

LIBRARY: Final = ("engine", "lists", "freeze")
"""These share one library of videos and one place in the page."""


def measured(names: list[str], options: Namespace) -> Iterator[tuple[str, str]]:
    """The place in the page, "" for the library's, and the text of each part that was asked for, one after another."""
    user = data.person()
    for name, measure in _ALONE.items():
        if name in names:
            _say(name)
            yield name, f"{report.heading()}\n{measure(options, user)}"
    if asked := [name for name in LIBRARY if name in names]:
        yield "", "\n".join([report.heading(), *_library(asked, options, user)])


def _ledger(options: Namespace, user: Any) -> str:
    return report.ledger_section(ledger.run(user))


def _log(options: Namespace, user: Any) -> str:
    return report.log_section(*log.run(options.records))


def _mirror(options: Namespace, user: Any) -> str:
    size = mirror.size_of(options.mirror)
    return report.mirror_section(size, mirror.run(size, user))


def _pushes(options: Namespace, user: Any) -> str:
    return report.pushes_section(pushes.run(options.pushes, options.broker))


def _import(options: Namespace, user: Any) -> str:
    data.library(options.videos)
    data.settle_down()
    return report.import_section([*importing.exported(user), *importing.run(user, rows=options.rows)])


_ALONE: Final[dict[str, Measure]] = {
    "ledger": _ledger,
    "log": _log,
    "mirror": _mirror,
    "pushes": _pushes,
    "import": _import,
}


def _library(names: list[str], options: Namespace, user: Any) -> Iterator[str]:
    _say("making rows")
    pks = data.clips(2 * options.items + options.stock_items)
    data.library(max(0, options.videos - len(pks)))
    data.settle_down()
    if "engine" in names:
        _say("engine")
        profile = cProfile.Profile() if options.profile else None
        yield report.engine_section(engine.run(user, pks, stock_count=options.stock_items, profile=profile))
        if profile:
            pstats.Stats(profile).sort_stats("cumulative").print_stats(60)
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        data.settle_down()
    if "lists" in names:
        _say("lists")
        yield report.lists_section(
            lists.run(user, requests=options.requests), options.videos, options.requests
        )
    if "freeze" in names:
        _say("freeze")
        yield report.freeze_section(*freezing.run(user))


def _say(part: str) -> None:
    print(f"bench: {part} ...", file=sys.stderr, flush=True)
