"""What an edit of a course sends: from the wanted values to the proposal, and from what was sent to the mirror's values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses import expiry
from courses.covers import Cover
from courses.models import Course
from operations.forms import FileProposal, Proposal
from screens.dates import day_text
from screens.figures import listed

PARAMETERS = {
    "name": "courseName",
    "introduction": "courseIntroduce",
    "subject_id": "subjectId",
    "main_teacher_uid": "mainTeacherUid",
    "folder_id": "folderId",
    "expiry_time": "expiryTime",
    "classroom_setting_id": "classroomSettingId",
}
"""Field of the mirror -> parameter of editCourse, in the form's order. The cover and `stamp` have rules of their own."""

SENT_ALWAYS = ("subject_id", "classroom_setting_id")
"""Left out, ClassIn may set these back to 0: their known value goes with every edit."""

COUNTED_NAME = 40
"""Where ClassIn's Chinese page says that course names are cut, without a word."""

SCHOOL_DEFAULT = "0"
"""ClassIn's id for "no classroom setting of its own"."""


class Former(StrEnum):
    """What becomes of the former head teacher: ClassIn's `stamp`, whose own default is the first."""

    STAYS = "1"
    LEAVES = "2"


def values_of(course: Course) -> dict[str, Any]:
    """The raw values that an edit can change, by field name: JSON values, to be compared later."""
    return {name: getattr(course, name) for name in (*PARAMETERS, "cover_sha256")}


@dataclass(frozen=True, slots=True)
class Words:
    """Values as people read them."""

    teachers: Mapping[str, str]
    classroom_settings: Mapping[str, str]

    def of(self, course: Course, field: str, value: Any) -> str:
        """One value of a field in words; a name that we do not know is shown as its id."""
        if field == "expiry_time":
            return expiry.in_words(value)
        if value in (None, ""):
            return "" if field in ("name", "introduction") else _("not known")
        if field == "subject_id":
            return str(dict(Course.Subject.choices).get(value, value))
        if field == "main_teacher_uid":
            return self._name(value, self.teachers, course.main_teacher_uid, course.main_teacher_name)
        if field == "classroom_setting_id":
            if value == SCHOOL_DEFAULT:
                return _("the school’s default")
            return self._name(
                value, self.classroom_settings, course.classroom_setting_id, course.classroom_setting_name
            )
        if field == "folder_id" and value == course.folder_id:
            return course.folder_path or str(value)
        return str(value)

    def _name(self, value: str, names: Mapping[str, str], own_id: str, own_name: str) -> str:
        return names.get(value) or (own_name if value == own_id else "") or value


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person wants to change: new values by field name, and what goes with them."""

    values: Mapping[str, Any]
    former: Former = Former.STAYS
    cover: Cover | None = None
    last_lesson_ends: datetime | None = None
    """When the last lesson that we know of ends, to be said beside an earlier expiry."""


def proposal(course: Course, wanted: Wanted, words: Words) -> Proposal:
    """The edit as it is frozen. `params` are editCourse's parameters; `loaded` in them is what the mirror had."""
    changes = _changes(course, wanted, words)
    if not changes:
        return Proposal(params={}, changes={})
    params: dict[str, Any] = {PARAMETERS[name]: value for name, value in wanted.values.items()}
    if "main_teacher_uid" in wanted.values:
        params["stamp"] = int(wanted.former)
    resent = [
        name for name in SENT_ALWAYS if name not in wanted.values and getattr(course, name) not in (None, "")
    ]
    params |= {PARAMETERS[name]: getattr(course, name) for name in resent}
    attachment = None
    if wanted.cover:
        cover = wanted.cover
        params["cover"] = {
            "name": cover.name,
            "sha256": cover.sha256,
            "size": len(cover.content),
            "content_type": cover.content_type,
        }
        attachment = FileProposal(cover.name, cover.content_type, cover.content)
    now = values_of(course)
    watched = {*wanted.values, *SENT_ALWAYS, *(["cover_sha256"] if wanted.cover else [])}
    params["loaded"] = {name: value for name, value in now.items() if name in watched}
    return Proposal(
        params=params, changes=changes, attachment=attachment, notes=_notes(course, wanted, resent)
    )


def _changes(course: Course, wanted: Wanted, words: Words) -> dict[str, dict[str, Any]]:
    changes: dict[str, dict[str, Any]] = {}
    for name in PARAMETERS:
        if name not in wanted.values:
            continue
        before, after = getattr(course, name), wanted.values[name]
        changes[name] = {"before": words.of(course, name, before), "after": words.of(course, name, after)}
        if name == "main_teacher_uid":
            changes["stamp"] = {
                "label": _("The former head teacher"),
                "before": "",
                "after": former_in_words(wanted.former),
            }
    if wanted.cover:
        changes["cover_name"] = {"before": course.cover_name, "after": wanted.cover.in_words()}
    return changes


def former_in_words(former: Former) -> str:
    """The choice as the form and the review word it."""
    return _("stays in the course as a teacher") if former is Former.STAYS else _("leaves the teacher list")


def _notes(course: Course, wanted: Wanted, resent: list[str]) -> list[str]:
    labels = {"subject_id": _("subject"), "classroom_setting_id": _("classroom setting")}
    unknown = [labels[name] for name in SENT_ALWAYS if name not in wanted.values and name not in resent]
    notes = []
    length = len(wanted.values.get("name", ""))
    if length > COUNTED_NAME:
        notes.append(
            _("The name has %(length)s characters; ClassIn may cut it after %(limit)s without saying so.")
            % {"length": length, "limit": COUNTED_NAME}
        )
    expires, last = wanted.values.get("expiry_time"), wanted.last_lesson_ends
    if expires and last and expires < last.timestamp():
        notes.append(
            _("The last lesson that we know of ends on %(day)s; ClassIn refuses an earlier expiry (152).")
            % {"day": day_text(last)}
        )
    if unknown:
        notes.append(
            ngettext(
                "Not known here, so not sent, and ClassIn may reset it: %(fields)s.",
                "Not known here, so not sent, and ClassIn may reset them: %(fields)s.",
                len(unknown),
            )
            % {"fields": listed(unknown)}
        )
    if resent:
        notes.append(
            _("Also re-sent unchanged: %(fields)s.") % {"fields": listed([labels[name] for name in resent])}
        )
    return notes


def learned_from(params: Mapping[str, Any]) -> dict[str, Any]:
    """What the mirror knows once ClassIn did this edit: values by field name, re-sent ones included."""
    values = {name: params[parameter] for name, parameter in PARAMETERS.items() if parameter in params}
    if "cover" in params:
        values |= {"cover_name": params["cover"]["name"], "cover_sha256": params["cover"]["sha256"]}
    return values
