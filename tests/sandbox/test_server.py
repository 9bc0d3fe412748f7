"""The server itself: loopback, connections, latency, command line."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sandbox.__main__ import main
from sandbox.server import NotLoopback, Sandbox
from tests.sandbox.callers import classin, control, send

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "localhost", "example.org", "::", ""])
def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(NotLoopback):
        Sandbox(host=host)


def test_a_connection_is_kept_for_many_calls(sandbox: Sandbox) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    sockets = set()
    for _ in range(5):
        connection.request("GET", "/_sandbox/health")
        sockets.add(connection.sock)
        assert connection.getresponse().read()
    connection.close()
    assert len(sockets) == 1


def test_thirty_two_clients_are_served_at_once_and_each_effect_is_logged_once(sandbox: Sandbox) -> None:
    lesson = sandbox.classin.add_class()
    clips = [sandbox.classin.add_clip(lesson) for _ in range(64)]
    answers: list[int] = []

    def work(part: int) -> None:
        answers.extend(
            classin(sandbox, "deleteClassVideo", classId=lesson.id, fileId=clip.id).errno
            for clip in clips[part::32]
        )

    threads = [threading.Thread(target=work, args=(part,)) for part in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [1] * 64
    effects = [entry["effect"][0] for entry in sandbox.effects()]
    assert sorted(effects) == sorted(clip.id for clip in clips)
    assert [entry["n"] for entry in sandbox.calls()] == list(range(1, 65))


def test_latency_is_kept(sandbox: Sandbox) -> None:
    assert control(sandbox, "POST", "latency", {"ms": 80}).json() == {"ms": 80}
    started = time.monotonic()
    assert classin(sandbox, "renameFile", fileId="1", fileName="a").errno == 198
    assert 0.08 <= time.monotonic() - started < 1


def test_the_providers_clock_can_be_wrong(sandbox: Sandbox) -> None:
    assert control(sandbox, "POST", "clock", {"offset": 1500}).status == 200
    assert classin(sandbox, "renameFile", fileId="1", fileName="a").errno == 102


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/3.0\r\n\r\n", b"505"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: few\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET /elsewhere HTTP/1.1\r\n\r\n", b"404"),
    ],
)
def test_what_is_no_request_is_answered_so(sandbox: Sandbox, request_bytes: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as connection:
        connection.sendall(request_bytes)
        assert connection.recv(100).split()[1] == status


@pytest.mark.parametrize(
    ("path", "body"),
    [("latency", {"ms": "fast"}), ("latency", {}), ("clock", {"offset": True}), ("change", [])],
)
def test_a_control_call_that_makes_no_sense_is_refused(sandbox: Sandbox, path: str, body: object) -> None:
    got = control(sandbox, "POST", path, body)
    assert got.status == 400
    assert got.json()["error"]


def test_an_unknown_control_address_lists_the_known_ones(sandbox: Sandbox) -> None:
    got = send(sandbox, "GET", "/_sandbox/nothing")
    assert got.status == 404
    assert "GET /_sandbox/world" in got.json()["known"]


def test_the_environment_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--print-env", "--port", "8700"]) == 0
    lines = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["BACKOFFICE_SANDBOX"] == "1"
    assert lines["CLASSIN_BASE_URL"] == lines["HUAWEI_VOD_ENDPOINT"] == "http://127.0.0.1:8700"
    assert lines["SYNGRAFII_BASE_URL"] == "http://127.0.0.1:8700/api/v1"


@pytest.mark.parametrize("arguments", [["--host", "0.0.0.0"], ["--seed", "bench:none"], ["--seed", "moon"]])
def test_a_wrong_command_line_ends_with_a_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "0", *arguments]) == 1
    assert capsys.readouterr().err.startswith("sandbox: ")


def test_the_command_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--seed", "bench:2", "--data", str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        port = int(first.split("http://127.0.0.1:")[1].split(",")[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/_sandbox/world")
        assert b'"1000002"' in connection.getresponse().read()
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
