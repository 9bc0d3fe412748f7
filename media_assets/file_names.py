"""Rules for names of cloud files: what ClassIn's pages say, and what other systems cannot store."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import count
from typing import Final

COUNTED: Final = 32
"""Characters that ClassIn's English pages allow. Longer names are taken today; a later version may cut them."""
LONGEST: Final = 128
"""Characters that ClassIn's Chinese pages allow; what is longer would be cut without a word."""
FORBIDDEN: Final = '\\/:*?"<>|'

_EXTENSION: Final = re.compile(r"\.(?=[0-9]*[A-Za-z])[A-Za-z0-9]{1,8}")
_BIDI: Final = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that reverse what follows: with them "gpj.exe" is shown as "exe.jpg"."""


def extension(name: str) -> str:
    """The extension with its dot (".pdf"), "" when the name has none. "Lesson 2.1" and ".profile" have none."""
    stem, dot, end = name.rpartition(".")
    found = f"{dot}{end}"
    return found if stem.strip() and _EXTENSION.fullmatch(found) else ""


def illegal_characters(name: str) -> list[str]:
    """The characters that a name may not have, as a person can read them."""
    found = dict.fromkeys(sign for sign in name if sign in FORBIDDEN or _is_control(sign))
    return [sign if sign in FORBIDDEN else f"U+{ord(sign):04X}" for sign in found]


def same_name(one: str, other: str) -> bool:
    """Whether two names clash: capitals and the way in which accents are written do not count."""
    return _key(one) == _key(other)


def free_name(name: str, taken: Collection[str]) -> str:
    """The first of "name (2).ext", "name (3).ext", ... that clashes with none of `taken`."""
    keys = {_key(other) for other in taken}
    end = extension(name)
    stem = name.removesuffix(end)
    tails = (f" ({number}){end}" for number in count(2))
    candidates = (stem[: LONGEST - len(tail)].rstrip() + tail for tail in tails)
    return next(candidate for candidate in candidates if _key(candidate) not in keys)


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _is_control(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Zl", "Zp", "Cs") or sign in _BIDI
