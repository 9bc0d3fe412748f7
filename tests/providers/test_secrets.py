"""No credential in anything that is printed, stored, sent to a queue or raised."""

from __future__ import annotations

import copy
import hashlib
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers.accounts import build_client
from providers.classin import ClassInClient
from providers.huawei_vod import HuaweiVodClient
from providers.outcome import Ambiguous, InvalidRequest, NotConnected, ProviderError, Rejected
from providers.secrets import Secret
from providers.syngrafii import SyngrafiiClient
from tests.providers.loopback import Loopback

SECRET = "Sup3rSecretValue"
SAFE_KEY = hashlib.md5(f"{SECRET}1700000000".encode()).hexdigest()


def test_a_secret_prints_as_stars() -> None:
    secret = Secret(SECRET)
    assert f"{secret} {secret!r} {secret:>20} {[secret]}" == "*** *** *** [***]"
    assert secret.reveal() == Secret(secret).reveal() == SECRET


def test_a_secret_is_compared_but_never_pickled_copied_or_hashed() -> None:
    secret = Secret(SECRET)
    assert secret == Secret(SECRET)
    assert secret != Secret("other")
    assert secret != SECRET
    for forbidden in (pickle.dumps, copy.copy, copy.deepcopy, hash):
        with pytest.raises(TypeError):
            forbidden(secret)


def _classin(server: Loopback) -> ProviderError:
    client = ClassInClient(base_url=server.url, sid="7", secret=SECRET, clock=lambda: 1_700_000_000)
    server.will_answer({"error_info": {"errno": 102, "error": f"wrong {SECRET} or {SAFE_KEY}"}})
    return _raised(client, lambda: client.rename_file("11", "a.pdf"))


def _huawei(server: Loopback) -> ProviderError:
    client = HuaweiVodClient(
        endpoint=server.url,
        project_id="p1",
        access_key="AK12345",
        secret_key=SECRET,
        security_token="STS" + SECRET,
    )

    def echo(connection: Any) -> None:
        authorization = server.received[-1].headers["authorization"]
        body = f'{{"error_code": "APIGW.0301", "error_msg": "bad: {authorization} for STS{SECRET}"}}'.encode()
        connection.sendall(b"HTTP/1.1 401 No\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    server.will(echo)
    return _raised(client, lambda: client.delete_groups("a1", ["g1"]))


def _syngrafii(server: Loopback) -> ProviderError:
    client = SyngrafiiClient(base_url=server.url, api_key=SECRET)
    server.will_answer(
        {"error": SECRET, "message": f"{SECRET} https://x.example/v?token=tok3n#f"}, status=403
    )
    return _raised(client, lambda: client.delete_video("p1", "v1"))


def _raised(client: Any, act: Callable[[], Any]) -> ProviderError:
    assert SECRET not in repr(client)
    with pytest.raises(ProviderError) as caught:
        act()
    client.close()
    return caught.value


@pytest.mark.parametrize("provoke", [_classin, _huawei, _syngrafii])
def test_what_a_provider_echoes_is_scrubbed(
    server: Loopback, provoke: Callable[[Loopback], ProviderError]
) -> None:
    error = provoke(server)
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None:
        chain.append(current)
        current = current.__context__
    told = " ".join(
        [*(f"{part} {part!r} {part.args}" for part in chain), str(error.exchange), str(pickle.dumps(error))]
    )
    for hidden in (SECRET, SAFE_KEY, "AK12345", "tok3n", _signature(server)):
        assert hidden not in told


def _signature(server: Loopback) -> str:
    return server.received[-1].headers.get("authorization", "Signature=never").rpartition("Signature=")[2]


@pytest.fixture
def errors(server: Loopback) -> Iterator[list[ProviderError]]:
    """One error of each kind."""
    client = ClassInClient(base_url=server.url, sid="7", secret=SECRET)
    server.will_answer({"error_info": {"errno": 200, "error": "重名"}})
    server.will_answer({}, status=503, headers="Retry-After: 9\r\n")
    found = [
        _raised(client, lambda: client.rename_file("11", "a")),
        _raised(client, lambda: client.rename_file("11", "a")),
        _raised(client, lambda: client.rename_file("", "a")),
    ]
    with pytest.raises(NotConnected) as caught:
        build_client("classin", {})
    assert [type(error) for error in found] == [Rejected, Ambiguous, InvalidRequest]
    return [*found, caught.value]


def test_an_error_survives_pickling_with_all_it_says(errors: list[ProviderError]) -> None:
    for error in errors:
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert again.__dict__ == error.__dict__
        assert str(again) == str(error)
        assert repr(copy.copy(error)) == repr(error)
    assert errors[1].retry_after == 9
    assert [error.field for error in errors] == ["fileName", None, "fileId", None]
    assert isinstance(errors[3], NotConnected)
    assert errors[3].missing == ("SID", "SECRET")


def test_a_long_message_is_cut(server: Loopback) -> None:
    client = ClassInClient(base_url=server.url, sid="7", secret=SECRET)
    server.will_answer({"error_info": {"errno": 200, "error": f"{SECRET}\n\0" + "长" * 9000}})
    error = _raised(client, lambda: client.rename_file("11", "a"))
    assert len(error.exchange.message) == 500
    assert error.exchange.message.startswith("*** 长长")
