"""The imitated providers as a child process: started, waited for, stopped."""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

STARTS_WITHIN: Final = 30.0
"""Seconds within which the child must answer."""
STOPS_WITHIN: Final = 10.0
_PR_SET_PDEATHSIG: Final = 1


class ImitationsFailed(Exception):
    """The child ended or never answered; the message says so to a person."""


class Imitations:
    """`python -m sandbox` on a port of loopback, in a session of its own: Ctrl-C reaches us first, and we stop it last."""

    def __init__(self, data: Path, port: int, *, push_to: str = "") -> None:
        """`push_to` is the address that ClassIn's messages go to; they wait until something answers there."""
        self.data = data
        self.port = port
        self.push_to = push_to
        self.url = f"http://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "sandbox", "--port", str(self.port), "--data", str(self.data)]
        if self.push_to:
            command += ["--push-to", self.push_to, "--push-every", "1"]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            cwd=Path(__file__).resolve().parent.parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no thread runs yet
        )
        try:
            self._wait_until_it_answers(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def variables(self) -> dict[str, str]:
        """The environment variables that connect the product to the imitations."""
        command = [sys.executable, "-m", "sandbox", "--port", str(self.port), "--print-env"]
        printed = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - as above
        return dict(line.split("=", 1) for line in printed.stdout.splitlines() if "=" in line)

    def stop(self) -> None:
        """End the child: asked first, made to after a while."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise ImitationsFailed(f"The imitated providers ended with code {process.returncode}.")
            if _answers(f"{self.url}/_sandbox/health"):
                return
            time.sleep(0.05)
        raise ImitationsFailed(f"The imitated providers did not answer within {STARTS_WITHIN:.0f} seconds.")


def world(base_url: str) -> dict[str, Any]:
    """Everything that exists at the imitated providers, as `GET /_sandbox/world` tells it."""
    with urllib.request.urlopen(f"{base_url}/_sandbox/world", timeout=60) as answer:  # noqa: S310 - loopback http
        told: dict[str, Any] = json.load(answer)
    return told


@contextmanager
def before_anybody_noticed(base_url: str, told: dict[str, Any]) -> Iterator[None]:
    """The imitated providers as they were before what the school has not noticed yet: within, a reading shows it still there."""
    for change in told["unnoticed"]:
        _control(base_url, "change", {"kind": change["kind"], "id": change["id"], "set": change["before"]})
    try:
        yield
    finally:
        for change in told["unnoticed"]:
            _control(base_url, "change", {"kind": change["kind"], "id": change["id"], "set": change["set"]})


def hold_back(told: dict[str, Any]) -> str:
    """Take the newest class video out of what the school's records tell, and return its id: ClassIn will tell of it by itself."""
    clips = told["classin"]["clips"]
    special = {one for ids in told["special"].values() for one in (ids if isinstance(ids, list) else [ids])}
    free = [clip for clip in clips if clip["fileId"] not in special and clip["classId"] not in special]
    if not free:
        return ""
    newest = max(free, key=lambda clip: (clip["VST"], clip["fileId"]))
    clips.remove(newest)
    return str(newest["fileId"])


def tell_news(base_url: str, clip_id: str, course_id: str, course_name: str) -> None:
    """Have the imitated ClassIn push what happened while you were starting: a new class video, and a course renamed there."""
    if clip_id:
        _control(base_url, "push", {"clip": clip_id})
    _control(base_url, "change", {"kind": "course", "id": course_id, "set": {"name": course_name}})


def _control(base_url: str, name: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310 - loopback http
        f"{base_url}/_sandbox/{name}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        answer.read()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - loopback http
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _end_with_parent() -> None:
    """Linux: when the demo itself is killed outright, its child goes as well."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
