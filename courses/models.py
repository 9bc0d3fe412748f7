"""Courses, lessons, teachers and classroom settings as ClassIn has them, as far as we know."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from courses import expiry
from operations.mirror import MirrorRow


class Teacher(MirrorRow):
    """A person who may lead a course; `provider_id` is the ClassIn UID."""

    history_fields = ("name",)

    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("teacher")
        verbose_name_plural = _("teachers")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["account", "provider_id"], name="teacher_once")]
        indexes = [models.Index(fields=["name", "id"], name="teacher_by_name")]

    def __str__(self) -> str:
        return self.name


class ClassroomSetting(MirrorRow):
    """A set of classroom settings that a course can use; made in the ClassIn dashboard."""

    history_fields = ("name",)

    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("classroom setting")
        verbose_name_plural = _("classroom settings")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["account", "provider_id"], name="classroom_setting_once")
        ]

    def __str__(self) -> str:
        return self.name


class Course(MirrorRow):
    """A ClassIn course. ClassIn cannot be read back, so every value has its own age."""

    class Status(models.TextChoices):
        NOT_STARTED = "not_started", _("Not started")
        RUNNING = "running", pgettext_lazy("course", "Running")
        FINISHED = "finished", _("Finished")
        DELETED = "deleted", _("Deleted")
        UNKNOWN = "unknown", _("Not known")

    class CourseType(models.TextChoices):
        STANDARD = "standard", _("Standard")
        PUBLIC = "public", _("Public")
        DUAL_TEACHER = "dual_teacher", _("Two teachers")

    class Subject(models.IntegerChoices):
        """ClassIn's `subjectId`; 0 is "none"."""

        NONE = 0, _("None")
        CHINESE = 1, _("Chinese")
        MATHS = 2, _("Maths")
        ENGLISH = 3, _("English")
        PHYSICS = 4, _("Physics")
        CHEMISTRY = 5, _("Chemistry")
        BIOLOGY = 6, _("Biology")
        POLITICS = 7, _("Politics")
        HISTORY = 8, _("History")
        GEOGRAPHY = 9, _("Geography")
        MORAL_EDUCATION = 10, _("Ideological and moral education")
        MUSIC = 11, _("Music")
        PE = 12, _("PE")
        ARTS = 13, _("Arts")
        GENERAL_TECHNOLOGY = 14, _("General technology")
        IT = 15, _("IT")
        SCIENCE = 16, _("Science")
        OTHERS = 99, _("Others")

    history_fields = (
        "name",
        "introduction",
        "status",
        "course_type",
        "subject_id",
        "main_teacher_uid",
        "folder_id",
        "expiry_time",
        "classroom_setting_id",
    )
    named_by = {
        "main_teacher_uid": "main_teacher_name",
        "folder_id": "folder_path",
        "classroom_setting_id": "classroom_setting_name",
    }

    name = models.CharField(_("course name"), max_length=200)
    introduction = models.TextField(_("introduction"), blank=True)
    folder_id = models.CharField(_("cloud folder"), max_length=40, blank=True)
    folder_path = models.CharField(_("cloud folder"), max_length=2000, blank=True)
    expiry_time = models.BigIntegerField(_("expiry date"), null=True, blank=True)
    """Seconds since 1970; 0 is "never expires", None is "not known"."""
    main_teacher_uid = models.CharField(_("head teacher"), max_length=40, blank=True)
    main_teacher_name = models.CharField(_("head teacher"), max_length=200, blank=True)
    subject_id = models.IntegerField(_("subject"), null=True, blank=True, choices=Subject.choices)
    classroom_setting_id = models.CharField(_("classroom setting"), max_length=40, blank=True)
    classroom_setting_name = models.CharField(_("classroom setting"), max_length=200, blank=True)
    cover_name = models.CharField(_("cover picture"), max_length=200, blank=True)
    cover_sha256 = models.CharField(max_length=64, blank=True)
    course_type = models.CharField(
        _("type"), max_length=20, choices=CourseType.choices, default=CourseType.STANDARD
    )
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.UNKNOWN)

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        default_permissions = ("view",)
        permissions = [("edit_course", _("Can edit courses at ClassIn"))]
        constraints = [models.UniqueConstraint(fields=["account", "provider_id"], name="course_once")]
        # One for each ordering of the list, with and without the tab's status; the ids are searched for by their start.
        indexes = [
            models.Index(fields=["name", "id"], name="course_by_name"),
            models.Index(fields=["status", "name", "id"], name="course_by_status_name"),
            models.Index(fields=["expiry_time", "id"], name="course_by_expiry"),
            models.Index(fields=["status", "expiry_time", "id"], name="course_by_status_expiry"),
            models.Index(fields=["main_teacher_uid", "name", "id"], name="course_by_teacher"),
            models.Index(fields=["folder_id"], name="course_by_folder"),
            models.Index(fields=["provider_id"], name="course_by_provider_id"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def value_in_words(cls, field: str, value: Any) -> str | None:
        if field == "expiry_time" and (value is None or isinstance(value, int)):
            return expiry.in_words(value)
        return super().value_in_words(field, value)


class CourseClass(MirrorRow):
    """One lesson of a course; ClassIn calls it a class."""

    history_fields = ("course", "name", "begin_at", "end_at", "teacher_uid", "seat_count", "recording_locked")
    named_by = {"teacher_uid": "teacher_name"}

    course = models.ForeignKey(Course, models.PROTECT, related_name="classes", verbose_name=_("course"))
    name = models.CharField(_("lesson"), max_length=200)
    begin_at = models.DateTimeField(_("begins"), null=True, blank=True)
    end_at = models.DateTimeField(_("ends"), null=True, blank=True)
    teacher_uid = models.CharField(_("teacher"), max_length=40, blank=True)
    teacher_name = models.CharField(_("teacher"), max_length=200, blank=True)
    seat_count = models.PositiveSmallIntegerField(_("seats"), null=True, blank=True)
    recording_locked = models.BooleanField(_("recordings locked"), null=True, blank=True)

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["account", "provider_id"], name="course_class_once")]
        indexes = [
            models.Index(fields=["begin_at", "id"], name="course_class_by_begin"),
            models.Index(fields=["course", "begin_at", "id"], name="course_class_in_course"),
            models.Index(fields=["teacher_uid", "begin_at", "id"], name="course_class_by_teacher"),
            models.Index(fields=["name", "id"], name="course_class_by_name"),
            models.Index(fields=["provider_id"], name="course_class_by_id"),
        ]

    def __str__(self) -> str:
        return self.name
