"""A text handed to an address outside: arrived with a 2xx, everything else says why not."""

from __future__ import annotations

import pytest

from providers.posting import NotPosted, post_text
from tests.providers.loopback import Loopback, reset


def test_a_text_is_posted_whole(server: Loopback) -> None:
    server.will_answer(b"", 204)
    post_text(f"{server.url}/log/7", "雅思\n", allow_sandbox=True)
    (request,) = server.received
    assert (request.method, request.target, request.body.decode()) == ("POST", "/log/7", "雅思\n")
    assert request.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("status", [302, 307, 401, 404, 500, 503])
def test_anything_but_2xx_is_not_posted_and_nothing_is_followed(server: Loopback, status: int) -> None:
    server.will_answer(b"", status, f"Location: {server.url}/elsewhere\r\n")
    with pytest.raises(NotPosted, match=f"^http_{status}$"):
        post_text(server.url, "x", allow_sandbox=True)
    assert len(server.received) == 1


def test_a_broken_connection_is_not_posted(server: Loopback) -> None:
    server.will(reset)
    with pytest.raises(NotPosted, match="cut_off"):
        post_text(server.url, "x", allow_sandbox=True)


def test_an_address_where_nobody_listens_is_not_posted(server: Loopback) -> None:
    address = server.url
    server.stop()
    with pytest.raises(NotPosted, match="not_reached"):
        post_text(address, "x", allow_sandbox=True)


@pytest.mark.parametrize(
    "address",
    [
        "http://receiver.example/log",
        "https://127.0.0.1/log",
        "ftp://receiver.example",
        "https://a:b@r.example/",
        "x",
    ],
)
def test_only_https_elsewhere_and_without_secrets_in_it_is_an_address(address: str) -> None:
    with pytest.raises(NotPosted, match="address_refused"):
        post_text(address, "x")
