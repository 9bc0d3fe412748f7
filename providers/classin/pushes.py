"""Messages of ClassIn's data subscription: read, proven, stripped of what opens doors. Plain functions, no network.

`SafeKey` is md5(secret + TimeStamp), the formula of ClassIn's own API, so a captured pair may open the API: neither value
leaves this module. It says nothing of the rest of the message, and published samples carry a TimeStamp ten minutes ahead, or
no key at all.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from providers.secrets import HIDDEN

Json = dict[str, Any]

LONGEST_KEY: Final = 100
"""Characters of a message's own id that are kept; a longer one is known by its digest."""
DEEPEST: Final = 64
"""Levels of nesting that are read; a real message has six."""
LONGEST_NUMBER: Final = 40
"""Digits of a number that is read as one; a longer one stays text."""

_SECRET_NAMES: Final = frozenset({"safekey", "timestamp"})
_NAMES: Final = re.compile(r"[^a-z]")
_ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")
_IN_TEXT: Final = re.compile(
    r"(safe_?key|time_?stamp)((?:\\?[\"']|%22)?(?:\s|%20|\+)*(?:[=:]|%3A|%3D)(?:\s|%20|\+)*(?:\\?[\"']|%22)?)"
    r"[^\s\"'\\,;&{}\[\]%]*",
    re.IGNORECASE,
)
_DIGEST: Final = re.compile(r"(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])", re.IGNORECASE)


class Unreadable(ValueError):
    """The bytes are no JSON object; `why` is a short code: empty, encoding, json, deep, object."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Proof(StrEnum):
    """What a message's key says of where it comes from."""

    SIGNED = "signed"
    MISSING = "missing"
    WRONG = "wrong"


def read(raw: bytes) -> Json:
    """The message in these bytes. Raises Unreadable."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None
    if not text.strip():
        raise Unreadable("empty")
    try:
        message = json.loads(text, parse_int=_whole, parse_float=_fraction, parse_constant=str)
        if isinstance(message, dict):
            return {_storable(name): _cleaned(value) for name, value in message.items()}
    except Unreadable:
        raise
    except RecursionError:
        raise Unreadable("deep") from None
    except ValueError:
        raise Unreadable("json") from None
    raise Unreadable("object")


def proof(message: Mapping[str, Any], secret: str) -> Proof:
    """Whether the message proves knowledge of the account's secret. Takes the same time for every wrong key."""
    key, stamp = plain(message.get("SafeKey")), plain(message.get("TimeStamp"))
    if not key:
        return Proof.MISSING
    expected = hashlib.md5((secret + stamp).encode(), usedforsecurity=False).hexdigest()
    same = hmac.compare_digest(expected.encode(), key.lower().encode("utf-8", "replace"))
    return Proof.SIGNED if same and stamp and secret else Proof.WRONG


def redacted(message: Mapping[str, Any]) -> Json:
    """The message as it may be stored: without key and time stamp wherever they stand, addresses without their queries."""
    key = plain(message.get("SafeKey"))
    return {name: _redacted(name, value, key) for name, value in message.items()}


def redacted_text(raw: bytes, most: int) -> str:
    """The beginning of bytes that nobody could read, as text of at most `most` characters, without what may be a key."""
    text = raw[: 4 * most].replace(b"\x00", b"").decode("utf-8", "replace")
    return _DIGEST.sub(HIDDEN, _IN_TEXT.sub(rf"\1\2{HIDDEN}", text))[:most]


def dedup_key(body: Mapping[str, Any]) -> str:
    """What makes a redacted message one and the same: its `_id`, else its `uuid`, else the digest of its content."""
    for name in ("_id", "uuid"):
        if value := message_id(body, name):
            return f"{name}:{value}"
    content = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def message_id(body: Mapping[str, Any], name: str = "_id") -> str:
    """The message's own id, "" when it has none. A Mongo object id may come as an object of its own."""
    value = body.get(name)
    if isinstance(value, Mapping):
        value = value.get("$oid")
    text = plain(value)
    return text if len(text) <= LONGEST_KEY else hashlib.sha256(text.encode()).hexdigest()


def tie_breaker(body: Mapping[str, Any]) -> int:
    """A number below a million that orders messages of the same second alike wherever they are worked off.

    ClassIn's times are whole seconds. Its message ids end in a counter that grows by one with each message, so of two
    messages of one second the later one wins; without such an id the order is arbitrary, but always the same.
    """
    own = message_id(body)
    if re.fullmatch(r"[0-9a-f]{24}", own, re.IGNORECASE):
        return int(own[-6:], 16) % 1_000_000
    return int(hashlib.sha256(dedup_key(body).encode()).hexdigest()[:12], 16) % 1_000_000


def answer(errno: int, error: str) -> Json:
    """What ClassIn reads: 1 takes the message off its queue, anything else brings it again."""
    return {"error_info": {"errno": errno, "error": error}}


def plain(value: Any) -> str:
    """An id, a key or a command that may come as a number or as text, as text; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()


def _redacted(name: str, value: Any, key: str) -> Any:
    if _NAMES.sub("", name.lower()) in _SECRET_NAMES:
        return HIDDEN
    if isinstance(value, dict):
        return {inner: _redacted(inner, one, key) for inner, one in value.items()}
    if isinstance(value, list):
        return [_redacted(name, one, key) for one in value]
    if not isinstance(value, str):
        return value
    if key:
        value = value.replace(key, HIDDEN)
    if _ADDRESS.fullmatch(value) and not name.lower().endswith("name"):
        return _without_query(value)
    return value


def _without_query(address: str) -> str:
    """An address without its query, fragment and sign-in: a signed one opens the file to whoever has it."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return HIDDEN
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _cleaned(value: Any, depth: int = 1) -> Any:
    """The value without what a database cannot store in a text. Raises Unreadable where it is nested too deeply."""
    if isinstance(value, str):
        return _storable(value)
    if not isinstance(value, list | dict):
        return value
    if depth >= DEEPEST:
        raise Unreadable("deep")
    if isinstance(value, list):
        return [_cleaned(one, depth + 1) for one in value]
    return {_storable(name): _cleaned(one, depth + 1) for name, one in value.items()}


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def _fraction(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits
