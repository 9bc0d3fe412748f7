"""Credentials and addresses that somebody else wrote into a text, told by their form.

The second line of defence: our own credentials are replaced by value before, and what is recorded is chosen field by field.
"""

from __future__ import annotations

import re
from typing import Final

from providers.secrets import HIDDEN

_URL_QUERY: Final = re.compile(r"(https?://[^\s?#\"'<>]+)[?#][^\s\"'<>]*")
_SCHEME: Final = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_TOKEN: Final = re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]+)*")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NAMED: Final = re.compile(
    r"([\w-]*(?:token|passw(?:or)?d|pwd|secret|signature|api[_-]?key|safe[_-]?key|access[_-]?key|authorization|cookie|session_?id)[\w-]*"
    r"[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&{}\[\]]{6,}",
    re.IGNORECASE,
)


def without_credentials(text: str) -> str:
    """The text with stars for what looks like a token, a password, a cookie or an e-mail address; addresses lose their queries."""
    text = _SCHEME.sub(rf"\1 {HIDDEN}", _URL_QUERY.sub(r"\1", text))
    text = _NAMED.sub(rf"\1{HIDDEN}", _TOKEN.sub(HIDDEN, text))
    return _MAIL.sub(HIDDEN, text)
