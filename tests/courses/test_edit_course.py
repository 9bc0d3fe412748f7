"""Editing a course at the sandbox, from the form to the mirror and the ledger."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.actors import Actor
from audit.models import Record
from courses import expiry
from courses.models import Course
from operations import engine
from operations.models import Attempt, Item
from operations.registry import registry
from operations.states import RunState
from sandbox.server import Sandbox
from tests.courses.conftest import EDIT, filled, picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(sandbox: Sandbox, course: Course) -> Any:
    """The same course at the provider."""
    sandbox.classin.add_teacher("Maria Ortega", uid="1001001")
    sandbox.classin.add_teacher("Chen Yu", uid="1001002")
    sandbox.classin.add_classroom_setting("Up to 12 on stage", setting_id="235")
    sandbox.classin.add_classroom_setting("Exam room", setting_id="236")
    sandbox.classin.add_folder(folder_id="22419")
    sandbox.classin.add_folder(folder_id="30077")
    return sandbox.classin.add_course(
        course.name,
        course_id=course.provider_id,
        folder_id="22419",
        expires_at=course.expiry_time,
        main_teacher_uid="1001001",
        subject_id="3",
        classroom_setting_id="235",
        introduction=course.introduction,
    )


def item_of(run: Any) -> Item:
    return Item.objects.get(run=run)


def test_an_edit_changes_the_course_there_and_here(there, course, send):
    run = send(course, name="IELTS, winter", introduction="Ten lessons.")
    assert (item_of(run).outcome, run.state) == ("done", RunState.FINISHED)
    assert (there.name, there.introduction) == ("IELTS, winter", "Ten lessons.")
    course.refresh_from_db()
    assert (course.name, course.introduction) == ("IELTS, winter", "Ten lessons.")
    assert course.provenance["name"]["source"] == "own_edit"
    assert "expiry_time" not in course.provenance


def test_subject_and_setting_survive_an_edit_of_something_else(there, course, send):
    send(course, name="X")
    assert (there.subject_id, there.classroom_setting_id) == ("3", "235")
    course.refresh_from_db()
    assert course.classroom_setting_name == "Up to 12 on stage"


def test_every_field_reaches_the_provider_and_the_mirror(there, course, send, sandbox):
    day = expiry.latest_day()
    send(
        course,
        subject_id="11",
        main_teacher_uid="1001002",
        stamp="2",
        folder_id="30077",
        expiry="until",
        expires_on=day.isoformat(),
        classroom_setting_id="236",
    )
    assert (there.main_teacher_uid, there.teachers) == ("1001002", [])
    assert (there.folder_id, there.expires_at) == ("30077", expiry.last_second_of(day))
    course.refresh_from_db()
    assert (course.main_teacher_uid, course.main_teacher_name) == ("1001002", "Chen Yu")
    assert (course.subject_id, course.classroom_setting_name) == (11, "Exam room")
    assert (course.folder_id, course.folder_path) == ("30077", "")
    assert course.expiry_time == there.expires_at
    (sent,) = Attempt.objects.values_list("sent", flat=True)
    assert sent["stamp"] == "2"
    assert "courseName" not in sent


def test_a_former_head_teacher_who_stays_is_on_the_list(there, course, send):
    send(course, main_teacher_uid="1001002", stamp="1")
    assert there.teachers == ["1001001"]


def test_never_expires_reaches_the_provider_as_zero(there, course, send):
    send(course, expiry="never")
    assert there.expires_at == 0
    course.refresh_from_db()
    assert course.expiry_time == 0


def test_a_cover_is_sent_as_it_was_reviewed(there, course, send):
    upload = picture(name="ielts.png")
    digest = hashlib.sha256(upload.read()).hexdigest()
    upload.seek(0)
    run = send(course, files={"cover": upload})
    assert item_of(run).outcome == "done", item_of(run).message
    assert there.cover == digest
    course.refresh_from_db()
    assert (course.cover_name, course.cover_sha256) == ("ielts.png", digest)


def test_the_ledger_has_before_and_after_in_words(there, course, send):
    send(course, main_teacher_uid="1001002", stamp="1")
    record = Record.objects.get(action=f"{EDIT}.succeeded")
    assert record.changes["main_teacher_uid"] == {"before": "Maria Ortega", "after": "Chen Yu"}
    assert record.target_label == course.name
    assert Record.objects.filter(action=f"{EDIT}.attempted").count() == 1


@pytest.mark.parametrize(
    ("state", "values", "code", "field"),
    [
        ({"status": 4}, {"name": "X"}, "149", "courseId"),
        ({"course_type": 2}, {"name": "X"}, "369", None),
        ({"expires_at": 1_600_000_000}, {"name": "X"}, "153", None),
        ({}, {"folder_id": "404404"}, "160", "folderId"),
    ],
)
def test_a_refusal_changes_nothing_and_keeps_its_code(
    there, course, send, sandbox, state, values, code, field
):
    sandbox.change("course", course.provider_id, **state)
    item = item_of(send(course, **values))
    assert (item.outcome, item.code) == ("rejected", code)
    if field:
        assert item.field == field
    before = course.name
    course.refresh_from_db()
    assert course.name == before
    assert not course.provenance


def test_a_teacher_with_lessons_to_give_cannot_be_replaced(there, course, send, sandbox):
    later = timezone.now().timestamp() + 90_000
    sandbox.classin.add_class(there, begins_at=int(later), ends_at=int(later) + 3600, teacher_uid="1001001")
    item = item_of(send(course, main_teacher_uid="1001002"))
    assert (item.code, item.field) == ("314", "mainTeacherUid")


def test_a_lost_answer_is_unknown_and_never_sent_again(there, course, send, sandbox):
    sandbox.fault("classin", "reset_after", call="editCourse", times=1)
    item = item_of(send(course, name="X"))
    assert item.outcome == "unknown"
    assert len(sandbox.calls("classin")) == 1
    course.refresh_from_db()
    assert course.name != "X"


def test_a_person_who_decides_that_it_happened_changes_the_mirror(there, course, send, sandbox, editor):
    sandbox.fault("classin", "reset_after", call="editCourse", times=1)
    item = item_of(send(course, name="X"))
    engine.decide(
        item,
        finding="happened",
        note="Looked in ClassIn",
        actor=Actor.person(editor, via="test"),
        user=editor,
    )
    course.refresh_from_db()
    assert course.name == "X"


def freeze(course: Course, editor: Any, **values: Any) -> Any:
    form = filled(course, **values)
    assert form.is_valid(), form.errors
    actor = Actor.person(editor, via="test")
    return engine.freeze_edit(registry[EDIT], course, form.proposal(), actor=actor, user=editor)


def confirm(run: Any, editor: Any) -> Any:
    actor = Actor.person(editor, via="test")
    return engine.confirm(run, actor=actor, user=editor, token=str(run.token), reason="", typed=None)


@pytest.mark.parametrize("moved", [{"name": "Theirs"}, {"subject_id": 11}, {"classroom_setting_id": "236"}])
def test_a_plan_whose_values_moved_on_is_not_confirmed(there, course, editor, moved):
    run = freeze(course, editor, name="X")
    Course.objects.filter(pk=course.pk).update(**moved)
    with pytest.raises(engine.Refused) as refused:
        confirm(run, editor)
    assert refused.value.code == "moved_on"


def test_a_value_that_the_edit_does_not_touch_may_move(there, course, editor):
    run = freeze(course, editor, name="X")
    Course.objects.filter(pk=course.pk).update(introduction="Theirs")
    assert confirm(run, editor).state == RunState.RUNNING


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"presence": "deleted"}, "course_deleted"),
        ({"status": "deleted"}, "course_deleted"),
        ({"course_type": "public"}, "public_course"),
        ({"expiry_time": 1_600_000_000}, "expired"),
    ],
)
def test_a_course_locked_meanwhile_is_left_out(there, course, editor, state, reason):
    run = freeze(course, editor, name="X")
    Course.objects.filter(pk=course.pk).update(**state)
    with pytest.raises(engine.Refused):
        confirm(run, editor)
    assert item_of(run).left_out == reason


def test_an_expiry_in_the_future_is_no_reason_to_leave_out(there, course, editor):
    soon = int((timezone.now() + timedelta(minutes=5)).timestamp())
    Course.objects.filter(pk=course.pk).update(expiry_time=soon)
    assert item_of(freeze(Course.objects.get(pk=course.pk), editor, name="X")).left_out == ""
