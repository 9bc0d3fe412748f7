"""ClassIn's client: what goes over the wire, what is refused before, and how answers are read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from providers.classin import ClassInClient, CourseChanges, Upload
from providers.classin.cloud import FolderNode, ListedFile, ListedFolder
from providers.codes import CodeClass
from providers.outcome import Ambiguous, InvalidRequest, Rejected
from tests.providers.loopback import Loopback, Received

DONE = {"error_info": {"errno": 1, "error": "程序正常执行"}}
CREDENTIALS = {"SID", "safeKey", "timeStamp"}
COVER = Upload("封面.png", "image/png", b"\x89PNG bytes")


@pytest.fixture
def client(server: Loopback) -> Iterator[ClassInClient]:
    ticks = count(1_700_000_000)
    made = ClassInClient(base_url=server.url, sid="1234567", secret="s3cret", clock=lambda: next(ticks))
    yield made
    made.close()


def fields(request: Received) -> dict[str, str]:
    return {name: value for name, value in request.form.items() if name not in CREDENTIALS}


def test_each_sending_is_signed_afresh(server: Loopback, client: ClassInClient) -> None:
    server.will_answer(DONE)
    server.will_answer(DONE)
    client.rename_file("11", "a")
    client.rename_file("11", "a")
    forms = [request.form for request in server.received]
    assert [form["timeStamp"] for form in forms] == ["1700000000", "1700000001"]
    for form in forms:
        assert form["SID"] == "1234567"
        assert form["safeKey"] == hashlib.md5(f"s3cret{form['timeStamp']}".encode()).hexdigest()


@pytest.mark.parametrize(
    ("act", "path", "action", "sent"),
    [
        (
            lambda c: c.delete_class_video("9876", "55"),
            "course",
            "deleteClassVideo",
            {"classId": "9876", "fileId": "55"},
        ),
        (lambda c: c.delete_all_class_videos("9876"), "course", "deleteClassVideo", {"classId": "9876"}),
        (
            lambda c: c.rename_file("123456", "课件2017"),
            "cloud",
            "renameFile",
            {"fileId": "123456", "fileName": "课件2017"},
        ),
        (
            lambda c: c.edit_course("352861", CourseChanges(expiry_time=0, course_introduce="")),
            "course",
            "editCourse",
            {"courseId": "352861", "expiryTime": "0", "courseIntroduce": ""},
        ),
        (
            lambda c: c.edit_course(
                "352861",
                CourseChanges(
                    folder_id="22419",
                    course_name="Today is a good day",
                    expiry_time=1484811085,
                    main_teacher_uid="1001001",
                    stamp=2,
                    subject_id=99,
                    course_introduce="ClassIn,真正专业的在线教室",
                    classroom_setting_id="235",
                ),
            ),
            "course",
            "editCourse",
            {
                "courseId": "352861",
                "folderId": "22419",
                "courseName": "Today is a good day",
                "expiryTime": "1484811085",
                "mainTeacherUid": "1001001",
                "stamp": "2",
                "subjectId": "99",
                "courseIntroduce": "ClassIn,真正专业的在线教室",
                "classroomSettingId": "235",
            },
        ),
    ],
)
def test_only_what_was_asked_for_is_sent(
    server: Loopback,
    client: ClassInClient,
    act: Callable[[ClassInClient], Any],
    path: str,
    action: str,
    sent: dict[str, str],
) -> None:
    server.will_answer(DONE)
    reply = act(client)
    request = server.received[0]
    assert (request.method, request.target) == ("POST", f"/partner/api/{path}.api.php?action={action}")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert fields(request) == sent
    assert reply.code.kind is CodeClass.DONE
    assert reply.exchange.sent == sent
    assert (reply.exchange.code, reply.exchange.message) == ("1", "程序正常执行")


def test_a_cover_and_only_a_cover_makes_it_multipart(server: Loopback, client: ClassInClient) -> None:
    server.will_answer(DONE)
    reply = client.edit_course("352861", CourseChanges(cover=COVER))
    request = server.received[0]
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert 'name="Filedata"; filename="封面.png"'.encode() in request.body
    assert b"Content-Type: image/png\r\n\r\n\x89PNG bytes\r\n" in request.body
    assert reply.exchange.sent["Filedata"] == {
        "name": "封面.png",
        "size": len(COVER.content),
        "sha256": hashlib.sha256(COVER.content).hexdigest(),
    }
    assert b"PNG bytes" not in str(reply.exchange).encode()
    assert "bytes" in repr(COVER)
    assert "PNG b" not in repr(COVER)


@pytest.mark.parametrize(
    "empty", ["", " ", None, 0, "0", "000", "\u200b", "12 3", "1\n", "a" * 129, b"5", ["5"]]
)
def test_an_empty_or_doubtful_id_is_refused(server: Loopback, client: ClassInClient, empty: Any) -> None:
    acts: dict[str, Callable[[], object]] = {
        "fileId": lambda: client.delete_class_video("1", empty),
        "classId": lambda: client.delete_class_video(empty, "1"),
        "courseId": lambda: client.edit_course(empty, CourseChanges(course_name="a")),
    }
    for field, act in acts.items():
        with pytest.raises(InvalidRequest) as caught:
            act()
        assert caught.value.field == field
    with pytest.raises(InvalidRequest):
        client.delete_all_class_videos(empty)
    assert server.received == []


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("courseName", {"course_name": "n" * 91}),
        ("courseName", {"course_name": " "}),
        ("courseIntroduce", {"course_introduce": "文" * 401}),
        ("expiryTime", {"expiry_time": -1}),
        ("expiryTime", {"expiry_time": 1_700_000_000_000}),
        ("expiryTime", {"expiry_time": True}),
        ("expiryTime", {"expiry_time": "0"}),
        ("mainTeacherUid", {"main_teacher_uid": "", "stamp": 1}),
        ("stamp", {"main_teacher_uid": "1001001"}),
        ("stamp", {"main_teacher_uid": "1001001", "stamp": 3}),
        ("stamp", {"stamp": 1}),
        ("subjectId", {"subject_id": 17}),
        ("classroomSettingId", {"classroom_setting_id": ""}),
        ("folderId", {"folder_id": ""}),
        ("Filedata", {"cover": Upload("a.png", "image/png", b"")}),
        ("Filedata", {"cover": Upload("a.exe", "application/x-msdownload", b"MZ")}),
        (None, {}),
    ],
)
def test_a_value_over_the_limits_is_refused_beside_its_field(
    server: Loopback, client: ClassInClient, field: str | None, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.edit_course("352861", CourseChanges(**changes))
    assert caught.value.field == field
    assert caught.value.code.meaning.zh
    assert server.received == []


def test_values_at_the_limits_are_sent(server: Loopback, client: ClassInClient) -> None:
    server.will_answer(DONE)
    client.edit_course(
        "1",
        CourseChanges(
            course_name="名" * 90, course_introduce="文" * 400, subject_id=0, classroom_setting_id="0"
        ),
    )
    sent = fields(server.received[0])
    assert (len(sent["courseName"]), len(sent["courseIntroduce"])) == (90, 400)
    assert (sent["subjectId"], sent["classroomSettingId"]) == ("0", "0")


@pytest.mark.parametrize("name", ["", "  ", None, "n" * 129])
def test_a_file_name_over_the_limits_is_refused(client: ClassInClient, name: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.rename_file("1", name)
    assert caught.value.field == "fileName"


@pytest.mark.parametrize("errno", [1, "1", " 1 "])
def test_an_errno_counts_whether_number_or_text(server: Loopback, client: ClassInClient, errno: Any) -> None:
    server.will_answer({"error_info": {"errno": errno, "error": ""}})
    assert client.rename_file("1", "a").code.kind is CodeClass.DONE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[" * 100_000,
        [],
        {},
        {"errno": 1},
        {"error_info": []},
        {"error_info": {"error": "x"}},
        {"error_info": {"errno": True}},
        {"error_info": {"errno": 1.0}},
        {"error_info": {"errno": None}},
        {"error_info": {"errno": "one"}},
        {"error_info": {"errno": 777, "error": "?"}},
        {"error_info": {"errno": 104, "error": "操作失败"}},
        {"error_info": {"errno": 0, "error": "ok"}},
    ],
    ids=lambda body: str(body)[:30],
)
def test_an_answer_without_a_clear_number_is_ambiguous(
    server: Loopback, client: ClassInClient, body: Any
) -> None:
    server.will_answer(body)
    with pytest.raises(Ambiguous) as caught:
        client.delete_class_video("1", "2")
    assert caught.value.code.kind is CodeClass.UNKNOWN


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, DONE, Ambiguous),
        (500, {"error_info": {"errno": 384}}, Rejected),
        (502, b"<html>Bad gateway</html>", Ambiguous),
        (403, b"<html>Forbidden</html>", Ambiguous),
        (429, {"error_info": {"errno": 777}}, Rejected),
        (429, DONE, Rejected),
    ],
)
def test_the_http_status_is_weighed_with_the_number(
    server: Loopback, client: ClassInClient, status: int, body: Any, expected: type[Exception]
) -> None:
    server.will_answer(body, status=status)
    with pytest.raises(expected) as caught:
        client.delete_class_video("1", "2")
    assert type(caught.value) is expected


@pytest.mark.parametrize("errno", [632, 634])
def test_a_video_that_was_gone_before_is_a_reply(server: Loopback, client: ClassInClient, errno: int) -> None:
    server.will_answer({"error_info": {"errno": errno, "error": "已被删除"}})
    reply = client.delete_class_video("1", "2")
    assert (reply.code.kind, reply.exchange.code) == (CodeClass.ALREADY, str(errno))


def test_a_no_comes_with_its_field_and_the_providers_words(server: Loopback, client: ClassInClient) -> None:
    server.will_answer({"error_info": {"errno": "200", "error": "已存在同名文件"}})
    with pytest.raises(Rejected) as caught:
        client.rename_file("1", "a")
    error = caught.value
    assert (error.field, error.code.kind) == ("fileName", CodeClass.FIX_INPUT)
    assert (error.exchange.code, error.exchange.message) == ("200", "已存在同名文件")
    assert error.exchange.http_status == 200


def test_a_folder_is_listed(server: Loopback, client: ClassInClient) -> None:
    server.will_answer(
        {
            "folder_list": [{"folder_id": 713961, "folder_name": "我的教材", "is_system_folder": 1}],
            "file_list": [{"id": "496229", "file_name": "test.png", "file_size": "27KB"}],
            **DONE,
        }
    )
    listing = client.list_cloud("748651").value
    assert listing.folders == (ListedFolder("713961", "我的教材", is_system=True),)
    assert listing.files == (ListedFile("496229", "test.png", "27KB"),)
    assert fields(server.received[0]) == {"folderId": "748651"}


def test_the_top_folder_is_listed_without_an_id(server: Loopback, client: ClassInClient) -> None:
    server.will_answer({"folder_list": [], "file_list": None, **DONE})
    assert client.list_cloud(None).value.files == ()
    assert fields(server.received[0]) == {}
    with pytest.raises(InvalidRequest):
        client.list_cloud("")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"folder_list": []},
        {"folder_list": [], "file_list": [{"file_name": "a"}]},
        {"folder_list": [], "file_list": "none"},
        {"folder_list": [], "file_list": [{"id": True, "file_name": "a"}]},
    ],
)
def test_an_incomplete_listing_proves_nothing(
    server: Loopback, client: ClassInClient, body: dict[str, Any]
) -> None:
    server.will_answer({**body, **DONE})
    with pytest.raises(Ambiguous):
        client.list_cloud(None)


def test_the_folder_tree_is_read(server: Loopback, client: ClassInClient) -> None:
    server.will_answer({"data": {"713940": [{"id": "713960", "pid": "713940", "name": "全部文件"}]}, **DONE})
    server.will_answer({"data": [], **DONE})
    server.will_answer({"error_info": {"errno": 106, "error": "无数据"}})
    assert client.list_folders().value == {"713940": (FolderNode("713960", "713940", "全部文件"),)}
    assert client.list_folders().value == {}
    assert client.list_folders().value == {}


@pytest.mark.parametrize("data", ["123456", 123456])
def test_the_top_folder_has_an_id(server: Loopback, client: ClassInClient, data: Any) -> None:
    server.will_answer({"data": data, **DONE})
    assert client.top_folder_id().value == "123456"


@pytest.mark.parametrize(("sid", "secret"), [("", "x"), ("1", ""), ("1", "with blank "), ("1", "密钥")])
def test_a_client_without_usable_credentials_is_not_made(sid: str, secret: str) -> None:
    with pytest.raises(ValueError, match="is empty or contains") as caught:
        ClassInClient(sid=sid, secret=secret)
    assert "with blank" not in str(caught.value)
