"""How thorough a run of the tests is: a few examples each time, all that RELIABILITY asks for by `RELIABILITY=full`."""

import os

FULL = os.environ.get("RELIABILITY", "") == "full"


def tier(*, quick: int, full: int) -> int:
    """The number of examples or trials of the tier that was asked for."""
    return full if FULL else quick
