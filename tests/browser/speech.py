"""What the screens say in one language, by their English words: a test walks the same way in every language."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext, ngettext, override


class Speech:
    """`say("Leave these out")` is what the button says to a reader of this language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, english: str, **values: Any) -> str:
        with override(self.language):
            words = gettext(english)
        return words % values if values else words

    def many(self, one: str, several: str, count: int, **values: Any) -> str:
        """The words for this number of things."""
        with override(self.language):
            return ngettext(one, several, count) % {"count": count, **values}

    def begins(self, one: str, several: str) -> re.Pattern[str]:
        """What the words for any number of things match."""
        with override(self.language):
            words = re.escape(ngettext(one, several, 2))
        return re.compile(re.sub(r"%\\\((\w+)\\\)s", r"\\d+", words))

    def typed(self, count: int) -> str:
        """What a person types to confirm; written out here, because it must never change by itself."""
        return f"删除 {count}" if self.language == "zh-hans" else f"DELETE {count}"
