"""The tables of courses and of lessons that people import: columns, the headings of exports, what a row says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from audit.actors import Actor
from courses import expiry, mirror
from courses.models import Course, CourseClass
from intake.spreadsheets import Cleaned, Column, Spreadsheet, Wrong, register
from intake.spreadsheets.cells import (
    IdField,
    MomentField,
    NoExcelErrors,
    WholeNumberField,
    WordsField,
    YesNoField,
    day_of,
)
from operations.learning import Known, Learned
from operations.mirror import MirrorRow
from operations.models import Account

_STATUSES = {
    "Not started": Course.Status.NOT_STARTED, "未开课": Course.Status.NOT_STARTED, "未开始": Course.Status.NOT_STARTED,
    "1": Course.Status.NOT_STARTED,
    "Running": Course.Status.RUNNING, "In progress": Course.Status.RUNNING, "Ongoing": Course.Status.RUNNING,
    "开课中": Course.Status.RUNNING, "进行中": Course.Status.RUNNING, "2": Course.Status.RUNNING,
    "Finished": Course.Status.FINISHED, "Ended": Course.Status.FINISHED, "已结课": Course.Status.FINISHED,
    "已结束": Course.Status.FINISHED, "3": Course.Status.FINISHED,
    "Deleted": Course.Status.DELETED, "已删除": Course.Status.DELETED, "4": Course.Status.DELETED,
}  # fmt: skip
_STATUS_WORDS = [one.label for one in Course.Status if one is not Course.Status.UNKNOWN]
_TYPES = {
    "Standard": Course.CourseType.STANDARD, "Standard course": Course.CourseType.STANDARD,
    "标准课": Course.CourseType.STANDARD, "普通课": Course.CourseType.STANDARD, "1": Course.CourseType.STANDARD,
    "Public": Course.CourseType.PUBLIC, "Public course": Course.CourseType.PUBLIC,
    "公开课": Course.CourseType.PUBLIC, "2": Course.CourseType.PUBLIC,
    "Two teachers": Course.CourseType.DUAL_TEACHER, "Dual-teacher": Course.CourseType.DUAL_TEACHER,
    "双师课": Course.CourseType.DUAL_TEACHER, "3": Course.CourseType.DUAL_TEACHER,
}  # fmt: skip
_SUBJECTS_IN_CHINESE = {
    "无": 0, "语文": 1, "数学": 2, "英语": 3, "物理": 4, "化学": 5, "生物": 6, "政治": 7, "历史": 8, "地理": 9,
    "道德与法治": 10, "思品": 10, "音乐": 11, "体育": 12, "美术": 13, "艺术": 13, "通用技术": 14, "信息技术": 15, "科学": 16, "其他": 99,
}  # fmt: skip
_SUBJECTS_IN_ENGLISH = {
    "None": 0, "Chinese": 1, "Maths": 2, "Mathematics": 2, "English": 3, "Physics": 4, "Chemistry": 5, "Biology": 6,
    "Politics": 7, "History": 8, "Geography": 9, "Ideological and moral education": 10, "Music": 11, "PE": 12,
    "Arts": 13, "Art": 13, "General technology": 14, "IT": 15, "Science": 16, "Others": 99, "Other": 99,
}  # fmt: skip
_SUBJECTS = {
    **_SUBJECTS_IN_ENGLISH,
    **_SUBJECTS_IN_CHINESE,
    **{str(value): value for value in Course.Subject.values},
}
_NEVER = frozenset(
    {"never", "never expires", "0", "forever", "永久", "永久有效", "永不过期", "永不到期", "长期"}
)


class ExpiryField(MomentField):
    """Until when a course is there: a day (its last second), a time, or never. Gives seconds since 1970, 0 for never."""

    def clean(self, value: Any) -> Any:
        if str(value).strip().casefold() in _NEVER:
            return expiry.NEVER
        moment = super().clean(value)
        if moment is None:
            return None
        day = day_of(str(value).strip())
        return expiry.last_second_of(day) if day else int(moment.timestamp())


@register
class Courses(Spreadsheet):
    """A list of courses, one a row."""

    key = "courses"
    label = _("Courses")
    provider = "classin"
    model: ClassVar[type[MirrorRow]] = Course
    columns = (
        Column("id", _("course ID"), ("Course ID", "ID", "课程ID", "课程编号", "课程号", "班级ID"), IdField(), required=True),
        Column("name", _("course name"), ("Course name", "Course", "Name", "Title", "课程名称", "课程名", "课程", "班级名称"), NoExcelErrors(max_length=200), required=True),
        Column("status", _("status"), ("Course status", "State", "课程状态", "状态"), WordsField(_STATUSES, _STATUS_WORDS)),
        Column("course_type", _("type"), ("Course type", "课程类型", "类型"), WordsField(_TYPES, Course.CourseType.labels)),
        Column("main_teacher_uid", _("head teacher’s UID"), ("Head teacher UID", "Head teacher ID", "Teacher UID", "Main teacher UID", "班主任UID", "班主任ID", "班主任编号"), IdField()),
        Column("main_teacher_name", _("head teacher’s name"), ("Head teacher", "Head teacher name", "Main teacher", "Homeroom teacher", "班主任", "班主任姓名", "班主任名称"), NoExcelErrors(max_length=200)),
        Column("expiry_time", _("expiry date"), ("Expiry", "Expires", "Expiration date", "Valid until", "Expiry time", "课程有效期", "有效期", "有效期至", "到期时间", "过期时间"), ExpiryField()),
        Column("folder_id", _("cloud folder’s ID"), ("Folder ID", "Cloud folder ID", "云盘文件夹ID", "云盘目录ID", "文件夹ID", "文件夹编号"), IdField()),
        Column("folder_path", _("cloud folder"), ("Folder", "Folder path", "Cloud folder", "Cloud disk folder", "云盘目录", "云盘文件夹", "文件夹", "授权云盘资源"), NoExcelErrors(max_length=2000)),
        Column("introduction", _("introduction"), ("Introduction", "Description", "Course introduction", "课程简介", "课程介绍", "简介"), NoExcelErrors(max_length=20_000)),
        Column("subject_id", _("subject"), ("Subject", "学科", "科目", "学科分类"), WordsField(_SUBJECTS, Course.Subject.labels)),
        Column("classroom_setting_id", _("classroom setting’s ID"), ("Classroom setting ID", "教室设置ID"), IdField()),
        Column("classroom_setting_name", _("classroom setting"), ("Classroom setting", "Classroom settings", "教室设置"), NoExcelErrors(max_length=200)),
    )  # fmt: skip

    def known(self, account: Account, rows: Sequence[Cleaned], *, at: datetime) -> dict[int, Known | Wrong]:
        return {row.number: _course(row, at) for row in rows}

    def learn(self, account: Account, known: Sequence[Known], *, at: datetime, actor: Actor) -> Learned:
        return mirror.rows_learned(Course, account, known, at=at, source=MirrorRow.Source.IMPORT, actor=actor)


def _course(row: Cleaned, at: datetime) -> Known:
    values = dict(row.values)
    provider_id = values.pop("id")
    gone = values.get("status") == Course.Status.DELETED
    return Known(provider_id, values, gone_at=at if gone else None)


@register
class Lessons(Spreadsheet):
    """A list of lessons, one a row, each with the ID of its course."""

    key = "lessons"
    label = _("Lessons")
    provider = "classin"
    model: ClassVar[type[MirrorRow]] = CourseClass
    columns = (
        Column("id", _("lesson ID"), ("Lesson ID", "Class ID", "Activity ID", "ID", "课节ID", "课节编号", "课堂ID", "单课ID", "活动ID"), IdField(), required=True),
        Column("course", _("course ID"), ("Course ID", "课程ID", "课程编号", "班级ID"), IdField(), required=True),
        Column("name", _("lesson"), ("Lesson", "Lesson name", "Class name", "Title", "Name", "课节名称", "课节名", "课节", "课堂名称", "活动名称"), NoExcelErrors(max_length=200), required=True),
        Column("begin_at", _("begins"), ("Begin", "Begins", "Begin time", "Start", "Start time", "Class start time", "开始时间", "上课时间", "课节开始时间"), MomentField()),
        Column("end_at", _("ends"), ("End", "Ends", "End time", "Finish time", "Class end time", "结束", "结束时间", "下课时间", "课节结束时间"), MomentField()),
        Column("teacher_uid", _("teacher’s UID"), ("Teacher UID", "Teacher ID", "教师UID", "老师UID", "主讲老师UID", "授课教师UID"), IdField()),
        Column("teacher_name", _("teacher’s name"), ("Teacher", "Teacher name", "Instructor", "教师", "老师", "教师姓名", "主讲老师", "授课教师", "授课老师"), NoExcelErrors(max_length=200)),
        Column("seat_count", _("seats"), ("Seats", "Seat number", "Students on stage", "台上人数", "上台人数", "坐席数", "座位数"), WholeNumberField(most=32_767)),
        Column("recording_locked", _("recordings locked"), ("Recordings locked", "Locked", "录像已锁定", "录课锁定", "是否锁定", "视频锁定"), YesNoField()),
    )  # fmt: skip

    def known(self, account: Account, rows: Sequence[Cleaned], *, at: datetime) -> dict[int, Known | Wrong]:
        wanted = {row.values["course"] for row in rows}
        courses = dict(
            Course.objects.filter(account=account, provider_id__in=wanted).values_list("provider_id", "pk")
        )
        return {row.number: _lesson(row, courses) for row in rows}

    def learn(self, account: Account, known: Sequence[Known], *, at: datetime, actor: Actor) -> Learned:
        return mirror.rows_learned(
            CourseClass, account, known, at=at, source=MirrorRow.Source.IMPORT, actor=actor
        )


def _lesson(row: Cleaned, courses: dict[str, int]) -> Known | Wrong:
    values = dict(row.values)
    provider_id, course = values.pop("id"), values.pop("course")
    if course not in courses:
        text = _("This account has no course %(id)s here. Import the list of courses first.")
        return Wrong("course", ValidationError(text, params={"id": course}))
    begin, end = values.get("begin_at"), values.get("end_at")
    if begin and end and end < begin:
        return Wrong("end_at", ValidationError(_("The lesson would end before it begins.")))
    return Known(provider_id, {"course_id": courses[course], **values})
