"""Taking in the school's records: complete, idempotent, never overruling what we learned later."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from courses import mirror
from courses.models import ClassroomSetting, Course, CourseClass, Teacher
from courses.sync import import_world
from operations.mirror import MirrorRow
from operations.models import Account
from sandbox.records import records_of
from sandbox.world import World
from tests.factories.operations import AccountFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture(scope="module")
def demo() -> dict[str, Any]:
    return records_of(World.from_seed("demo", NOW.timestamp()))


@pytest.fixture
def world(demo: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(demo)


@pytest.fixture
def account(db: None) -> Account:
    return AccountFactory()


def rows() -> list[Any]:
    """All rows without the ages of their values: a value that is said once more is known as of later."""
    return [
        [{**row, "provenance": sorted(row["provenance"])} for row in model.objects.order_by("pk").values()]
        for model in (Teacher, ClassroomSetting, Course, CourseClass)
    ]


def test_a_world_fills_the_mirror(account, world):
    summary = import_world(account, world, at=NOW)
    assert Course.objects.count() == len(world["classin"]["courses"])
    assert CourseClass.objects.count() == len(world["classin"]["classes"])
    assert Teacher.objects.count() == len(world["classin"]["teachers"])
    assert summary.skipped == 0
    told = world["classin"]["courses"][0]
    course = Course.objects.get(provider_id=told["courseId"])
    assert (course.name, course.expiry_time) == (told["courseName"], told["expiryTime"])
    assert (course.subject_id, course.main_teacher_name) == (int(told["subjectId"]), told["mainTeacherName"])
    assert course.folder_path
    assert course.provenance["name"] == {"source": "import", "at": NOW.isoformat()}
    account.refresh_from_db()
    assert account.synced_at == NOW


def test_taking_it_in_again_changes_nothing(account, world):
    import_world(account, world, at=NOW)
    before = rows()
    summary = import_world(account, world, at=NOW + timedelta(hours=1))
    assert (summary.created, summary.changed) == (0, 0)
    assert rows() == before


def test_the_number_of_queries_does_not_grow_with_the_rows(account, world, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        import_world(account, world, at=NOW)


def test_a_changed_record_is_taken_in(account, world):
    import_world(account, world, at=NOW)
    world["classin"]["courses"][3]["courseName"] = "New name"
    later = NOW + timedelta(days=1)
    assert import_world(account, world, at=later).changed == 1
    course = Course.objects.get(provider_id=world["classin"]["courses"][3]["courseId"])
    assert course.name == "New name"
    assert course.provenance["name"]["at"] == later.isoformat()
    assert course.provenance["introduction"]["at"] == later.isoformat()


def test_an_older_record_does_not_undo_our_own_edit(account, world):
    import_world(account, world, at=NOW)
    course = Course.objects.order_by("pk")[0]
    edited_at = NOW + timedelta(days=1)
    mirror.course_edited(course.pk, {"name": "Ours"}, at=edited_at, source=MirrorRow.Source.OWN_EDIT)
    import_world(account, world, at=NOW + timedelta(hours=1))
    course.refresh_from_db()
    assert course.name == "Ours"
    assert course.age_label("name").startswith("our own edit")


def test_what_is_deleted_stays_deleted(account, world):
    import_world(account, world, at=NOW)
    Course.objects.order_by("pk")[:1].get()
    first = Course.objects.order_by("pk").first()
    Course.objects.filter(pk=first.pk).update(presence="deleted")
    import_world(account, world, at=NOW + timedelta(days=1))
    first.refresh_from_db()
    assert first.presence == "deleted"


def test_a_course_that_the_records_call_deleted_is_marked(account, world):
    world["classin"]["courses"][0]["courseStatus"] = 4
    import_world(account, world, at=NOW)
    course = Course.objects.get(provider_id=world["classin"]["courses"][0]["courseId"])
    assert (course.presence, course.status) == ("deleted", "deleted")


def test_values_that_the_records_leave_out_are_not_known(account, world):
    told = world["classin"]["courses"][0]
    for name in ("subjectId", "classroomSettingId", "expiryTime", "mainTeacherUid"):
        del told[name]
    import_world(account, world, at=NOW)
    course = Course.objects.get(provider_id=told["courseId"])
    assert (course.subject_id, course.classroom_setting_id, course.expiry_time) == (None, "", None)
    assert "subject_id" not in course.provenance


def test_a_lesson_of_an_unknown_course_is_counted_and_left(account, world):
    world["classin"]["classes"][0]["courseId"] = "404"
    assert import_world(account, world, at=NOW).skipped == 1


def test_a_malformed_world_changes_nothing(account, world):
    del world["classin"]["classes"][7]["classId"]
    with pytest.raises(KeyError):
        import_world(account, world, at=NOW)
    assert not Course.objects.exists()


def test_folders_in_a_circle_do_not_hang_the_import(account, world):
    folders = world["classin"]["folders"]
    folders[0]["pid"] = folders[-1]["id"]
    import_world(account, world, at=NOW)
    assert Course.objects.exists()


def test_other_providers_have_no_courses(world, db):
    summary = import_world(AccountFactory(provider="syngrafii"), world, at=NOW)
    assert summary.created == 0
    assert not Course.objects.exists()


def test_two_accounts_keep_their_courses_apart(account, world):
    import_world(account, world, at=NOW)
    import_world(AccountFactory(name="west"), world, at=NOW)
    assert Course.objects.count() == 2 * len(world["classin"]["courses"])
