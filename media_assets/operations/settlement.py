"""From settled items to the mirror: who is gone, and how we know."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from media_assets.presence import How
from operations.models import Item
from operations.operation import Settled
from operations.states import Outcome

_SAYS_NOT_FOUND = re.compile(r"not\s+(exist|found)|不存在", re.IGNORECASE)


def by_how(settled: Sequence[Settled], done: How = How.DELETED_HERE) -> Iterator[tuple[How, list[int]]]:
    """Target ids by how we know that they are gone: through our own deletion, or because they were so before us."""
    found: dict[How, list[int]] = defaultdict(list)
    for one in settled:
        how = How.ALREADY_GONE if one.verdict.outcome == Outcome.ALREADY else done
        found[how].append(one.item.target_id)
    yield from found.items()


def says_not_found(message: str) -> bool:
    """Whether the provider's free text says that there is no such object. A reason to look, never a proof by itself."""
    return bool(_SAYS_NOT_FOUND.search(message))


def was_gone_before(item: Item) -> bool:
    """Whether the provider's answer to our first and only sending was that there is no such object."""
    known = item.code == "VOD.10062" or item.code.endswith("_not_found") or says_not_found(item.message)
    return item.attempts_made == 1 and known
