"""A progress bar for a terminal, and plain lines where there is none."""

from __future__ import annotations

import shutil
import time
from typing import Protocol

from django.utils.translation import gettext as _

from intake.reading.facts import Pace
from screens.figures import number_text

PLAIN_EVERY = 10.0
"""Seconds between two lines where the output is no terminal."""
_WIDTH = 30


class Out(Protocol):
    """What Django's commands write to."""

    def write(self, msg: str = "", style_func: None = None, ending: str | None = None) -> None: ...
    def flush(self) -> None: ...
    def isatty(self) -> bool: ...


class ProgressBar:
    """Draws how far one reading is; call `show` as often as you like and `close` once."""

    def __init__(self, out: Out, name: str) -> None:
        self._out = out
        self._name = name
        self._live = out.isatty()
        self._last = 0.0
        self._drawn = False

    def show(self, pace: Pace, note: str = "") -> None:
        """Draw the bar anew, or print a line every ten seconds."""
        if self._live:
            self._draw(pace, note)
        elif time.monotonic() - self._last >= PLAIN_EVERY:
            self._last = time.monotonic()
            self._out.write(self._line(pace, note))
            self._out.flush()

    def close(self) -> None:
        """Leave the bar's line, so that what follows stands below it."""
        if self._drawn:
            self._out.write("")

    def _draw(self, pace: Pace, note: str) -> None:
        filled = pace.percent * _WIDTH // 100
        bar = "█" * filled + "░" * (_WIDTH - filled)
        width = shutil.get_terminal_size().columns - 1
        line = f"{self._name} {bar} {self._words(pace, note)}"[:width]
        self._out.write(f"\r{line:<{width}}", ending="")
        self._out.flush()
        self._drawn = True

    def _line(self, pace: Pace, note: str) -> str:
        return f"{self._name}: {self._words(pace, note)}"

    def _words(self, pace: Pace, note: str) -> str:
        known = _("%(done)s of %(total)s requests, %(percent)s %%") % {
            "done": number_text(pace.done),
            "total": number_text(pace.total),
            "percent": pace.percent,
        }
        return "; ".join(part for part in (known, pace.rate_text, pace.left_text, note) if part)
