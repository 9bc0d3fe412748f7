"""From credentials to clients."""

from __future__ import annotations

from typing import Any

import pytest

from providers import PROVIDERS
from providers.accounts import build_client, code_table, missing_credentials
from providers.classin import ClassInClient
from providers.huawei_vod import HuaweiVodClient
from providers.outcome import NotConnected
from providers.syngrafii import SyngrafiiClient

CLASSIN = {"sid": "1", "secret": "s3cret"}
HUAWEI = {
    "endpoint": "vod.cn-north-4.myhuaweicloud.com",
    "project_id": "p",
    "access_key": "a",
    "secret_key": "b",
}
SYNGRAFII = {"base_url": "https://sign.syngrafii.com/api/v1", "api_key": "k"}
COMPLETE: dict[str, dict[str, str]] = {"classin": CLASSIN, "huawei_vod": HUAWEI, "syngrafii": SYNGRAFII}


@pytest.mark.parametrize(
    ("provider", "kind"),
    [("classin", ClassInClient), ("huawei_vod", HuaweiVodClient), ("syngrafii", SyngrafiiClient)],
)
def test_each_provider_has_a_client_a_name_and_a_table(provider: str, kind: type[Any]) -> None:
    client = build_client(provider, COMPLETE[provider], connect_timeout=2, read_timeout=9)
    assert type(client) is kind
    assert (client.connect_timeout, client.read_timeout) == (2, 9)
    assert client.table is code_table(provider)
    assert client.table.name == PROVIDERS[provider]
    assert repr(client).startswith(f"<{kind.__name__} https://")
    client.close()


@pytest.mark.parametrize(
    ("provider", "credentials", "missing"),
    [
        ("classin", {}, ["SID", "SECRET"]),
        ("classin", {"sid": " ", "secret": "x"}, ["SID"]),
        ("huawei_vod", {}, ["ENDPOINT", "PROJECT_ID", "ACCESS_KEY", "SECRET_KEY"]),
        ("huawei_vod", {"endpoint": "h", "project_id": "p", "access_key": "a"}, ["SECRET_KEY"]),
        ("huawei_vod", {"endpoint": "h", "project_id": "p", "auth_token": "t"}, []),
        (
            "huawei_vod",
            {"endpoint": "h", "project_id": "p", "auth_token": "t", "access_key": "a"},
            ["SECRET_KEY"],
        ),
        ("syngrafii", {"api_key": "k"}, ["BASE_URL"]),
        ("syngrafii", SYNGRAFII, []),
    ],
)
def test_what_is_missing_is_named(provider: str, credentials: dict[str, str], missing: list[str]) -> None:
    assert missing_credentials(provider, credentials) == missing
    if missing:
        with pytest.raises(NotConnected) as caught:
            build_client(provider, credentials)
        assert caught.value.missing == tuple(missing)


@pytest.mark.parametrize(
    "address",
    [
        "http://api.eeo.cn",
        "https://localhost",
        "https://LOCALHOST.:8443/x",
        "https://api.localhost",
        "https://127.0.0.1",
        "https://127.9.9.9",
        "https://127.1",
        "https://2130706433",
        "https://[::1]:99",
        "https://[::ffff:127.0.0.1]",
        "https://0.0.0.0",
        "http://127.0.0.1:8099",
    ],
)
def test_an_address_of_a_sandbox_needs_leave(address: str) -> None:
    with pytest.raises(ValueError, match="only a sandbox may"):
        build_client("classin", {**CLASSIN, "base_url": address})
    build_client("classin", {**CLASSIN, "base_url": address}, allow_sandbox=True).close()


@pytest.mark.parametrize(
    "address",
    [
        "ftp://api.eeo.cn",
        "https://",
        "https://a:b@api.eeo.cn",
        "https://api.eeo.cn/?x=1",
        "https://api.eeo.cn/#x",
    ],
)
def test_an_address_that_is_none_is_refused_even_for_a_sandbox(address: str) -> None:
    with pytest.raises(ValueError, match="The address of ClassIn"):
        build_client("classin", {**CLASSIN, "base_url": address}, allow_sandbox=True)


def test_a_credential_that_cannot_be_used_is_not_shown() -> None:
    with pytest.raises(ValueError, match="secret") as caught:
        build_client("classin", {"sid": "1", "secret": "hid den"})
    assert "hid den" not in str(caught.value)
