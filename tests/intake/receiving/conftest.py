"""An account that ClassIn pushes to, and posting to its address."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from intake.receiving import endpoint, flood, waking
from intake.receiving.work import work_off as work
from operations.models import Account
from sandbox.credentials import CLASSIN_SECRET, CLASSIN_SID
from tests.factories.operations import AccountFactory

URL = "/webhooks/classin/default/"
STAMP = 1_499_673_600
ACK = {"error_info": {"errno": 1, "error": "ok"}}

WAKE = waking.Waker.wake
"""What really wakes a worker; tests that have none put something harmless in its place."""

_numbers = itertools.count(1)


def key(stamp: object = STAMP, secret: str = CLASSIN_SECRET) -> str:
    return hashlib.md5(f"{secret}{stamp}".encode()).hexdigest()


def signed(body: dict[str, Any], *, stamp: int = STAMP, secret: str = CLASSIN_SECRET) -> dict[str, Any]:
    """A message as ClassIn sends it: with an id, its school, time stamp and key."""
    own = {"_id": f"5f5f5f5f5f5f5f5f{next(_numbers):08x}", "SID": int(CLASSIN_SID)}
    return {**own, **body, "TimeStamp": stamp, "SafeKey": key(stamp, secret)}


def course(
    course_id: int = 24_071_593, *, at: int = 1_686_728_238, kind: int = 1, **data: Any
) -> dict[str, Any]:
    """A course made or changed."""
    values = {"courseId": course_id, **({"courseName": "Chinese 1"} if kind == 1 else {}), **data}
    return signed(
        {
            "Cmd": "eeoCourseInfoChange",
            "CourseId": course_id,
            "opType": kind,
            "opTime": at,
            "ActionTime": at,
            "opData": values,
        }
    )


def lesson(
    class_id: int = 662_391,
    course_id: int = 24_071_593,
    *,
    at: int = 1_686_728_940,
    kind: int = 1,
    **data: Any,
) -> dict[str, Any]:
    """A lesson made, changed or deleted."""
    made = {
        "className": "Lesson 1",
        "courseName": "Chinese 1",
        "beginTime": 1_686_729_420,
        "endTime": 1_686_731_820,
    }
    values = {"classId": class_id, "courseId": course_id, **(made if kind == 1 else {}), **data}
    ids = {"ClassID": class_id, "CourseID": course_id, "CourseId": course_id}
    return signed(
        {"Cmd": "eeoClassInfoChange", **ids, "opType": kind, "opTime": at, "ActionTime": at, "opData": values}
    )


def clip(
    file_id: str = "5285890784", class_id: int = 662_391, *, at: int = 1_686_732_000, **more: Any
) -> dict[str, Any]:
    """A new class video."""
    body = {
        "Cmd": "Record", "ClassID": class_id, "CourseID": 24_071_593, "ActionTime": at, "FileId": file_id,
        "VUrl": f"http://1400313.vod2.myqcloud.com/ab12/{file_id}/f0.mp4?t=5fa3&sign=c0ffee",
        "VST": 1_686_729_430, "VET": 1_686_729_532, "Duration": 12_345, "Size": 40_960, "CIDExt": "ClassRoom",
    }  # fmt: skip
    return signed({**body, **more})


@pytest.fixture
def school(settings: Any, db: None) -> Account:
    """The account that is pushed to."""
    settings.PROVIDER_ACCOUNTS = {
        "classin": {
            "default": {"sid": CLASSIN_SID, "secret": CLASSIN_SECRET, "base_url": "http://127.0.0.1:1"}
        }
    }
    account: Account = AccountFactory()
    return account


@pytest.fixture(autouse=True)
def nothing_counted_yet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Buckets full, counts empty and written at once; wake-ups asked for and sent to nobody."""
    monkeypatch.setattr(flood, "WRITE_EVERY", 0.0)
    monkeypatch.setattr(waking.Waker, "wake", lambda self, account_id: None)
    for one in (flood.signed, flood.unproven, flood.tally, endpoint._accounts):
        one.clear()
    yield
    flood.tally.clear()
    endpoint._accounts.clear()


@pytest.fixture
def push(school: Account, client: Client) -> Callable[..., Any]:
    """Post a message to the school's address."""

    def post(body: Any, url: str = URL, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return client.post(
            url, raw, content_type="application/json", headers={"Origin": "http://www.eeo.cn", **headers}
        )

    return post


@pytest.fixture
def take(push: Callable[..., Any], school: Account) -> Callable[..., None]:
    """Push messages and work them off."""

    def pushed(*bodies: Any) -> None:
        for body in bodies:
            assert push(body).json() == ACK
        work(school.pk)

    return pushed
