"""ClassIn's data subscription: one queue for each school, the next message only after the one before was acknowledged.

A message that is not acknowledged is sent again for ever, and everything behind it waits. It goes to loopback alone.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sandbox.credentials import CLASSIN_SCHOOLS, CLASSIN_SID
from sandbox.objects import Clip, Course, Lesson
from sandbox.world import Change, World

RESEND_SECONDS = 10.0
STAMP_AHEAD = 600
"""By how much `TimeStamp` is ahead of `ActionTime` in the published samples."""
TIMEOUT = 5.0
HEADERS = {"Origin": "http://www.eeo.cn", "Content-Type": "application/json"}

Message = dict[str, Any]


class NotOnThisMachine(ValueError):
    """Messages of the imitation go to 127.0.0.1, ::1 or localhost, by plain http."""


@dataclass(slots=True)
class Sending:
    """One time that a message was sent: its id, the status that came back (0: none), whether it was acknowledged."""

    message_id: str
    status: int
    acknowledged: bool


@dataclass
class Queue:
    """One school's messages on their way to `url`."""

    url: str
    secret: str
    resend_seconds: float = RESEND_SECONDS
    sendings: list[Sending] = field(init=False, default_factory=list)
    _waiting: deque[Message] = field(init=False, default_factory=deque)
    _changed: threading.Condition = field(init=False, default_factory=threading.Condition)
    _stopping: threading.Event = field(init=False, default_factory=threading.Event)
    _thread: threading.Thread | None = field(init=False, default=None)

    def put(self, message: Message) -> None:
        """Add a message to the end."""
        with self._changed:
            self._waiting.append(message)
            self._changed.notify_all()

    @property
    def length(self) -> int:
        """How many messages are not acknowledged yet."""
        with self._changed:
            return len(self._waiting)

    def wait_until_empty(self, seconds: float) -> bool:
        """Whether everything was acknowledged within this time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, seconds)

    def start(self) -> None:
        """Send in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="push-queue", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(TIMEOUT + 1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting) or self._stopping.is_set())
                if self._stopping.is_set():
                    return
                head = self._waiting[0]
            if self._send(head):
                with self._changed:
                    self._waiting.popleft()
                    self._changed.notify_all()
            else:
                self._stopping.wait(self.resend_seconds)

    def _send(self, message: Message) -> bool:
        body = json.dumps(signed(message, self.secret), ensure_ascii=False).encode()
        status, acknowledged = 0, False
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=TIMEOUT)
        try:
            connection.request("POST", parts.path or "/", body, HEADERS)
            answer = connection.getresponse()
            status, acknowledged = answer.status, is_acknowledged(answer.read())
        except (OSError, http.client.HTTPException):
            acknowledged = False
        finally:
            connection.close()
        self.sendings.append(Sending(str(message.get("_id", "")), status, acknowledged))
        return acknowledged


class Pushes:
    """The subscriptions of the imitated schools, and the messages that changes of the world give rise to."""

    def __init__(self, world: World, now: Callable[[], float] = time.time) -> None:
        self._world = world
        self._now = now
        self._numbers = itertools.count(1)
        self.queues: dict[str, Queue] = {}

    def subscribe(self, url: str, *, sid: str = CLASSIN_SID, resend_seconds: float = RESEND_SECONDS) -> Queue:
        """Switch a school's subscription on, in place of the one before. Raises NotOnThisMachine, KeyError for no school."""
        check_address(url)
        self.unsubscribe(sid)
        queue = self.queues[sid] = Queue(url, CLASSIN_SCHOOLS[sid], resend_seconds)
        queue.start()
        return queue

    def unsubscribe(self, sid: str = CLASSIN_SID) -> None:
        """Switch it off; what was not sent is lost."""
        if queue := self.queues.pop(sid, None):
            queue.stop()

    def stop(self) -> None:
        """Switch all of them off."""
        for sid in list(self.queues):
            self.unsubscribe(sid)

    def say(self, cmd: str, *, sid: str = CLASSIN_SID, **fields: Any) -> Message | None:
        """Queue a message; None where the school has no subscription."""
        queue = self.queues.get(sid)
        if queue is None:
            return None
        now = int(self._now())
        number = next(self._numbers)
        message = {
            "_id": f"{now:08x}a9f6c04aff{number:06x}",
            "SID": int(sid),
            "Cmd": cmd,
            "ActionTime": now,
            **fields,
        }
        queue.put(message)
        return message

    def tell(self, changes: list[Change]) -> None:
        """What ClassIn pushes of changes: those of courses and lessons. That a video was deleted it never tells."""
        for change in changes:
            if change.kind == "course":
                self._course(self._world.classin.courses[change.id], change.set)
            elif change.kind == "class":
                self._lesson(self._world.classin.lessons[change.id], change.set)

    def recorded(self, clip: Clip) -> Message | None:
        """A video file is there."""
        lesson = self._world.classin.lessons[clip.lesson_id]
        course = self._world.classin.courses[lesson.course_id]
        return self.say(
            "Record",
            sid=course.school,
            ClassID=int(lesson.id),
            CourseID=int(course.id),
            FileId=clip.id,
            VUrl=f"http://1400313.vod2.myqcloud.com/{course.id}/{clip.id}/f0.mp4",
            VST=clip.starts_at,
            VET=clip.ends_at,
            Duration=clip.ends_at - clip.starts_at,
            Size=clip.size,
            CIDExt=clip.camera,
        )

    def _course(self, course: Course, fields: Mapping[str, Any]) -> None:
        names = {
            "name": "courseName",
            "expires_at": "expiryTime",
            "status": "courseStatus",
            "course_type": "courseType",
        }
        data = {names[name]: value for name, value in fields.items() if name in names}
        if "main_teacher_uid" in fields:
            data["mainTeacherInfo"] = self._teacher(course.main_teacher_uid)
        if data:
            self.say(
                "eeoCourseInfoChange",
                sid=course.school,
                CourseId=int(course.id),
                opType=3,
                opTime=int(self._now()),
                opSource=6,
                opData={"courseId": int(course.id), **data},
            )

    def _lesson(self, lesson: Lesson, fields: Mapping[str, Any]) -> None:
        names = {"name": "className", "begins_at": "beginTime", "ends_at": "endTime", "seats": "seatNum"}
        data = {names[name]: value for name, value in fields.items() if name in names}
        if "teacher_uid" in fields:
            data["teacherInfo"] = self._teacher(lesson.teacher_uid)
        if not data:
            return
        course = self._world.classin.courses[lesson.course_id]
        ids = {"ClassID": int(lesson.id), "CourseID": int(course.id), "CourseId": int(course.id)}
        self.say(
            "eeoClassInfoChange",
            sid=course.school,
            **ids,
            opType=3,
            opTime=int(self._now()),
            opSource=3,
            opData={"classId": int(lesson.id), "courseId": int(course.id), **data},
        )

    def _teacher(self, uid: str) -> dict[str, Any]:
        person = self._world.classin.people.get(uid)
        return {"teacherUid": int(uid), "teacherName": person.name if person else "", "teacherNo": ""}


def signed(message: Message, secret: str) -> Message:
    """The message with time stamp and key, made anew for each sending."""
    stamp = int(message.get("ActionTime") or time.time()) + STAMP_AHEAD
    key = hashlib.md5(f"{secret}{stamp}".encode(), usedforsecurity=False).hexdigest()
    return {**message, "TimeStamp": stamp, "SafeKey": key}


def is_acknowledged(body: bytes) -> bool:
    """Only a JSON object whose `error_info.errno` is the number 1 takes a message off the queue."""
    try:
        answer = json.loads(body)
    except ValueError:
        return False
    info = answer.get("error_info") if isinstance(answer, dict) else None
    return isinstance(info, dict) and type(info.get("errno")) is int and info["errno"] == 1


def check_address(url: str) -> None:
    """Raise NotOnThisMachine unless messages may go there."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise NotOnThisMachine(f"{url!r} is not on this machine: use http://127.0.0.1:...")
