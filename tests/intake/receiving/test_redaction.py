"""The key and the time stamp that a message came with are nowhere: they open ClassIn's interface for twenty minutes."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from backoffice.log_lines import ScrubbedFormatter
from intake.models import PushMessage
from intake.receiving import endpoint, registry
from providers.classin import pushes
from tests.intake.receiving.conftest import ACK, clip, course, key, lesson, signed

pytestmark = pytest.mark.django_db

STAMP = 1_733_999_777
KEY = key(STAMP)


def everything_stored() -> str:
    """Every text of every table."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(found)


def seconds(message: dict[str, Any]) -> dict[str, Any]:
    return {**message, "TimeStamp": STAMP, "SafeKey": KEY}


READABLE = [
    seconds(course()),
    seconds(lesson()),
    seconds(clip()),
    seconds(
        {
            **clip(),
            "Copy": {
                "safeKey": KEY,
                "safe_key": KEY,
                "timeStamp": STAMP,
                "list": [KEY, {"TIMESTAMP": str(STAMP)}],
            },
        }
    ),
    seconds({**clip(), "Msg": f"key {KEY} of now"}),
    seconds(signed({"Cmd": "Unknown", "x": [[{"SafeKey": KEY}]]})),
]
BROKEN = [
    json.dumps(seconds(clip()))[:-5].encode(),
    json.dumps(json.dumps(seconds(clip()))).encode(),
    f"SafeKey={KEY}&TimeStamp={STAMP}&Cmd=Record".encode(),
    quote(json.dumps({"SafeKey": KEY, "TimeStamp": STAMP})).encode(),
    json.dumps(seconds(clip())).encode("utf-16"),
    f"<xml><SafeKey>{KEY}</SafeKey></xml>".encode(),
]


@pytest.mark.parametrize("body", [*READABLE, *BROKEN])
def test_neither_is_in_the_database(take: Any, body: Any):
    take(body)
    assert PushMessage.objects.count() == 1
    stored = everything_stored()
    assert KEY not in stored
    if not isinstance(body, bytes) or b"<xml>" not in body:
        assert str(STAMP) not in stored


def test_neither_is_in_a_log_line_or_an_answer_whatever_goes_wrong(
    push: Any, school: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    from intake.receiving.work import work_off

    def broken(*args: Any) -> None:
        raise ValueError(f"SafeKey={KEY} in {args}")

    caplog.set_level(logging.DEBUG)
    monkeypatch.setitem(registry._handlers, "Record", broken)
    push(seconds(clip()))
    work_off(school.pk)
    monkeypatch.setattr(endpoint, "store", broken)
    answers = [push(seconds(clip())), push(seconds(clip()) | {"SafeKey": "0" * 32})]
    monkeypatch.setattr(endpoint, "_received", broken)
    answers.append(push(seconds(clip())))
    lines = "\n".join(ScrubbedFormatter("%(message)s").format(record) for record in caplog.records)
    assert "could not be worked off" in lines
    for text in (lines, *(answer.content.decode() for answer in answers)):
        assert KEY not in text
        assert str(STAMP) not in text


def test_a_signed_address_loses_its_query_and_a_name_keeps_its_text(take: Any):
    take(course(courseName="http://lessons.example/?a=1"), lesson(), clip())
    assert (
        PushMessage.objects.get(cmd="Record").body["VUrl"]
        == "http://1400313.vod2.myqcloud.com/ab12/5285890784/f0.mp4"
    )
    assert (
        PushMessage.objects.filter(cmd="eeoCourseInfoChange").get().body["opData"]["courseName"]
        == "http://lessons.example/?a=1"
    )


def test_the_page_and_the_list_show_stars(push: Any, admin_client: Any):
    assert push(seconds(clip())).json() == ACK
    page = admin_client.get(PushMessage.objects.get().get_absolute_url()).content.decode()
    assert "***" in page
    for text in (page, admin_client.get("/admin/intake/pushmessage/").content.decode()):
        assert KEY not in text
        assert str(STAMP) not in text


def test_a_message_never_shows_its_text_by_mistake():
    received = endpoint.Received(f'{{"SafeKey": "{KEY}"}}'.encode(), 10, "d", complete=True)
    assert KEY not in repr(received)


def test_redacting_again_changes_nothing():
    once = pushes.redacted(seconds(clip()))
    assert pushes.redacted(once) == once
