"""The lists and pages of courses and lessons, as a browser gets them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from courses.models import Course, CourseClass
from operations.models import Item, Run
from tests.courses.conftest import EDIT, picture, shown
from tests.factories.courses import CourseClassFactory, CourseFactory, TeacherFactory
from tests.factories.media_assets import CloudFileFactory, CloudFolderFactory, VideoAssetFactory

pytestmark = pytest.mark.django_db

COURSES = "/admin/courses/course/"
LESSONS = "/admin/courses/courseclass/"


@pytest.fixture
def browser(client, editor):
    client.force_login(editor)
    return client


def names(response) -> list[str]:
    return [row.name for row in response.context["cl"].result_list]


def course_url(course: Course) -> str:
    return reverse("admin:courses_course_change", args=[course.pk])


def do_url(course: Course) -> str:
    return reverse("admin:courses_course_do", args=[course.pk, EDIT])


@pytest.mark.parametrize("url", [COURSES, LESSONS])
def test_a_full_page_takes_a_fixed_number_of_queries(browser, url, django_assert_max_num_queries):
    for number in range(60):
        VideoAssetFactory(
            course_class=CourseClassFactory(
                course=CourseFactory(name=f"Course {number}"), recording_locked=True
            )
        )
    with django_assert_max_num_queries(18):
        response = browser.get(url)
    assert len(response.context["cl"].result_list) == 50


def test_the_filters_narrow_the_list_of_courses(browser):
    now = timezone.now().timestamp()
    chen = TeacherFactory(name="Chen Yu")
    CourseFactory(name="soon", expiry_time=int(now) + 86_400, main_teacher_uid=chen.provider_id)
    CourseFactory(name="later", expiry_time=int(now) + 86_400 * 90, status="finished")
    CourseFactory(name="never", expiry_time=0, account__name="west")
    CourseFactory(name="expired", expiry_time=int(now) - 86_400)
    CourseFactory(name="unknown", expiry_time=None, deleted=True)
    for word in ("soon", "later", "never", "expired", "unknown"):
        assert names(browser.get(COURSES, {"expiry": word})) == [word]
    assert names(browser.get(COURSES, {"teacher": chen.pk})) == ["soon"]
    assert names(browser.get(COURSES, {"status": "finished"})) == ["later"]
    assert names(browser.get(COURSES, {"presence": "deleted"})) == ["unknown"]
    west = Course.objects.get(name="never").account_id
    assert names(browser.get(COURSES, {"account": west})) == ["never"]
    assert len(names(browser.get(COURSES, {"o": "expiry"}))) == 5
    assert names(browser.get(COURSES, {"q": "late"})) == ["later"]


def test_the_filters_narrow_the_list_of_lessons(browser):
    ours = CourseClassFactory(name="ours", recording_locked=True)
    CourseClassFactory(name="coming", coming=True)
    assert names(browser.get(LESSONS, {"course": ours.course_id})) == ["ours"]
    assert names(browser.get(LESSONS, {"locked": "true"})) == ["ours"]
    day = (timezone.localdate() + timedelta(days=5)).isoformat()
    assert names(browser.get(LESSONS, {"begins_after": day})) == ["coming"]


def test_the_page_of_a_course_is_its_form_with_tabs(browser, course):
    lesson = CourseClassFactory(course=course)
    VideoAssetFactory.create_batch(3, course_class=lesson)
    folder = CloudFolderFactory(provider_id=course.folder_id)
    CloudFileFactory(folder=folder)
    CloudFileFactory()
    response = browser.get(course_url(course))
    tabs = {tab["label"]: tab for tab in response.context["object_tabs"]}
    assert list(tabs) == ["Details", "Lessons", "Videos", "Files", "History"]
    assert (tabs["Lessons"]["count"], tabs["Videos"]["count"]) == (1, 3)
    assert len(browser.get(tabs["Lessons"]["url"]).context["cl"].result_list) == 1
    assert len(browser.get(tabs["Videos"]["url"]).context["cl"].result_list) == 3
    assert len(browser.get(tabs["Files"]["url"]).context["cl"].result_list) == 1
    html = response.content.decode()
    for words in ("Basics", "People", "Folder and expiry", "Classroom", "Stays in the course as a teacher"):
        assert words in html
    assert 'style="' not in html


def test_the_page_of_a_lesson_leads_to_its_videos(browser):
    video = VideoAssetFactory()
    VideoAssetFactory()
    response = browser.get(reverse("admin:courses_courseclass_change", args=[video.course_class_id]))
    assert video.course_class.course.name in response.content.decode()
    tab = next(tab for tab in response.context["object_tabs"] if tab["label"] == "Videos")
    assert tab["count"] == 1
    assert [row.pk for row in browser.get(tab["url"]).context["cl"].result_list] == [video.pk]


def test_a_valid_form_leads_to_the_review_and_sends_nothing(browser, course, sandbox):
    response = browser.post(do_url(course), {**shown(course), "name": "X", "cover": picture()}, follow=True)
    html = response.content.decode()
    assert response.status_code == 200
    assert "Also re-sent unchanged: subject, classroom setting." in html
    assert "320 × 180" in html
    assert Run.objects.get().state == "draft"
    assert not sandbox.calls()


def test_errors_come_back_beside_their_fields(browser, course):
    response = browser.post(do_url(course), {**shown(course), "name": "", "folder_id": "abc"})
    assert response.status_code == 422
    html = response.content.decode()
    assert "A course needs a name." in html
    assert 'aria-describedby="id_folder_id_error' in html.replace("id_folder_id_helptext ", "")
    assert not Run.objects.exists()


def test_a_locked_course_says_why(browser):
    course = CourseFactory(public=True)
    html = browser.get(course_url(course)).content.decode()
    assert "Nothing can be changed here now." in html
    assert "ClassIn 369" in html
    assert browser.post(do_url(course), {**shown(course), "name": "X"}).status_code == 422


def test_a_refused_edit_comes_back_to_the_form(browser, course, send, sandbox):
    sandbox.classin.add_course(course_id=course.provider_id)
    sandbox.classin.add_classroom_setting(setting_id="235")
    run = send(course, folder_id="404404", name="Kept")
    item = Item.objects.get(run=run)
    response = browser.get(do_url(course), {"item": item.pk})
    form = response.context["form"]
    assert (form.initial["name"], form.initial["folder_id"]) == ("Kept", "404404")
    assert "160" in form.errors["folder_id"][0]


def test_without_the_right_to_edit_the_facts_are_shown(client, editor, course):
    editor.user_permissions.remove(*editor.user_permissions.filter(codename="edit_course"))
    client.force_login(editor)
    html = client.get(course_url(course)).content.decode()
    assert "Maria Ortega" in html
    assert 'name="name"' not in html
    assert client.post(do_url(course), {**shown(course), "name": "X"}).status_code == 403


def test_names_are_escaped_everywhere(browser):
    course = CourseFactory(name="<img src=x>", main_teacher_name="<i>", folder_path="<u>")
    CourseClassFactory(course=course, name="<b>")
    pages = [COURSES, LESSONS, course_url(course)]
    pages.append(reverse("admin:courses_courseclass_change", args=[CourseClass.objects.get().pk]))
    for page in pages:
        html = browser.get(page).content.decode()
        assert not any(sign in html for sign in ("<img src=x>", "<i>", "<u>", "<b>"))
