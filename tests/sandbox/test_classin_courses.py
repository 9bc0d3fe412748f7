"""editCourse of the imitation."""

import io
import time
from typing import Any

import pytest
from PIL import Image

from sandbox.credentials import CLASSIN_OTHER_SID
from sandbox.server import Sandbox
from tests.sandbox.callers import Got, classin, send, signed

DAY = 86_400


def edit(sandbox: Sandbox, course_id: str, **fields: Any) -> int:
    return int(classin(sandbox, "editCourse", courseId=course_id, **fields).errno)


def upload(sandbox: Sandbox, course_id: str, content: bytes) -> Got:
    fields = {**signed(sandbox), "courseId": course_id}
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
        for k, v in fields.items()
    ]
    head = b'--b\r\nContent-Disposition: form-data; name="Filedata"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    body = b"".join(parts) + head + content + b"\r\n--b--\r\n"
    target = "/partner/api/course.api.php?action=editCourse"
    return send(sandbox, "POST", target, body, {"Content-Type": "multipart/form-data; boundary=b"})


def test_only_what_is_sent_changes_but_two_fields_fall_back_to_zero(sandbox: Sandbox) -> None:
    sandbox.classin.add_classroom_setting(setting_id="235")
    course = sandbox.classin.add_course(
        subject_id="3", classroom_setting_id="235", introduction="Old", expires_at=0
    )
    assert edit(sandbox, course.id, courseName="Piano, level 4") == 1
    assert (course.name, course.introduction) == ("Piano, level 4", "Old")
    assert (course.subject_id, course.classroom_setting_id) == ("0", "0")
    assert edit(sandbox, course.id, subjectId="11", classroomSettingId="235") == 1
    assert (course.subject_id, course.classroom_setting_id) == ("11", "235")


def test_long_texts_are_cut_without_a_word(sandbox: Sandbox) -> None:
    course = sandbox.classin.add_course()
    assert edit(sandbox, course.id, courseName="名" * 90, courseIntroduce="介" * 401) == 1
    assert (len(course.name), len(course.introduction)) == (40, 400)


@pytest.mark.parametrize(
    ("state", "errno"),
    [
        ({"status": 4}, 149),
        ({"info_missing": True}, 147),
        ({"course_type": 2}, 369),
        ({"expires_at": 1_600_000_000}, 153),
        ({"known": False}, 144),
        ({"school": CLASSIN_OTHER_SID}, 144),
    ],
)
def test_a_course_in_a_special_state_cannot_be_edited(
    sandbox: Sandbox, state: dict[str, object], errno: int
) -> None:
    course = sandbox.classin.add_course(**state)
    assert edit(sandbox, course.id, courseName="New") == errno
    assert not sandbox.effects()


@pytest.mark.parametrize(("days", "errno"), [(0.5, 151), (20, 152), (370, 154), (40, 1), (364, 1)])
def test_the_expiry_has_to_be_a_day_ahead_after_the_last_class_and_within_a_year(
    sandbox: Sandbox, days: float, errno: int
) -> None:
    course = sandbox.classin.add_course()
    sandbox.classin.add_class(course, ends_at=int(time.time()) + 30 * DAY)
    assert edit(sandbox, course.id, expiryTime=int(time.time() + days * DAY)) == errno


def test_an_empty_expiry_changes_nothing_and_zero_means_never(sandbox: Sandbox) -> None:
    later = int(time.time()) + 50 * DAY
    course = sandbox.classin.add_course(expires_at=later)
    assert edit(sandbox, course.id, expiryTime="") == 1
    assert course.expires_at == later
    assert edit(sandbox, course.id, expiryTime="0") == 1
    assert course.expires_at == 0


@pytest.mark.parametrize(
    ("role", "errno"),
    [
        ("student", 311),
        ("auditor", 312),
        ("outsider", 334),
        ("deactivated", 389),
        ("relation", 400),
        ("stopped", 805),
        ("account_deleted", 883),
        ("teacher", 1),
    ],
)
def test_only_a_teacher_of_the_school_can_lead_a_course(sandbox: Sandbox, role: str, errno: int) -> None:
    course, person = sandbox.classin.add_course(), sandbox.classin.add_teacher(role=role)
    assert edit(sandbox, course.id, mainTeacherUid=person.id) == errno


def test_unknown_and_malformed_teachers_are_refused(sandbox: Sandbox) -> None:
    course = sandbox.classin.add_course()
    assert edit(sandbox, course.id, mainTeacherUid="1009999") == 310
    assert edit(sandbox, course.id, mainTeacherUid="chen.yu") == 331


@pytest.mark.parametrize(("fields", "joins"), [({}, True), ({"stamp": "1"}, True), ({"stamp": "2"}, False)])
def test_the_former_head_teacher_joins_the_list_unless_told_otherwise(
    sandbox: Sandbox, fields: dict[str, str], joins: bool
) -> None:
    former, new = sandbox.classin.add_teacher(), sandbox.classin.add_teacher()
    course = sandbox.classin.add_course(main_teacher_uid=former.id)
    assert edit(sandbox, course.id, mainTeacherUid=new.id, **fields) == 1
    assert (former.id in course.teachers) is joins
    assert course.main_teacher_uid == new.id


def test_a_head_teacher_with_classes_to_give_cannot_be_replaced(sandbox: Sandbox) -> None:
    former, new = sandbox.classin.add_teacher(), sandbox.classin.add_teacher()
    course = sandbox.classin.add_course(main_teacher_uid=former.id)
    sandbox.classin.add_class(course, teacher_uid=former.id, ends_at=int(time.time()) + DAY)
    assert edit(sandbox, course.id, mainTeacherUid=new.id) == 314


def test_an_empty_teacher_changes_nothing(sandbox: Sandbox) -> None:
    former = sandbox.classin.add_teacher()
    course = sandbox.classin.add_course(main_teacher_uid=former.id)
    assert edit(sandbox, course.id, mainTeacherUid="") == 1
    assert course.main_teacher_uid == former.id


def test_folder_and_classroom_setting_have_to_be_the_schools_own(sandbox: Sandbox) -> None:
    course = sandbox.classin.add_course()
    foreign_folder = sandbox.classin.add_folder(school=CLASSIN_OTHER_SID, parent_id="")
    foreign_setting = sandbox.classin.add_classroom_setting(school=CLASSIN_OTHER_SID)
    assert edit(sandbox, course.id, folderId="29999") == 160
    assert edit(sandbox, course.id, folderId=foreign_folder.id) == 160
    assert edit(sandbox, course.id, classroomSettingId="999") == 371
    assert edit(sandbox, course.id, classroomSettingId=foreign_setting.id) == 373


def test_a_picture_is_stored_as_the_cover(sandbox: Sandbox) -> None:
    course = sandbox.classin.add_course()
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    assert upload(sandbox, course.id, picture.getvalue()).errno == 1
    assert course.cover
    assert sandbox.calls()[-1]["params"]["Filedata"] == f"{len(picture.getvalue())} bytes"


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4"])
def test_what_is_not_a_picture_is_refused_as_a_cover(sandbox: Sandbox, content: bytes) -> None:
    assert upload(sandbox, sandbox.classin.add_course().id, content).errno == 103


def test_a_path_sent_as_text_is_no_cover(sandbox: Sandbox) -> None:
    assert edit(sandbox, sandbox.classin.add_course().id, Filedata="@~/photo.jpg") == 103


@pytest.mark.parametrize("fields", [{"expiryTime": "soon"}, {"mainTeacherUid": "1", "stamp": "3"}])
def test_a_malformed_value_is_refused(sandbox: Sandbox, fields: dict[str, str]) -> None:
    assert edit(sandbox, sandbox.classin.add_course().id, **fields) == 100
