"""Accounts: their rows, their credentials (from settings alone) and their provider clients."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings

from operations.models import Account
from providers.accounts import build_client, missing_credentials


def ensure_accounts(**kwargs: Any) -> None:
    """Give every account that the settings name its row."""
    for provider, accounts in settings.PROVIDER_ACCOUNTS.items():
        for name in accounts:
            Account.objects.get_or_create(provider=provider, name=name)


def credentials(account: Account) -> dict[str, str]:
    return settings.PROVIDER_ACCOUNTS.get(account.provider, {}).get(account.name, {})


def is_connected(account: Account) -> bool:
    """Whether all credentials are set. Says nothing about whether the provider accepts them: see `refused_at`."""
    return not missing_credentials(account.provider, credentials(account))


def missing_variables(account: Account) -> list[str]:
    """The names of the environment variables that this account lacks, as the operator must set them."""
    prefix = account.provider.upper()
    if account.name != "default":
        prefix = f"{prefix}_{account.name.upper()}"
    return [f"{prefix}_{suffix}" for suffix in missing_credentials(account.provider, credentials(account))]


def client_for(account: Account) -> Any:
    """The account's client, one for each process; raises `providers.outcome.NotConnected` without credentials."""
    return _client(account.provider, account.name, tuple(sorted(credentials(account).items())))


@lru_cache(maxsize=64)
def _client(provider: str, name: str, credential_items: tuple[tuple[str, str], ...]) -> Any:
    return build_client(
        provider,
        dict(credential_items),
        allow_sandbox=settings.SANDBOX,
        connect_timeout=settings.PROVIDER_CONNECT_TIMEOUT,
        read_timeout=settings.PROVIDER_READ_TIMEOUT,
    )
