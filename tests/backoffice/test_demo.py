"""The demo: what it takes from outside (nothing), what it keeps, and that it starts and stops as a whole."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from backoffice.demo import start

ROOT = Path(__file__).resolve().parent.parent.parent
STARTS_WITHIN = 90.0


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The process's variables, put back after the test."""
    kept = dict(os.environ)
    yield os.environ
    os.environ.clear()
    os.environ.update(kept)


def test_nothing_that_was_set_outside_reaches_the_demo(environment: Any, tmp_path: Path) -> None:
    environment |= {
        "CLASSIN_EAST_SID": "real",
        "CLASSIN_ACCOUNTS": "east",
        "DATABASE_URL": "postgres://production/school",
        "CELERY_BROKER_URL": "redis://production",
        "DJANGO_DEBUG": "1",
    }
    start.prepare(tmp_path, {"CLASSIN_SID": "imitated"})
    assert "real" not in environment.values()
    assert "CELERY_BROKER_URL" not in environment
    assert "DJANGO_DEBUG" not in environment
    assert environment["CLASSIN_SID"] == "imitated"
    assert environment["DATABASE_URL"].startswith("sqlite:///")
    assert (environment["BACKOFFICE_SANDBOX"], environment["BACKOFFICE_ENV_FILE"]) == ("1", "")


def test_the_secret_key_is_random_kept_and_private(tmp_path: Path) -> None:
    first = start.secret_key(tmp_path / "one")
    assert first == start.secret_key(tmp_path / "one")
    assert first != start.secret_key(tmp_path / "two")
    assert len(first) >= 50
    assert (tmp_path / "one").stat().st_mode & 0o077 == 0


def test_starting_over_removes_what_the_demo_made_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    for name in ("demo.sqlite3", "db.sqlite3", "notes.txt", "sandbox/journal"):
        (tmp_path / name).touch()
    start.reset(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["db.sqlite3", "notes.txt"]


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert start.free_port(port) > port


class Demo:
    """A demo in a process of its own, on a data folder of its own."""

    def __init__(self, data: Path, *arguments: str) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-u",
                "-m",
                "backoffice.demo",
                "--port",
                "18000",
                "--sandbox-port",
                "18600",
                *arguments,
            ],
            cwd=ROOT,
            env={**environ, "BACKOFFICE_DATA_DIR": str(data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""
        self.url = self._address()
        self.sandbox_pid = self._child()

    def _address(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if "Ctrl-C" in line:
                found = re.search(r"http://127\.0\.0\.1:\d+/", self.output)
                assert found is not None, self.output
                return found[0]
        raise AssertionError(f"the demo never said where it is:\n{self.output}")

    def _child(self) -> int:
        children = (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            .read_text(encoding="ascii")
            .split()
        )
        return int(children[0])

    def get(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        rest, _unused = self.process.communicate(timeout=60)
        self.output += rest
        return self.process.returncode


def is_gone(pid: int) -> bool:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.walk
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_it_starts_seeds_serves_keeps_its_data_and_stops_with_its_child(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    try:
        assert (demo.get("healthz"), demo.get("admin/login/"), demo.get("static/screens/css/base.css")) == (
            200,
            200,
            200,
        )
        assert "Doing what the school did before you came" in demo.output
        assert re.search(r"R-\d+: finished, [2-9]\d items", demo.output)
        refused = subprocess.run(
            [sys.executable, "-m", "backoffice.demo"],
            cwd=ROOT,
            env={**os.environ, "BACKOFFICE_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (refused.returncode, "running" in refused.stderr) == (1, True)
    finally:
        code = demo.end(signal.SIGTERM)
    assert code == 0, demo.output
    assert "Traceback" not in demo.output
    assert is_gone(demo.sandbox_pid)

    again = Demo(tmp_path)
    try:
        assert "Doing what the school did" not in again.output
        for word in ("editor", "deleter", "auditor", "admin", "try-it-out"):
            assert word in again.output
    finally:
        assert again.end(signal.SIGINT) == 0
    assert is_gone(again.sandbox_pid)
