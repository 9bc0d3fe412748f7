"""Provider accounts as the environment names them.

`CLASSIN_SID` and its like name the account `default`; `CLASSIN_ACCOUNTS=east,west` adds accounts whose variables are
`CLASSIN_EAST_SID` and so on.
"""

import re
from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

from providers.accounts import CREDENTIALS, refuse_sandbox_address

Credentials = dict[str, str]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def provider_accounts(environ: Mapping[str, str], *, sandbox: bool) -> dict[str, dict[str, Credentials]]:
    """`{provider: {account: {credential: value}}}` for every account that the environment names.

    An account appears even when credentials are missing, so that screens can say what to set. Raises
    ImproperlyConfigured when an address is plain http or loopback while `sandbox` is off, or a real one while it is on.
    """
    return {provider: _accounts(provider, environ, sandbox=sandbox) for provider in CREDENTIALS}


def _accounts(provider: str, environ: Mapping[str, str], *, sandbox: bool) -> dict[str, Credentials]:
    prefix = provider.upper()
    names = [name.strip() for name in environ.get(f"{prefix}_ACCOUNTS", "").split(",") if name.strip()]
    if odd := [name for name in names if not _NAME.fullmatch(name)]:
        raise ImproperlyConfigured(
            f"{prefix}_ACCOUNTS: {', '.join(odd)} cannot be account names; use lower-case letters, digits and _."
        )
    accounts = {"default": _credentials(provider, prefix, environ)}
    accounts |= {name: _credentials(provider, f"{prefix}_{name.upper()}", environ) for name in names}
    if names and not accounts["default"]:
        del accounts["default"]
    for name, credentials in accounts.items():
        if credentials:
            _check_address(provider, name, credentials, sandbox=sandbox)
    return accounts


def _check_address(provider: str, name: str, credentials: Credentials, *, sandbox: bool) -> None:
    """Imitations only with the switch, real providers only without it: the DEMO band must never be wrong."""
    try:
        refuse_sandbox_address(provider, credentials)
    except ValueError as refused:
        if not sandbox:
            raise ImproperlyConfigured(f"Account {provider}:{name}: {refused}") from refused
    else:
        if sandbox:
            raise ImproperlyConfigured(
                f"Account {provider}:{name} leads to a real provider while BACKOFFICE_SANDBOX is on. "
                "Take BACKOFFICE_SANDBOX away, or point the account at the sandbox."
            )


def _credentials(provider: str, prefix: str, environ: Mapping[str, str]) -> Credentials:
    values = {key: environ.get(f"{prefix}_{key.upper()}", "").strip() for key in CREDENTIALS[provider]}
    return {key: value for key, value in values.items() if value}
