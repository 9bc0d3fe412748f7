"""From the credentials of an account to its client."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from providers import PROVIDERS, own_codes
from providers.call import Call
from providers.classin.client import BASE_URL, ClassInClient
from providers.classin.codes import CODES as CLASSIN_CODES
from providers.client import Client
from providers.codes import CodeTable
from providers.huawei_vod.client import HuaweiVodClient
from providers.huawei_vod.codes import CODES as HUAWEI_VOD_CODES
from providers.outcome import NotConnected
from providers.syngrafii.client import SyngrafiiClient
from providers.syngrafii.codes import CODES as SYNGRAFII_CODES
from providers.transport import CONNECT_TIMEOUT, POOL_SIZE, READ_TIMEOUT

_TABLES: Final[dict[str, CodeTable]] = {
    table.provider: table for table in (CLASSIN_CODES, HUAWEI_VOD_CODES, SYNGRAFII_CODES)
}
_CLIENTS: Final[dict[str, Callable[..., Client]]] = {
    "classin": ClassInClient,
    "huawei_vod": HuaweiVodClient,
    "syngrafii": SyngrafiiClient,
}
_ADDRESS: Final = {"classin": "base_url", "huawei_vod": "endpoint", "syngrafii": "base_url"}
CREDENTIALS: Final = {
    "classin": ("base_url", "sid", "secret"),
    "huawei_vod": ("endpoint", "project_id", "access_key", "secret_key", "security_token", "auth_token"),
    "syngrafii": ("base_url", "api_key"),
}


def code_table(provider: str) -> CodeTable:
    """The code table of `provider`."""
    return _TABLES[provider]


def missing_credentials(provider: str, credentials: Mapping[str, str]) -> list[str]:
    """The ends of the names of the variables that are still to be set, such as ["SID", "SECRET"]."""
    given = _given(provider, credentials)
    needed = {
        "classin": ["sid", "secret"],
        "huawei_vod": ["endpoint", "project_id"],
        "syngrafii": ["base_url", "api_key"],
    }[provider]
    keys = ["access_key", "secret_key"]
    if provider == "huawei_vod" and (any(key in given for key in keys) or "auth_token" not in given):
        needed += keys
    return [name.upper() for name in needed if name not in given]


def build_client(
    provider: str,
    credentials: Mapping[str, str],
    *,
    allow_sandbox: bool = False,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
    pool_size: int = POOL_SIZE,
) -> Any:
    """A client of `provider`: ClassInClient, HuaweiVodClient or SyngrafiiClient.

    `credentials` has the names of the environment, lower-cased and without the provider's prefix.
    Raises NotConnected when some are missing, and ValueError (with a sentence for an administrator)
    when one cannot be used, or when the address is not a public https one and `allow_sandbox` is off.
    """
    missing = missing_credentials(provider, credentials)
    if missing:
        error = NotConnected(own_codes.NOT_CONNECTED, Call(code_table(provider), "").exchange())
        error.missing = tuple(missing)
        raise error
    given = _given(provider, credentials)
    address = _ADDRESS[provider]
    given.setdefault(address, BASE_URL)
    if "://" not in given[address]:
        given[address] = f"https://{given[address]}"
    check_address(PROVIDERS[provider], given[address], allow_sandbox=allow_sandbox)
    return _CLIENTS[provider](
        **given, connect_timeout=connect_timeout, read_timeout=read_timeout, pool_size=pool_size
    )


def refuse_sandbox_address(provider: str, credentials: Mapping[str, str]) -> None:
    """Raise ValueError when the account's address is plain http or this machine: no real provider is there."""
    address = _given(provider, credentials).get(_ADDRESS[provider])
    if address:
        check_address(
            PROVIDERS[provider], address if "://" in address else f"https://{address}", allow_sandbox=False
        )


def check_address(name: str, address: str, *, allow_sandbox: bool) -> None:
    """Raise ValueError unless `address` may be that of the provider called `name`."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"The address of {name} is not an https address.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(f"The address of {name} must be a plain address without sign-in, query or fragment.")
    if allow_sandbox:
        return
    if parts.scheme != "https":
        raise ValueError(f"The address of {name} begins with http://, which only a sandbox may use.")
    if _is_this_machine(parts.hostname):
        raise ValueError(f"The address of {name} is this machine, which only a sandbox may be.")


def _is_this_machine(host: str) -> bool:
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith((".localhost", ".localdomain")):
        return True
    try:
        ip = ipaddress.ip_address(name)
    except ValueError:
        try:
            ip = ipaddress.ip_address(socket.inet_aton(name))  # 127.1, 2130706433 and the like
        except (OSError, UnicodeError):
            return False
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    return ip.is_loopback or ip.is_unspecified


def _given(provider: str, credentials: Mapping[str, str]) -> dict[str, str]:
    values = {name: (credentials.get(name) or "").strip() for name in CREDENTIALS[provider]}
    return {name: value for name, value in values.items() if value}
