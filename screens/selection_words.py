"""A selection of a list's rows in one line: the filter in words, and what the ticks made of it."""

from django.utils.text import Truncator
from django.utils.translation import ngettext

from screens.figures import number_text

TICKED, MATCHING, MATCHING_EXCEPT = "0", "1", "2"
"""The three choices of the bulk bar, as the form names them."""
_LONGEST_WORDS = 400
"""Characters that the filter may take where something is said of it; what is stored has room for 500."""


def selection_words(words: str, choice: str, count: int) -> str:
    """All that match, all without `count` ticked rows, or only these; `words` is "" where nothing narrows the list."""
    if choice == MATCHING:
        return words
    facts = {"words": Truncator(words).chars(_LONGEST_WORDS), "count": number_text(count)}
    if choice == TICKED:
        if not words:
            return ngettext("%(count)s ticked by hand", "%(count)s ticked by hand", count) % facts
        return ngettext("%(count)s ticked in: %(words)s", "%(count)s ticked in: %(words)s", count) % facts
    if not words:
        text = ngettext(
            "all, except %(count)s that was ticked", "all, except %(count)s that were ticked", count
        )
        return text % facts
    text = ngettext(
        "%(words)s, except %(count)s that was ticked", "%(words)s, except %(count)s that were ticked", count
    )
    return text % facts
