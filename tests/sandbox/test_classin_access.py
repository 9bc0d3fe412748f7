"""Who gets in to the ClassIn imitation, and with what."""

import time
from urllib.parse import urlencode

import pytest

from sandbox.server import Sandbox
from tests.sandbox.callers import classin, send, signed

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DELETE = "/partner/api/course.api.php?action=deleteClassVideo"


def post(sandbox: Sandbox, target: str = DELETE, **fields: str) -> int:
    return int(send(sandbox, "POST", target, urlencode(fields).encode(), FORM).errno)


def test_a_signed_call_is_let_in(sandbox: Sandbox) -> None:
    clip = sandbox.classin.add_clip()
    assert classin(sandbox, "deleteClassVideo", classId=clip.lesson_id, fileId=clip.id).json() == {
        "error_info": {"errno": 1, "error": "程序正常执行"}
    }


@pytest.mark.parametrize("minutes", [-19, 19])
def test_a_clock_less_than_twenty_minutes_off_is_let_in(sandbox: Sandbox, minutes: int) -> None:
    assert post(sandbox, **signed(sandbox, time.time() + minutes * 60), classId="1") == 233


@pytest.mark.parametrize("minutes", [-21, 21])
def test_a_clock_more_than_twenty_minutes_off_is_refused(sandbox: Sandbox, minutes: int) -> None:
    assert post(sandbox, **signed(sandbox, time.time() + minutes * 60), classId="1") == 102


def test_milliseconds_are_refused_as_a_timestamp(sandbox: Sandbox) -> None:
    assert post(sandbox, **signed(sandbox, time.time() * 1000), classId="1") == 102


@pytest.mark.parametrize(
    "wrong",
    [{"safeKey": "0" * 32}, {"SID": "7"}, {"timeStamp": "now"}, {"timeStamp": str(int(time.time()) - 1)}],
)
def test_a_wrong_credential_is_refused(sandbox: Sandbox, wrong: dict[str, str]) -> None:
    assert post(sandbox, **{**signed(sandbox), **wrong}, classId="1") == 102


@pytest.mark.parametrize("missing", ["SID", "safeKey", "timeStamp"])
def test_a_missing_credential_is_an_incomplete_call(sandbox: Sandbox, missing: str) -> None:
    fields = signed(sandbox)
    del fields[missing]
    assert post(sandbox, **fields, classId="1") == 100


def test_get_is_refused(sandbox: Sandbox) -> None:
    assert send(sandbox, "GET", f"{DELETE}&{urlencode(signed(sandbox))}").errno == 100


@pytest.mark.parametrize("action", ["getCourseList", "renameFile", ""])
def test_an_action_that_the_script_does_not_have_is_refused(sandbox: Sandbox, action: str) -> None:
    assert post(sandbox, f"/partner/api/course.api.php?action={action}", **signed(sandbox)) == 102


def test_a_real_array_is_refused(sandbox: Sandbox) -> None:
    assert post(sandbox, **signed(sandbox), **{"classId": "1", "assistantUids[]": "1"}) == 155


def test_json_is_not_read(sandbox: Sandbox) -> None:
    assert send(sandbox, "POST", DELETE, b'{"SID": "1"}', {"Content-Type": "application/json"}).errno == 100


def test_maintenance_answers_everything_with_901(sandbox: Sandbox) -> None:
    sandbox.change("account", "classin", maintenance=True)
    assert classin(sandbox, "renameFile", fileId="1", fileName="a").errno == 901


def test_no_secret_reaches_the_log(sandbox: Sandbox) -> None:
    classin(sandbox, "renameFile", fileId="1", fileName="a")
    [call] = sandbox.calls()
    assert call["params"].keys() == {"SID", "timeStamp", "fileId", "fileName"}
    assert sandbox.credentials("classin")["secret"] not in str(call)
