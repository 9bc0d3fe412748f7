"""Provider accounts as the environment names them.

`CLASSIN_SID` and its like name the account `default`; `CLASSIN_ACCOUNTS=east,west` adds accounts whose variables are
`CLASSIN_EAST_SID` and so on.
"""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

from providers.accounts import CREDENTIALS, refuse_sandbox_address

Credentials = dict[str, str]


def provider_accounts(environ: Mapping[str, str], *, sandbox: bool) -> dict[str, dict[str, Credentials]]:
    """`{provider: {account: {credential: value}}}` for every account that the environment names.

    An account appears even when credentials are missing, so that screens can say what to set. Raises
    ImproperlyConfigured when an address is plain http or loopback while `sandbox` is off.
    """
    return {provider: _accounts(provider, environ, sandbox=sandbox) for provider in CREDENTIALS}


def _accounts(provider: str, environ: Mapping[str, str], *, sandbox: bool) -> dict[str, Credentials]:
    prefix = provider.upper()
    names = [name.strip() for name in environ.get(f"{prefix}_ACCOUNTS", "").split(",") if name.strip()]
    accounts = {"default": _credentials(provider, prefix, environ)}
    accounts |= {name: _credentials(provider, f"{prefix}_{name.upper()}", environ) for name in names}
    if names and not accounts["default"]:
        del accounts["default"]
    if not sandbox:
        for name, credentials in accounts.items():
            try:
                refuse_sandbox_address(provider, credentials)
            except ValueError as refused:
                raise ImproperlyConfigured(f"Account {provider}:{name}: {refused}") from refused
    return accounts


def _credentials(provider: str, prefix: str, environ: Mapping[str, str]) -> Credentials:
    values = {key: environ.get(f"{prefix}_{key.upper()}", "").strip() for key in CREDENTIALS[provider]}
    return {key: value for key, value in values.items() if value}
