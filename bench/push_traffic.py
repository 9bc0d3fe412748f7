"""Messages as ClassIn sends them on a bad day: out of order, doubled, some of them broken; sent at a steady pace over HTTP."""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

SENDERS = 16
ACK_BEGINS = b'{"error_info": {"errno": 1,'
DOUBLED = 0.10
BROKEN = 0.05
WRONG_KEY = 0.01
BEGAN = 1_600_000_000


@dataclass(slots=True)
class Traffic:
    """What is sent, in order, each with whether it is to be acknowledged; and what must be there afterwards."""

    bodies: list[tuple[bytes, bool]] = field(default_factory=list)
    courses: int = 0
    lessons: int = 0
    videos: int = 0
    kept: int = 0
    broken: int = 0
    stored: int = 0


def traffic(count: int, secret: str, sid: str, *, seed: int = 20_230_614) -> Traffic:
    """`count` requests, shuffled: of one in fifty lessons its course, of each lesson its making, change, end and videos."""
    chance = random.Random(seed)  # noqa: S311 - a world made by chance on purpose
    made = Traffic()
    messages: list[dict[str, Any]] = []
    genuine = int(count * (1 - BROKEN - WRONG_KEY) / (1 + DOUBLED))
    while len(messages) < genuine:
        number = made.lessons + 1
        course = 1_000_000 + number // 50
        if number % 50 == 0 or number == 1:
            made.courses += 1
            messages.append(_course(course, number))
        made.lessons += 1
        messages += _lesson(2_000_000 + number, course, number)
        made.videos += 3
        messages.append({"Cmd": "EdbImg", "ClassID": 2_000_000 + number, "CourseID": course, "Images": []})
        made.kept += 1
    for place, message in enumerate(messages):
        message |= {"_id": f"{BEGAN + place:08x}a9f6c04aff{place % 2**24:06x}", "SID": int(sid)}
        message.setdefault("ActionTime", BEGAN + place)
    whole = [(_signed(message, secret), True) for message in messages]
    doubled = chance.sample(whole, int(len(whole) * DOUBLED))
    broken = [(_broken(chance, chance.choice(whole)[0], place), True) for place in range(int(count * BROKEN))]
    wrong = [
        (_signed(message, "not the secret"), False)
        for message in chance.sample(messages, int(count * WRONG_KEY))
    ]
    made.bodies = [*whole, *doubled, *broken, *wrong]
    chance.shuffle(made.bodies)
    made.broken = len({hashlib.sha256(body).digest() for body, _right in broken})
    made.stored = len(messages) + made.broken
    return made


def _course(course: int, number: int) -> dict[str, Any]:
    data = {"courseId": course, "courseName": f"Course {course}", "expiryTime": 0, "courseStatus": 2}
    return {
        "Cmd": "eeoCourseInfoChange",
        "CourseId": course,
        "opType": 1,
        "opTime": BEGAN + number,
        "opData": data,
    }


def _lesson(lesson: int, course: int, number: int) -> list[dict[str, Any]]:
    at = BEGAN + 100 * number
    ids = {"ClassID": lesson, "CourseID": course}
    named = {
        "classId": lesson,
        "className": f"Lesson {lesson}",
        "beginTime": at,
        "endTime": at + 3600,
        "seatNum": 7,
    }
    change = {"Cmd": "eeoClassInfoChange", **ids, "CourseId": course, "opTime": at}
    clips = [
        {
            "Cmd": "Record", **ids, "FileId": f"{lesson}{part}", "VST": at + part, "VET": at + 600 + part,
            "VUrl": f"http://1400313.vod2.myqcloud.com/{lesson}{part}/f0.mp4?sign=1", "Duration": 600, "Size": 40_960,
            "CIDExt": "ClassRoom", "ActionTime": at + 700,
        }
        for part in range(3)
    ]  # fmt: skip
    return [
        {**change, "opType": 1, "opData": named},
        {**change, "opType": 3, "opTime": at + 10, "opData": {"classId": lesson, "seatNum": 9}},
        *clips,
        {
            "Cmd": "End",
            **ids,
            "StartTime": at,
            "CloseTime": at + 4800,
            "ActionTime": at + 4800,
            "Data": {"inoutEnd": {}},
        },
    ]


def _signed(message: dict[str, Any], secret: str) -> bytes:
    stamp = message["ActionTime"] + 600
    key = hashlib.md5(f"{secret}{stamp}".encode(), usedforsecurity=False).hexdigest()
    return json.dumps({**message, "TimeStamp": stamp, "SafeKey": key}).encode()


def _broken(chance: random.Random, body: bytes, place: int) -> bytes:
    """A message that lost its end, that is another encoding, that is no object, or that is far too long."""
    mark = f"#{place}".encode()
    return chance.choice(
        [
            body[: chance.randrange(1, len(body) - 1)] + mark,
            mark + b"\xff\xfe" + body,
            b'["' + mark + b'"]',
            b'{"a": "' + mark + b"x" * 1_100_000,
        ]
    )


@dataclass(slots=True)
class Answers:
    """What came back: milliseconds of each answer, and how many were not as they must be."""

    milliseconds: list[float]
    wrong: list[str]
    seconds: float
    late: float
    """By how many milliseconds the 99th of 100 requests left later than its pace had it: the sender's own trouble."""


def send(url: str, bodies: Sequence[tuple[bytes, bool]], *, per_second: float) -> Answers:
    """Send all of them at this pace on a few kept connections; whoever answers slowly delays only its own connection."""
    waiting: SimpleQueue[tuple[float, bytes, bool]] = SimpleQueue()
    began = time.perf_counter() + 0.05
    for place, (body, acknowledged) in enumerate(bodies):
        waiting.put((began + place / per_second, body, acknowledged))
    took: list[float] = []
    late: list[float] = []
    wrong: list[str] = []

    def work() -> None:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=30)
        while True:
            try:
                due, body, acknowledged = waiting.get_nowait()
            except Empty:
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            start = time.perf_counter()
            late.append(max(0.0, start - due) * 1000)
            status, answer = _post(connection, parts.path, body)
            took.append((time.perf_counter() - start) * 1000)
            if (status == 200 and answer.startswith(ACK_BEGINS)) is not acknowledged:
                wrong.append(f"{status} {answer[:80]!r} for {body[:80]!r}")
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Answers(sorted(took), wrong, time.perf_counter() - began, sorted(late)[len(late) * 99 // 100])


def _post(connection: http.client.HTTPConnection, path: str, body: bytes) -> tuple[int, bytes]:
    """One request; a connection that the server closed meanwhile is opened again."""
    headers = {"Origin": "http://www.eeo.cn", "Content-Type": "application/json"}
    for attempt in range(2):
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as broken:
            connection.close()
            if attempt:
                return 0, repr(broken).encode()
    raise AssertionError("two attempts return")


def wait_for(true: Callable[[], bool], seconds: float) -> bool:
    """Whether it became true within this time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True
