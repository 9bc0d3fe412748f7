"""The address that ClassIn pushes to: what is acknowledged, what is stored, what is not."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from intake.models import PushMessage, TurnedAway
from intake.receiving import endpoint, flood, storing
from sandbox.credentials import CLASSIN_OTHER_SID
from tests.intake.receiving.conftest import ACK, STAMP, URL, clip, course, key, signed

pytestmark = pytest.mark.django_db


def without(choice: str) -> Any:
    return override_settings(
        PUSHES={"without_key": choice, "max_bytes": 4_096, "wait_hours": 24.0, "keep_days": 180}
    )


def test_a_signed_message_is_stored_and_acknowledged(push: Any):
    answer = push(clip())
    assert (answer.status_code, answer.json()) == (200, ACK)
    stored = PushMessage.objects.get()
    assert (stored.cmd, stored.class_id, stored.file_id, stored.state) == (
        "Record",
        "662391",
        "5285890784",
        "waiting",
    )
    assert stored.message_id.startswith("5f5f")


def test_the_answer_costs_one_insert_in_one_short_transaction(push: Any):
    push(course())
    with CaptureQueriesContext(connection) as queries:
        push(clip())
    statements = [
        query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "PRAGMA"))
    ]
    assert [sql.split()[0] for sql in statements] == ["INSERT"]


def test_a_message_that_comes_again_is_stored_once_and_acknowledged_each_time(push: Any):
    message = clip()
    assert [push(message).json() for _ in range(3)] == [ACK] * 3
    assert PushMessage.objects.count() == 1


def test_a_message_without_an_id_is_known_by_its_uuid_or_its_content_whatever_its_time_stamp(push: Any):
    first = {name: value for name, value in course().items() if name != "_id"}
    push(first)
    push({**first, "TimeStamp": STAMP + 10, "SafeKey": key(STAMP + 10)})
    assert PushMessage.objects.count() == 1
    push({**first, "uuid": "4a5f150c"})
    push({**first, "uuid": "4a5f150c", "opType": 3})
    assert PushMessage.objects.count() == 2


def test_two_accounts_may_get_messages_of_the_same_id(push: Any, school: Any, settings: Any):
    from tests.factories.operations import AccountFactory

    AccountFactory(name="west")
    settings.PROVIDER_ACCOUNTS["classin"]["west"] = settings.PROVIDER_ACCOUNTS["classin"]["default"]
    message = course()
    assert push(message).json() == push(message, "/webhooks/classin/west/").json() == ACK
    assert PushMessage.objects.count() == 2


def test_an_old_or_future_time_stamp_is_no_reason_to_refuse(push: Any):
    assert push(signed({"Cmd": "Test"}, stamp=1)).json() == ACK
    assert push(signed({"Cmd": "Test"}, stamp=4_000_000_000)).json() == ACK


def test_a_number_or_text_as_time_stamp_and_capitals_in_the_key_are_the_same(push: Any):
    assert push({**course(), "TimeStamp": str(STAMP), "SafeKey": key().upper()}).json() == ACK


def test_a_wrong_key_is_refused_and_stores_no_message(push: Any):
    for wrong in ({"SafeKey": "0" * 32}, {"TimeStamp": STAMP + 1}, {"SafeKey": "é"}, {"TimeStamp": None}):
        answer = push({**clip(), **wrong})
        assert answer.status_code == 403
        assert answer.json()["error_info"]["errno"] != 1
    assert PushMessage.objects.count() == 0
    assert TurnedAway.objects.get().values()["count"] == 4


def test_a_flood_of_wrong_keys_costs_a_write_now_and_then(push: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(flood, "WRITE_EVERY", 3600.0)
    wrong = {**clip(), "SafeKey": "0" * 32}
    push(wrong)
    with CaptureQueriesContext(connection) as queries:
        for _ in range(20):
            push(wrong)
    assert not [query for query in queries if query["sql"].startswith(("INSERT", "UPDATE"))]
    monkeypatch.setattr(flood, "WRITE_EVERY", 0.0)
    push(clip())
    assert TurnedAway.objects.get().count == 21


def test_a_message_without_a_key_is_kept_for_a_person_by_default(push: Any):
    message = clip()
    del message["SafeKey"], message["TimeStamp"]
    assert push(message).json() == ACK
    stored = PushMessage.objects.get()
    assert (stored.state, stored.reason, stored.proof) == ("failed", "no_key", "missing")


def test_a_message_without_a_key_is_worked_off_where_the_operator_accepts_that(push: Any):
    message = clip()
    del message["SafeKey"]
    with without("accept"):
        assert push(message).json() == ACK
    assert PushMessage.objects.get().state == "waiting"


def test_a_message_without_a_key_is_refused_where_the_operator_says_so(push: Any):
    message = clip()
    del message["SafeKey"]
    with without("refuse"):
        assert push(message).status_code == 403
    assert PushMessage.objects.count() == 0
    assert TurnedAway.objects.get().kind == "no_key"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "unreadable_empty"),
        (b"\xff\xfe\x00", "unreadable_encoding"),
        (b'{"Cmd": "Record", ', "unreadable_json"),
        (b"[1, 2]", "unreadable_object"),
        (b"[" * 100_000, "too_long"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "unreadable_deep"),
        (b'{"a":' + b"[" * 1_900 + b"]" * 1_900 + b"}", "unreadable_deep"),
        (b'{"Cmd": "' + b"x" * 5_000 + b'"}', "too_long"),
    ],
)
def test_what_nobody_can_read_never_blocks_the_queue(push: Any, raw: bytes, reason: str):
    with without("keep"):
        assert push(raw).json() == ACK
        assert push(raw).json() == ACK
    stored = PushMessage.objects.get()
    assert (stored.state, stored.reason, stored.proof) == ("failed", reason, "unreadable")
    assert stored.body["size"] == len(raw) == stored.size_bytes
    assert len(stored.body["start"]) <= storing.START_KEPT


def test_numbers_and_signs_that_no_database_takes_are_stored_as_text(push: Any):
    raw = json.dumps(signed({"Cmd": "New", "a": 1})).replace(
        '"a": 1', '"a": NaN, "b": 1e999, "c": "\\u0000\\ud800", "d": ' + "9" * 5000
    )
    assert push(raw.encode()).json() == ACK
    stored = PushMessage.objects.get()
    assert stored.body["a"] == "NaN"
    assert stored.body["b"] == "1e999"
    assert stored.body["c"] == "\ufffd\ufffd"


def test_a_byte_order_mark_is_no_mistake(push: Any):
    assert push(b"\xef\xbb\xbf" + json.dumps(clip()).encode()).json() == ACK
    assert PushMessage.objects.get().state == "waiting"


def test_unreadable_messages_beyond_what_is_kept_are_acknowledged_and_counted(
    push: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(storing, "UNPROVEN_KEPT", 2)
    assert [push(f"nonsense {number}".encode()).json() for number in range(5)] == [ACK] * 5
    assert PushMessage.objects.count() == 2
    assert TurnedAway.objects.get().values()["count"] == 3


def test_messages_without_a_key_beyond_what_is_kept_come_again(push: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storing, "UNPROVEN_KEPT", 1)
    bodies = [
        {name: value for name, value in clip(str(number)).items() if name != "SafeKey"} for number in range(2)
    ]
    assert [push(body).status_code for body in bodies] == [200, 403]


def test_a_pace_that_no_queue_has_is_slowed_down_and_loses_nothing(
    push: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(flood, "signed", flood.Bucket(0.1))
    first, second = course(1), course(2)
    assert push(first).json() == ACK
    answer = push(second)
    assert answer.status_code == 429
    assert answer.json()["error_info"]["errno"] != 1
    monkeypatch.setattr(flood, "signed", flood.Bucket(400))
    assert push(second).json() == ACK
    assert PushMessage.objects.count() == 2


def test_the_bucket_gives_tokens_back_at_its_pace():
    bucket = flood.Bucket(2.0)
    assert [bucket.take(1, now=0.0) for _ in range(21)] == [True] * 20 + [False]
    assert bucket.take(2, now=0.0)
    assert [bucket.take(1, now=1.0) for _ in range(3)] == [True, True, False]


def test_a_queue_of_the_documented_kind_is_never_slowed_down():
    """One message at a time, the next after our answer, 4 ms there and back for an hour: faster than any way to ClassIn."""
    bucket = flood.Bucket(flood.SIGNED_PER_SECOND)
    assert all(bucket.take(1, now=number * 0.004) for number in range(900_000))


def test_an_unknown_account_is_not_found(push: Any):
    assert push(clip(), "/webhooks/classin/nowhere/").status_code == 404
    assert PushMessage.objects.count() == 0


def test_an_account_without_a_secret_takes_nothing_so_that_nothing_is_lost(
    push: Any, school: Any, settings: Any
):
    settings.PROVIDER_ACCOUNTS = {"classin": {"default": {}}}
    answer = push(signed({"Cmd": "Test"}, secret=""))
    assert answer.status_code == 503
    assert answer.json()["error_info"]["errno"] != 1


def test_another_schools_message_is_kept_as_failed(push: Any):
    assert push({**clip(), "SID": CLASSIN_OTHER_SID}).json() == ACK
    stored = PushMessage.objects.get()
    assert (stored.state, stored.reason, stored.reason_detail) == (
        "failed",
        "other_school",
        CLASSIN_OTHER_SID,
    )


def test_what_could_not_be_stored_is_not_acknowledged(push: Any, monkeypatch: pytest.MonkeyPatch):
    def away(row: Any) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(endpoint, "store", away)
    answer = push(clip())
    assert answer.status_code == 503
    assert answer.json()["error_info"]["errno"] != 1


def test_a_body_that_breaks_off_is_not_acknowledged(school: Any):
    part = BytesIO(json.dumps(clip()).encode()[:40])
    answer = Client().post(
        URL, content_type="application/json", **{"wsgi.input": part, "CONTENT_LENGTH": "4000"}
    )
    assert answer.status_code == 400
    assert PushMessage.objects.count() == 0


def test_only_post_is_taken(client: Client, school: Any):
    for method in ("get", "put", "delete", "head", "options"):
        answer = getattr(client, method)(URL)
        assert answer.status_code == 405
        assert answer["Allow"] == "POST"


def test_no_session_no_cookie_and_no_language_is_asked_for(push: Any):
    answer = push(clip())
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]


def test_a_message_that_our_own_code_cannot_take_is_kept_as_bytes_and_acknowledged(
    push: Any, monkeypatch: pytest.MonkeyPatch
):
    def broken(*args: Any) -> None:
        raise KeyError("oh")

    monkeypatch.setattr(endpoint, "signed_message", broken)
    assert push(clip()).json() == ACK
    stored = PushMessage.objects.get()
    assert (stored.state, stored.reason) == ("failed", "not_storable")
    assert key() not in str(stored.body)


def test_a_fault_of_ours_shows_no_page_of_the_debugger(
    push: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
):
    settings.DEBUG = True

    def broken(*args: Any) -> None:
        raise KeyError("oh")

    monkeypatch.setattr(endpoint, "_received", broken)
    answer = push(clip())
    assert answer.status_code == 503
    assert key() not in answer.content.decode()


def test_a_body_that_comes_in_chunks_is_read_where_the_server_can(school: Any):
    raw = json.dumps(clip()).encode()
    client = Client()
    more = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "", "wsgi.input": BytesIO(raw)}
    assert client.post(URL, content_type="application/json", **more).status_code == 400
    more["wsgi.input"] = BytesIO(raw)
    answer = client.post(URL, content_type="application/json", **more, **{"wsgi.input_terminated": True})
    assert answer.json() == ACK
    assert PushMessage.objects.get().cmd == "Record"
