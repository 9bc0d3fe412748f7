"""How many requests one worker keeps in flight: starts with one, grows with good answers, shrinks when it gets rough."""

from dataclasses import dataclass


@dataclass(slots=True)
class Window:
    """A congestion window for one run at one account.

    The first request goes alone, so a wrong credential costs one refusal and not thirty-two (Huawei locks a key after
    five). Every good answer adds one; a throttle or a lost answer goes back to one.
    """

    limit: int
    size: int = 1
    unknowns_in_a_row: int = 0

    def room(self, in_flight: int) -> int:
        return max(0, self.size - in_flight)

    def good(self) -> None:
        self.unknowns_in_a_row = 0
        self.size = min(self.limit, self.size * 2)

    def throttled(self) -> None:
        self.size = 1

    def lost(self, items: int = 1) -> None:
        self.unknowns_in_a_row += items
        self.size = 1
