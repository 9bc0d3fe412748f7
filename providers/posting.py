"""Handing a text to an address outside: one POST, bounded, followed nowhere. No provider's API; the same way out as theirs."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from providers.accounts import check_address
from providers.call import Call
from providers.codes import CodeTable
from providers.outcome import ProviderError
from providers.transport import Transport

CONNECT_TIMEOUT: Final = 2.0
READ_TIMEOUT: Final = 4.0
"""Seconds. Whoever posts has other things to do, and comes again."""
_MAX_ANSWER: Final = 64 * 1024
_TABLE: Final = CodeTable("posting", "Posting")


class NotPosted(OSError):
    """The text did not arrive, or nobody said that it did. Its only argument is a word of the program, such as `http_503`."""


def post_text(address: str, text: str, *, allow_sandbox: bool = False) -> None:
    """Post `text` as UTF-8 and be content with any 2xx. Raises NotPosted for everything else, a redirect among it.

    Only https, and not this machine, unless `allow_sandbox`; no sign-in and no query in the address.
    """
    try:
        check_address("the receiver", address, allow_sandbox=allow_sandbox)
    except ValueError:
        raise NotPosted("address_refused") from None
    parts = urlsplit(address)
    transport = Transport(
        f"{parts.scheme}://{parts.netloc}",
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        max_bytes=_MAX_ANSWER,
        pool_size=1,
    )
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    try:
        answer = transport.send(
            Call(_TABLE, "post"), "POST", parts.path or "/", data=text.encode(), headers=headers
        )
    except ProviderError as error:
        raise NotPosted(error.code.value) from None
    finally:
        transport.close()
    if not 200 <= answer.status < 300:
        raise NotPosted(f"http_{answer.status}")
