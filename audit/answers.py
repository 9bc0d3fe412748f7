"""What a provider's code means. The ledger knows no provider, so a layer above says it."""

from __future__ import annotations

from collections.abc import Callable

Meaning = Callable[[str, str], str]
"""From a provider's key and a code to a sentence in the reader's language, without its full stop; "" for nothing known."""

_meanings: list[Meaning] = []


def explain_codes(meaning: Meaning) -> None:
    """Let this function explain codes; the first one that knows a code is asked."""
    if meaning not in _meanings:
        _meanings.append(meaning)


def code_in_words(provider: str, code: str) -> str:
    """What the code means, without its full stop; "" where nobody knows."""
    if not code:
        return ""
    return next((words for meaning in _meanings if (words := meaning(provider, code))), "")
