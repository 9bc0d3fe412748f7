"""What the edit form takes, refuses, sends and says."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from courses import expiry
from courses.forms import EditCourseForm
from courses.models import Course
from tests.courses.conftest import filled, shown
from tests.factories.courses import CourseClassFactory, CourseFactory, TeacherFactory

pytestmark = pytest.mark.django_db


def sent(form: EditCourseForm) -> dict[str, object]:
    """The parameters that would go to ClassIn."""
    assert form.is_valid(), form.errors
    return {name: value for name, value in form.proposal().params.items() if name != "loaded"}


RESENT = {"subjectId": 3, "classroomSettingId": "235"}


def test_an_untouched_form_sends_nothing(course):
    form = filled(course)
    assert not form.is_valid()
    assert form.errors.as_data()["__all__"][0].code == "unchanged"


def test_only_what_changed_is_sent_with_subject_and_setting_beside_it(course):
    assert sent(filled(course, name="IELTS Speaking, winter")) == {
        "courseName": "IELTS Speaking, winter",
        **RESENT,
    }


def test_what_is_resent_is_said_at_the_review(course):
    form = filled(course, name="X")
    assert form.is_valid()
    assert form.proposal().notes == ["Also re-sent unchanged: subject, classroom setting."]
    assert set(form.proposal().changes) == {"name"}


def test_an_unknown_subject_is_not_sent_and_said():
    course = CourseFactory(unknown=True)
    form = filled(course, name="X")
    assert sent(form) == {"courseName": "X"}
    assert form.proposal().notes == [
        "Not known here, so not sent, and ClassIn may reset them: subject, classroom setting."
    ]
    assert "Choose one to be sure" in form.fields["subject_id"].help_text


def test_a_known_zero_is_sent_again():
    course = CourseFactory(subject_id=0, classroom_setting_id="0")
    assert sent(filled(course, name="X")) == {"courseName": "X", "subjectId": 0, "classroomSettingId": "0"}


def test_subject_and_setting_can_be_changed(course):
    params = sent(filled(course, subject_id="11", classroom_setting_id="236"))
    assert params == {"subjectId": 11, "classroomSettingId": "236"}
    changes = filled(course, classroom_setting_id="0")
    assert changes.is_valid()
    assert changes.proposal().changes["classroom_setting_id"] == {
        "before": "Up to 12 on stage",
        "after": "the school’s default",
    }


# Name and introduction


def test_a_name_over_40_is_taken_with_a_note(course):
    form = filled(course, name="n" * 41)
    assert sent(form)["courseName"] == "n" * 41
    assert (
        form.proposal().notes[0]
        == "The name has 41 characters; ClassIn may cut it after 40 without saying so."
    )


@pytest.mark.parametrize(
    ("name", "code"), [("n" * 91, "too_long"), ("", "required"), ("   ", "required"), ("a\nb", "illegal")]
)
def test_a_name_that_cannot_be_sent_is_refused(course, name, code):
    form = filled(course, name=name)
    assert not form.is_valid()
    assert form.errors.as_data()["name"][0].code == code


def test_ninety_signs_of_any_script_are_a_name(course):
    assert sent(filled(course, name="课" * 90))["courseName"] == "课" * 90


def test_an_introduction_is_counted_with_one_sign_a_line_end(course):
    assert sent(filled(course, introduction="a\r\n" * 199 + "bb"))["courseIntroduce"] == "a\n" * 199 + "bb"
    assert not filled(course, introduction="a" * 401).is_valid()


def test_line_ends_alone_are_no_change():
    course = CourseFactory(introduction="One\r\ntwo")
    assert not filled(course, introduction="One\r\ntwo").is_valid()
    assert not filled(course, introduction="One\ntwo").is_valid()


def test_an_introduction_can_be_emptied(course):
    assert sent(filled(course, introduction=""))["courseIntroduce"] == ""


# Expiry


def end_of(day):
    return int(
        datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
    )


def test_never_expires_is_sent_as_zero(course):
    form = filled(course, expiry="never")
    assert sent(form) == {"expiryTime": 0, **RESENT}
    assert form.proposal().changes["expiry_time"]["after"] == "never expires"


def test_a_day_is_sent_as_its_end_in_school_time(course):
    day = expiry.earliest_day() + timedelta(days=100)
    assert sent(filled(course, expiry="until", expires_on=day.isoformat()))["expiryTime"] == end_of(day)


def test_keeping_an_unknown_expiry_never_makes_it_permanent():
    course = CourseFactory(expiry_time=None)
    assert "expiryTime" not in sent(filled(course, name="X"))


@pytest.mark.parametrize("offset", [0, -1, -4000])
def test_a_day_less_than_one_day_ahead_is_refused_with_the_code(course, offset):
    day = timezone.localdate() + timedelta(days=offset)
    form = filled(course, expiry="until", expires_on=day.isoformat())
    assert not form.is_valid()
    assert "ClassIn 151" in form.errors["expires_on"][0]


@pytest.mark.parametrize("offset", [365, 366, 5 * 365])
def test_a_day_more_than_a_year_ahead_is_refused_with_the_code(course, offset):
    day = timezone.localdate() + timedelta(days=offset)
    form = filled(course, expiry="until", expires_on=day.isoformat())
    assert not form.is_valid()
    assert "ClassIn 154" in form.errors["expires_on"][0]


def test_the_ends_of_the_span_lie_within_what_classin_takes(course):
    now = timezone.now().timestamp()
    assert end_of(expiry.earliest_day()) >= now + 86_400 - 1
    assert end_of(expiry.latest_day()) <= now + 365 * 86_400
    assert sent(filled(course, expiry="until", expires_on=expiry.latest_day().isoformat()))


@pytest.mark.parametrize("text", ["2026-02-30", "soon", "99999-01-01", "0001-01-01"])
def test_what_is_no_day_is_refused(course, text):
    assert "expires_on" in filled(course, expiry="until", expires_on=text).errors


def test_choice_and_day_must_agree(course):
    assert "Give the last day" in filled(course, expiry="until").errors["expires_on"][0]
    day = expiry.latest_day().isoformat()
    assert "expires_on" in filled(course, expiry="keep", expires_on=day).errors
    assert "expires_on" in filled(course, expiry="never", expires_on=day).errors


def test_an_expiry_before_the_last_lesson_is_said_at_the_review(course):
    CourseClassFactory(course=course, coming=True)
    form = filled(course, expiry="until", expires_on=(timezone.localdate() + timedelta(days=2)).isoformat())
    assert form.is_valid()
    assert "(152)" in form.proposal().notes[0]


def test_the_help_says_both_bounds_of_the_expiry(course):
    text = EditCourseForm(target=course).fields["expires_on"].help_text
    assert "at least one day and at most one year" in text


# People


def test_the_stamp_goes_with_a_new_head_teacher_and_only_then(course):
    assert sent(filled(course, main_teacher_uid="1001002", stamp="2")) == {
        "mainTeacherUid": "1001002",
        "stamp": 2,
        **RESENT,
    }
    assert "stamp" not in sent(filled(course, name="X", stamp="1"))


def test_staying_is_sent_as_well(course):
    form = filled(course, main_teacher_uid="1001002")
    assert sent(form)["stamp"] == 1
    assert form.proposal().changes["main_teacher_uid"] == {"before": "Maria Ortega", "after": "Chen Yu"}
    assert form.proposal().changes["stamp"]["after"] == "stays in the course as a teacher"


def test_a_new_head_teacher_without_a_stamp_is_refused(course):
    assert "stamp" in filled(course, main_teacher_uid="1001002", stamp="").errors
    assert "stamp" in filled(course, main_teacher_uid="1001002", stamp="3").errors


def test_leaving_without_a_new_head_teacher_is_refused(course):
    assert "only together" in filled(course, name="X", stamp="2").errors["stamp"][0]


def test_an_empty_head_teacher_means_unchanged(course):
    assert sent(filled(course, name="X", main_teacher_uid="")) == {"courseName": "X", **RESENT}
    assert "not removed" in EditCourseForm(target=course).fields["main_teacher_uid"].help_text


def test_a_teacher_of_nowhere_or_of_another_account_is_refused(course):
    stranger = TeacherFactory(account__name="west")
    for uid in ("999", stranger.provider_id, "1001002 OR 1=1"):
        assert "main_teacher_uid" in filled(course, main_teacher_uid=uid).errors


def test_two_teachers_of_one_name_are_told_apart(course):
    TeacherFactory(provider_id="1001003", name="Chen Yu")
    labels = [label for _uid, label in EditCourseForm(target=course).fields["main_teacher_uid"].choices]
    assert "Chen Yu (1001002)" in labels
    assert "Chen Yu (1001003)" in labels


# Folder


def test_a_folder_is_given_by_its_id(course):
    form = filled(course, folder_id="30077")
    assert sent(form) == {"folderId": "30077", **RESENT}
    assert form.proposal().changes["folder_id"] == {"before": "School resources / IELTS", "after": "30077"}


@pytest.mark.parametrize("folder_id", ["abc", "/Courses", "22 419", "0", "1" * 41])
def test_what_is_no_folder_id_is_refused(course, folder_id):
    assert "folder_id" in filled(course, folder_id=folder_id).errors


def test_an_empty_folder_means_unchanged(course):
    assert "folderId" not in sent(filled(course, name="X", folder_id=""))


def test_names_in_the_help_are_escaped():
    course = CourseFactory(folder_path="<script>x</script>")
    assert "<script>" not in EditCourseForm(target=course).fields["folder_id"].help_text


# What moves on meanwhile


def test_a_value_pushed_meanwhile_is_not_taken_for_a_change(course):
    posted = shown(course)
    Course.objects.filter(pk=course.pk).update(main_teacher_uid="1001002")
    moved = Course.objects.get(pk=course.pk)
    form = EditCourseForm({**posted, "name": "X"}, {}, target=moved)
    assert sent(form) == {"courseName": "X", **RESENT}


def test_a_changed_value_that_moved_on_is_said_once_and_then_sent(course):
    posted = shown(course) | {"name": "Mine"}
    Course.objects.filter(pk=course.pk).update(name="Theirs")
    moved = Course.objects.get(pk=course.pk)
    form = EditCourseForm(posted, {}, target=moved)
    assert not form.is_valid()
    assert "“Theirs” now" in form.errors["name"][0]
    again = EditCourseForm(posted | {"opened": form["opened"].value()}, {}, target=moved)
    assert sent(again)["courseName"] == "Mine"
    assert again.proposal().changes["name"] == {"before": "Theirs", "after": "Mine"}


def test_what_was_shown_counts_as_no_change_of_its_own(course):
    assert filled(course, name="X").changed_data == ["name"]


def test_a_torn_page_is_refused(course):
    form = filled(course, name="X", opened=shown(course)["opened"] + "x")
    assert form.errors.as_data()["__all__"][0].code == "torn"


def test_the_page_of_another_course_is_refused(course):
    form = filled(course, name="X", opened=shown(CourseFactory())["opened"])
    assert form.errors.as_data()["__all__"][0].code == "torn"


def test_a_post_without_the_page_is_compared_with_the_mirror(course):
    assert sent(EditCourseForm({"name": "X"}, {}, target=course))["courseName"] == "X"


# Locks


@pytest.mark.parametrize(
    ("trait", "code", "number"),
    [("deleted", "course_deleted", "149"), ("public", "public_course", "369"), ("expired", "expired", "153")],
)
def test_a_locked_course_shows_why_and_takes_nothing(trait, code, number):
    course = CourseFactory(**{trait: True})
    form = EditCourseForm({**shown(course), "name": "X"}, {}, target=course)
    assert not form.is_valid()
    assert form.errors.as_data()["__all__"][0].code == code
    assert number in str(form.fields["name"].locked_reason)
    assert all(field.disabled for field in form.fields.values())


def test_a_course_that_never_expires_is_not_locked():
    assert EditCourseForm(target=CourseFactory(expiry_time=0)).lock is None
    assert EditCourseForm(target=CourseFactory(expiry_time=None)).lock is None


# Coming back after a refusal


def test_a_refused_edit_comes_back_as_it_was(course):
    day = expiry.latest_day()
    values = {
        "name": "Autumn and winter",
        "introduction": "New.",
        "subject_id": "11",
        "main_teacher_uid": "1001002",
        "stamp": "2",
        "folder_id": "30077",
        "expiry": "until",
        "expires_on": day.isoformat(),
        "classroom_setting_id": "236",
    }
    form = filled(course, **values)
    assert form.is_valid(), form.errors
    blank = EditCourseForm(target=course)
    back = EditCourseForm(target=course, initial={**blank.initial, **blank.restored(form.proposal().params)})
    assert {name: str(back.initial[name]) for name in values} == values


def test_every_parameter_of_the_provider_has_its_field():
    known = {
        "folderId",
        "courseName",
        "expiryTime",
        "mainTeacherUid",
        "subjectId",
        "stamp",
        "Filedata",
        "courseIntroduce",
        "classroomSettingId",
    }
    assert set(EditCourseForm.provider_fields) == known
    assert set(EditCourseForm.provider_fields.values()) <= set(EditCourseForm.base_fields)
