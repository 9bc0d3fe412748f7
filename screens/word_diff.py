"""The difference of two short texts, word by word, as HTML that does not rest on colour."""

import difflib
import re
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

# Chinese has no spaces between words: there each sign is a word of its own.
_WORDS = re.compile(r"\s+|[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")


@dataclass(frozen=True)
class Difference:
    """Both sides of a change: ``before`` with removed words marked, ``after`` with added words marked."""

    before: SafeString
    after: SafeString


def word_diff(before: object, after: object) -> Difference:
    """Compare two values as text. Words that went are in ``<del>``, words that came in ``<ins>``.

    Each carries a hidden word ("removed", "added") for those who do not see the strike-through.
    """
    old, new = _WORDS.findall(_text(before)), _WORDS.findall(_text(after))
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    if matcher.ratio() < 0.3:
        return Difference(_removed("".join(old)), _added("".join(new)))
    left: list[SafeString] = []
    right: list[SafeString] = []
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        gone, came = "".join(old[old_start:old_end]), "".join(new[new_start:new_end])
        left.append(format_html("{}", gone) if kind == "equal" else _removed(gone))
        right.append(format_html("{}", came) if kind == "equal" else _added(came))
    return Difference(
        format_html_join("", "{}", ((part,) for part in left)),
        format_html_join("", "{}", ((part,) for part in right)),
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _marked(text: str, tag: str, word: str) -> SafeString:
    if not text.strip():
        return format_html("{}", text)
    core = text.strip()
    lead, tail = text[: text.index(core)], text[text.index(core) + len(core) :]
    return format_html(
        '{0}<{1}><span class="visually-hidden">{2} </span>{3}</{1}>{4}',
        lead,
        tag,
        word,
        core,
        tail,
    )


def _removed(text: str) -> SafeString:
    return _marked(text, "del", gettext("removed:"))


def _added(text: str) -> SafeString:
    return _marked(text, "ins", gettext("added:"))
