"""Accounts as the environment names them, and what must never start."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from backoffice.environment import provider_accounts

ROOT = Path(__file__).resolve().parent.parent.parent
SECRETS = {"CLASSIN_SID": "1", "CLASSIN_SECRET": "s"}


def test_a_provider_without_credentials_is_an_empty_account() -> None:
    accounts = provider_accounts({}, sandbox=False)
    assert accounts == {
        "classin": {"default": {}},
        "huawei_vod": {"default": {}},
        "syngrafii": {"default": {}},
    }


def test_variables_name_the_default_account() -> None:
    accounts = provider_accounts({**SECRETS, "CLASSIN_BASE_URL": " https://api.eeo.cn "}, sandbox=False)
    assert accounts["classin"]["default"] == {"sid": "1", "secret": "s", "base_url": "https://api.eeo.cn"}


def test_named_accounts_have_variables_of_their_own_and_an_empty_default_goes() -> None:
    environ = {"CLASSIN_ACCOUNTS": "east, west", "CLASSIN_EAST_SID": "1", "CLASSIN_WEST_SID": "2"}
    assert provider_accounts(environ, sandbox=False)["classin"] == {
        "east": {"sid": "1"},
        "west": {"sid": "2"},
    }


def test_a_name_that_no_variable_can_carry_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="east-1"):
        provider_accounts({"CLASSIN_ACCOUNTS": "east-1"}, sandbox=False)


@pytest.mark.parametrize(
    "address", ["http://api.eeo.cn", "https://127.0.0.1:8601", "https://localhost", "http://[::1]:9"]
)
def test_production_refuses_an_address_that_only_a_sandbox_has(address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="classin:default"):
        provider_accounts({**SECRETS, "CLASSIN_BASE_URL": address}, sandbox=False)


@pytest.mark.parametrize("environ", [SECRETS, {**SECRETS, "CLASSIN_BASE_URL": "https://api.eeo.cn"}])
def test_the_sandbox_refuses_an_address_that_leads_to_a_real_provider(environ: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="real provider"):
        provider_accounts(environ, sandbox=True)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"CLASSIN_SID": "1", "CLASSIN_SECRET": "s", "CLASSIN_BASE_URL": "http://127.0.0.1:8601"},
            "only a sandbox",
        ),
        ({"DJANGO_SECRET_KEY": "insecure-demo"}, "DJANGO_SECRET_KEY"),
    ],
)
def test_production_settings_do_not_load(variables: dict[str, str], said: str) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        "DJANGO_SECRET_KEY": "a-key-of-our-own",
        "BACKOFFICE_ENV_FILE": "",
        **variables,
    }
    loading = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert loading.returncode != 0
    assert said in loading.stderr


def test_every_variable_is_explained_in_the_example_and_none_besides() -> None:
    settings = (ROOT / "backoffice" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', settings))
    providers = {
        f"{provider}_{key}"
        for provider, keys in {
            "CLASSIN": ["BASE_URL", "SID", "SECRET", "ACCOUNTS"],
            "HUAWEI_VOD": [
                "ENDPOINT",
                "PROJECT_ID",
                "ACCESS_KEY",
                "SECRET_KEY",
                "SECURITY_TOKEN",
                "AUTH_TOKEN",
                "ACCOUNTS",
            ],
            "SYNGRAFII": ["BASE_URL", "API_KEY", "ACCOUNTS"],
        }.items()
        for key in keys
    }
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)) == read | providers
