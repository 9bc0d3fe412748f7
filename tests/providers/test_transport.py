"""What the transport makes of everything that can go wrong on a wire."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from providers import connections
from providers.call import Answer, Call
from providers.codes import CodeClass
from providers.outcome import Ambiguous, NotSent, ProviderError, Rejected
from providers.syngrafii.codes import CODES
from providers.transport import Transport
from tests.providers.loopback import Loopback, http, read_request, reset

OK = {"packageId": "p", "videos": []}


@contextmanager
def transport(url: str, *, read_timeout: float = 5.0, max_bytes: int = 100_000) -> Iterator[Transport]:
    with closing(Transport(url, connect_timeout=0.3, read_timeout=read_timeout, max_bytes=max_bytes)) as made:
        yield made


def send(url: str, *, read_timeout: float = 5.0, max_bytes: int = 100_000) -> Answer:
    with transport(url, read_timeout=read_timeout, max_bytes=max_bytes) as made:
        return made.send(
            Call(CODES, "packages/videos"), "POST", "/x", data={"a": "b"}, headers={"api_key": "k3y"}
        )


def ending(url: str, *, read_timeout: float = 5.0, max_bytes: int = 100_000) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        send(url, read_timeout=read_timeout, max_bytes=max_bytes)
    assert caught.value.__context__ is None, "the HTTP library's exception holds the request"
    return caught.value


def judged(answer: Answer) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        Call(CODES, "packages/videos").judge(answer, "")
    return caught.value


def test_an_answer_comes_back_whole(server: Loopback) -> None:
    server.will_answer(OK, headers="X-Request-Id: r-1\r\n")
    answer = send(server.url)
    assert (answer.status, answer.headers["x-request-id"]) == (200, "r-1")
    assert Call(CODES, "x").json_object(answer) == OK


def test_a_refused_connection_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    error = ending(f"http://127.0.0.1:{port}")
    assert type(error) is NotSent
    assert error.code.value == "not_reached"


def test_a_connection_that_takes_too_long_is_not_sent() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        crowd = [socket.socket() for _ in range(3)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        error = ending(f"http://127.0.0.1:{port}")
        for one in crowd:
            one.close()
    assert type(error) is NotSent
    assert error.exchange.elapsed_ms >= 250


def test_an_unknown_host_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert type(ending("https://vod.example.invalid")) is NotSent


def test_a_certificate_that_nobody_vouches_for_is_not_sent(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        got: list[bytes] = []

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    with context.wrap_socket(connection, server_side=True) as secure:
                        got.append(secure.recv(10))
                except OSError:
                    got.append(b"")

        thread = threading.Thread(target=serve)
        thread.start()
        error = ending(f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join(5)
    assert type(error) is NotSent
    assert error.code.kind is CodeClass.CREDENTIALS
    assert "certificate" in error.exchange.message
    assert got == [b""]


def test_https_spoken_to_a_plain_port_is_not_sent(server: Loopback) -> None:
    assert type(ending(server.url.replace("http:", "https:"))) is NotSent
    assert server.received == []


def test_a_credential_that_cannot_stand_in_a_header_is_not_sent_and_not_shown(server: Loopback) -> None:
    with transport(server.url) as made, pytest.raises(NotSent) as caught:
        made.send(Call(CODES, "x"), "GET", "/", headers={"api_key": "top\nsecret"})
    assert "secret" not in str(caught.value)
    assert server.received == []


def _truncated(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"packageId"')


def _truncated_chunks(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{}")


@pytest.mark.parametrize(
    "behaviour",
    [
        reset,
        _truncated,
        _truncated_chunks,
        b"",
        b"\x00\xff garbage without a status line\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2, 7\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    ],
    ids=["reset", "truncated", "truncated chunks", "no answer", "garbage", "bad length", "bad gzip"],
)
def test_a_broken_answer_is_ambiguous_and_sent_once(
    server: Loopback, behaviour: bytes | Callable[[socket.socket], None]
) -> None:
    server.will(behaviour)
    assert type(ending(server.url)) is Ambiguous
    assert len(server.received) == 1


def test_silence_is_ambiguous_after_the_read_timeout(server: Loopback) -> None:
    def say_nothing(_: socket.socket) -> None:
        server.stopping.wait(2)

    server.will(say_nothing)
    error = ending(server.url, read_timeout=0.2)
    assert isinstance(error, Ambiguous)
    assert error.code.value == "no_answer"


@pytest.mark.parametrize(
    ("start", "drop"),
    [(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"), (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" ")],
    ids=["head", "body"],
)
def test_an_answer_that_drips_gets_no_more_than_the_read_timeout(
    server: Loopback, start: bytes, drop: bytes
) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        while not server.stopping.wait(0.05):
            connection.sendall(drop)

    server.will(drip)
    started = time.monotonic()
    error = ending(server.url, read_timeout=0.4)
    assert isinstance(error, Ambiguous)
    assert error.code.value == "no_answer"
    assert time.monotonic() - started < 1.5


def test_an_oversized_answer_is_ambiguous(server: Loopback) -> None:
    server.will_answer(b" " * 5000)
    error = ending(server.url, max_bytes=4000)
    assert isinstance(error, Ambiguous)
    assert error.code.value == "too_large"


def test_the_size_is_bounded_after_decompression(server: Loopback) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    server.will(http(bomb, headers="Content-Encoding: gzip\r\n"))
    assert ending(server.url, max_bytes=200_000).code.value == "too_large"


def test_a_compressed_answer_is_read(server: Loopback) -> None:
    server.will(http(gzip.compress(b'{"a": 1}'), headers="Content-Encoding: gzip\r\n"))
    assert send(server.url).body == b'{"a": 1}'


def test_a_redirect_is_not_followed(server: Loopback) -> None:
    server.will_answer({}, status=307, headers=f"Location: {server.url}/elsewhere\r\n")
    error = judged(send(server.url))
    assert isinstance(error, Ambiguous)
    assert error.code.value == "redirected"
    assert len(server.received) == 1


def test_an_unavailable_provider_is_ambiguous_and_not_asked_again(server: Loopback) -> None:
    server.will_answer({}, status=503, headers="Retry-After: 3\r\n")
    error = judged(send(server.url))
    assert isinstance(error, Ambiguous)
    assert error.retry_after == 3
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("Retry-After: 7\r\n", 7, 7),
        ("Retry-After: 999999999\r\n", 86_400, 86_400),
        pytest.param(
            f"Retry-After: {format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)}\r\n",
            1,
            3600,
            id="a date an hour ahead",
        ),
        ("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", 0, 0),
    ],
)
def test_too_many_requests_are_rejected_with_the_wait(
    server: Loopback, header: str, least: float, most: float
) -> None:
    server.will_answer({}, status=429, headers=header)
    error = judged(send(server.url))
    assert isinstance(error, Rejected)
    assert error.code.kind is CodeClass.RETRY_LATER
    assert error.retry_after is not None
    assert least <= error.retry_after <= most


@pytest.mark.parametrize("header", ["", "Retry-After: soon\r\n", "Retry-After: -1\r\n"])
def test_a_wait_that_cannot_be_read_is_no_wait(server: Loopback, header: str) -> None:
    server.will_answer({}, status=429, headers=header)
    assert judged(send(server.url)).retry_after is None


def test_cookies_are_not_kept(server: Loopback) -> None:
    server.will(http({}, headers="Set-Cookie: a=b; Path=/\r\n"), http({}))
    with transport(server.url) as made:
        for _ in range(2):
            made.send(Call(CODES, "x"), "GET", "/")
    assert "cookie" not in server.received[1].headers


def test_the_environment_gives_no_proxy(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.will_answer({})
    assert send(server.url).status == 200


@pytest.mark.parametrize(("longest_idle", "expected"), [(60.0, 1), (0.0, 2)])
def test_a_connection_is_kept_unless_it_was_idle_for_long(
    monkeypatch: pytest.MonkeyPatch, longest_idle: float, expected: int
) -> None:
    monkeypatch.setattr(connections, "LONGEST_IDLE", longest_idle)
    accepted: list[socket.socket] = []

    def serve(listener: socket.socket) -> None:
        answered = 0
        while answered < 2:
            connection, _ = listener.accept()
            accepted.append(connection)
            while answered < 2 and read_request(connection) is not None:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                answered += 1

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        with transport(f"http://127.0.0.1:{listener.getsockname()[1]}") as made:
            assert [made.send(Call(CODES, "x"), "GET", "/").body for _ in range(2)] == [b"{}", b"{}"]
        thread.join(5)
    for connection in accepted:
        connection.close()
    assert len(accepted) == expected


def test_many_threads_share_a_transport(server: Loopback) -> None:
    for _ in range(40):
        server.will(lambda connection: connection.sendall(http(server.received[-1].query)))
    with transport(server.url) as made, ThreadPoolExecutor(8) as pool:
        send_one = partial(made.send, method="GET", path="/")
        answers = pool.map(lambda n: send_one(Call(CODES, "x"), params={"n": str(n)}).body, range(40))
        assert list(answers) == [f'{{"n": ["{number}"]}}'.encode() for number in range(40)]


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return pem
