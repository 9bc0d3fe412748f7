"""Widths of a bar that is cut by outcome."""

from collections.abc import Mapping
from dataclasses import dataclass

ORDER = ("done", "already", "rejected", "unknown", "not_sent", "skipped", "cancelled")
GAP = 0.25
SMALLEST = 0.5


@dataclass(frozen=True)
class Segment:
    """One piece of a bar: outcome key, where it starts and how wide it is, in percent of the bar."""

    key: str
    start: str
    width: str


def bar_segments(counts: Mapping[str, int], total: int) -> list[Segment]:
    """Pieces for each outcome that happened, the rest as ``todo``.

    One item of ten thousand is still drawn (0.5 % at least); what that adds is taken from the widest piece,
    so that the bar is never longer than it is.
    """
    shown = [(key, counts[key]) for key in ORDER if counts.get(key)]
    done = sum(count for _, count in shown)
    if total > done:
        shown.append(("todo", total - done))
    whole = max(total, done)
    if not whole:
        return [Segment("todo", "0%", "100%")]
    room = 100 - GAP * (len(shown) - 1)
    widths = [max(room * count / whole, SMALLEST) for _, count in shown]
    widths[widths.index(max(widths))] -= sum(widths) - room
    segments: list[Segment] = []
    start = 0.0
    for (key, _), width in zip(shown, widths, strict=True):
        segments.append(Segment(key, f"{start:.2f}%", f"{width:.2f}%"))
        start += width + GAP
    return segments
