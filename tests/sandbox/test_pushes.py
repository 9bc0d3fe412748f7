"""The imitation of ClassIn's push queue: in order, one at a time, again until it is acknowledged."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from sandbox.credentials import CLASSIN_SECRET, CLASSIN_SID
from sandbox.pushes import NotOnThisMachine, is_acknowledged
from sandbox.server import Sandbox
from tests.sandbox.callers import control

ACK = b'{"error_info": {"errno": 1, "error": "ok"}}'


class Receiver(HTTPServer):
    """Takes messages; what `answers` holds is answered first, then the acknowledgement."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.answers: list[tuple[int, bytes]] = []
        self.taken: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/webhooks/classin/default/"


class Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.headers.append(dict(self.headers))
        status, body = self.server.answers.pop(0) if self.server.answers else (200, ACK)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing: the test looks at what was taken."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_messages_are_signed_and_come_with_the_documented_headers(sandbox: Sandbox, receiver: Receiver):
    queue = sandbox.push_to(receiver.url, resend_seconds=0.01)
    sandbox.application.pushes.say("Test", Msg="hello")
    assert queue.wait_until_empty(5)
    (message,) = receiver.taken
    expected = hashlib.md5(f"{CLASSIN_SECRET}{message['TimeStamp']}".encode()).hexdigest()
    assert message["SafeKey"] == expected
    assert message["TimeStamp"] == message["ActionTime"] + 600
    assert (message["SID"], message["Cmd"], len(message["_id"])) == (int(CLASSIN_SID), "Test", 24)
    assert receiver.headers[0]["Origin"] == "http://www.eeo.cn"
    assert receiver.headers[0]["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "refusal",
    [
        (500, b""),
        (200, b"ok"),
        (200, b'{"error_info": {"errno": "1"}}'),
        (200, b'{"error_info": {"errno": true}}'),
        (200, b'{"errno": 1}'),
        (200, b'{"error_info": {"errno": 102}}'),
    ],
)
def test_what_is_not_acknowledged_comes_again_and_everything_behind_it_waits(
    sandbox: Sandbox, receiver: Receiver, refusal: tuple[int, bytes]
):
    receiver.answers = [refusal, refusal]
    queue = sandbox.push_to(receiver.url, resend_seconds=0.01)
    for number in range(3):
        sandbox.application.pushes.say("Test", n=number)
    assert queue.wait_until_empty(5)
    assert [message["n"] for message in receiver.taken] == [0, 0, 0, 1, 2]
    assert [sending.acknowledged for sending in queue.sendings] == [False, False, True, True, True]


def test_a_receiver_that_is_away_gets_it_later(sandbox: Sandbox, receiver: Receiver):
    queue = sandbox.push_to("http://127.0.0.1:9/", resend_seconds=0.01)
    sandbox.application.pushes.say("Test")
    assert not queue.wait_until_empty(0.1)
    queue.url = receiver.url
    assert queue.wait_until_empty(5)
    assert len(receiver.taken) == 1


def test_a_change_in_the_dashboard_is_pushed_with_what_changed_alone(sandbox: Sandbox, receiver: Receiver):
    course = sandbox.classin.add_course("Old")
    lesson = sandbox.classin.add_class(course)
    queue = sandbox.push_to(receiver.url, resend_seconds=0.01)
    sandbox.change("course", course.id, name="New")
    sandbox.change("class", lesson.id, name="Lesson 2", seats=3)
    sandbox.change("course", course.id, introduction="Not pushed")
    assert queue.wait_until_empty(5)
    first, second = receiver.taken
    assert (first["Cmd"], first["opType"]) == ("eeoCourseInfoChange", 3)
    assert first["opData"] == {"courseId": int(course.id), "courseName": "New"}
    assert second["opData"] == {
        "classId": int(lesson.id),
        "courseId": int(course.id),
        "className": "Lesson 2",
        "seatNum": 3,
    }


def test_that_a_video_was_deleted_is_never_told(sandbox: Sandbox, receiver: Receiver):
    clip = sandbox.classin.add_clip()
    queue = sandbox.push_to(receiver.url, resend_seconds=0.01)
    sandbox.change("clip", clip.id, deleted_at=1.0)
    assert queue.length == 0


def test_the_control_address_subscribes_pushes_and_shows(sandbox: Sandbox, receiver: Receiver):
    clip = sandbox.classin.add_clip()
    assert control(sandbox, "POST", "subscription", {"url": receiver.url, "resend_seconds": 0.01}).json() == {
        "ok": True
    }
    assert control(sandbox, "POST", "push", {"clip": clip.id}).json()["message"]["FileId"] == clip.id
    control(sandbox, "POST", "push", {"cmd": "EdbImg", "fields": {"x": 1}})
    assert sandbox.application.pushes.queues[CLASSIN_SID].wait_until_empty(5)
    (shown,) = control(sandbox, "GET", "pushes").json()["queues"]
    assert (shown["waiting"], [sending["acknowledged"] for sending in shown["sendings"]]) == (0, [True, True])
    assert "error" in control(sandbox, "POST", "push", {"clip": "none"}).json()


def test_messages_never_leave_this_machine(sandbox: Sandbox):
    for url in ("http://example.org/", "https://127.0.0.1/", "http://10.0.0.1/", "file:///etc"):
        with pytest.raises(NotOnThisMachine):
            sandbox.push_to(url)


def test_only_the_number_1_is_an_acknowledgement():
    assert is_acknowledged(ACK)
    assert not is_acknowledged(b"\xff")
