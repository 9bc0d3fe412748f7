"""The form for editing a course: every trap of editCourse is said beside its field and handled here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses import covers, edits, expiry, form_look, selectors
from courses.edits import Former
from courses.form_look import KEEP, NEVER, UNTIL
from courses.locks import lock_on
from courses.models import Course
from operations.forms import Proposal
from operations.opened import OpenedForm
from providers.classin.courses import LONGEST_COURSE_NAME, LONGEST_INTRODUCTION
from screens.dates import day_text


class EditCourseForm(OpenedForm):
    """Everything that editCourse can change. Only what differs from what was shown is sent."""

    target: Course
    provider_fields = {
        "courseName": "name",
        "courseIntroduce": "introduction",
        "subjectId": "subject_id",
        "Filedata": "cover",
        "mainTeacherUid": "main_teacher_uid",
        "stamp": "stamp",
        "folderId": "folder_id",
        "expiryTime": "expires_on",
        "classroomSettingId": "classroom_setting_id",
    }

    name = forms.CharField(label=gettext_lazy("Course name"), required=False)
    introduction = forms.CharField(
        label=gettext_lazy("Introduction"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    subject_id = forms.TypedChoiceField(
        label=gettext_lazy("Subject"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=Course.Subject.choices,
    )
    cover = forms.FileField(
        label=gettext_lazy("Cover picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png"}),
    )
    main_teacher_uid = forms.ChoiceField(
        label=gettext_lazy("Head teacher"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose one of the teachers in the list.")},
    )
    stamp = forms.ChoiceField(
        label=gettext_lazy("The former head teacher"),
        required=False,
        widget=forms.RadioSelect,
        initial=Former.STAYS,
    )
    folder_id = forms.CharField(label=gettext_lazy("Cloud folder"), required=False, max_length=40)
    expiry = forms.ChoiceField(
        label=gettext_lazy("Expiry"), required=False, widget=forms.RadioSelect, initial=KEEP
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    classroom_setting_id = forms.ChoiceField(
        label=gettext_lazy("Classroom setting"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose one of the settings in the list.")},
    )

    def __init__(self, *args: Any, target: Course, **kwargs: Any) -> None:
        self.words = edits.Words(
            selectors.teachers_of(target.account), selectors.classroom_settings_of(target.account)
        )
        super().__init__(*args, target=target, **kwargs)
        self.lock = lock_on(target)
        self._proposal: Proposal | None = None
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        form_look.dress(self)

    def values_of(self, target: Course) -> dict[str, Any]:
        return edits.values_of(target)

    def form_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in values.items() if name not in ("expiry_time", "cover_sha256")}
        return shown | {
            "introduction": one_kind_of_line_end(values["introduction"]),
            "expiry": KEEP,
            "stamp": Former.STAYS.value,
        }

    def typed(self, field: str, value: Any) -> dict[str, str]:
        if field != "expiry_time":
            return super().typed(field, value)
        if value in (None, self.now["expiry_time"]):
            return {"expiry": KEEP, "expires_on": ""}
        if value == expiry.NEVER:
            return {"expiry": NEVER, "expires_on": ""}
        return {"expiry": UNTIL, "expires_on": expiry.day_of(value).isoformat()}

    def words_of(self, field: str, value: Any) -> str:
        return self.words.of(self.target, field, value)

    def form_field(self, field: str) -> str:
        return "expiry" if field == "expiry_time" else field

    def restored(self, params: dict[str, Any]) -> dict[str, Any]:
        values = {name: params[key] for name, key in edits.PARAMETERS.items() if key in params}
        if "expiry_time" in values:
            seconds = values.pop("expiry_time")
            values["expiry"] = NEVER if seconds == expiry.NEVER else UNTIL
            values["expires_on"] = None if seconds == expiry.NEVER else expiry.day_of(seconds)
        if "stamp" in params:
            values["stamp"] = str(params["stamp"])
        if "cover" in params:
            values["cover"] = params["cover"]["name"]
        return values

    def proposal(self) -> Proposal:
        if self._proposal is None:
            cleaned = self.cleaned_data
            wanted = edits.Wanted(
                values=self._wanted(),
                former=Former(cleaned.get("stamp") or Former.STAYS),
                cover=cleaned.get("cover"),
                last_lesson_ends=selectors.last_lesson_ends(self.target)
                if cleaned.get("expires_on")
                else None,
            )
            self._proposal = edits.proposal(self.target, wanted, self.words)
        return self._proposal

    # Each field

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name and self.loaded["name"]:
            raise forms.ValidationError(_("A course needs a name."), code="required")
        if len(name) > LONGEST_COURSE_NAME:
            raise forms.ValidationError(
                _("The name has %(length)s characters; ClassIn takes at most %(limit)s."),
                code="too_long",
                params={"length": len(name), "limit": LONGEST_COURSE_NAME},
            )
        if any(not sign.isprintable() for sign in name):
            raise forms.ValidationError(_("A name is one line of letters and signs."), code="illegal")
        return name

    def clean_introduction(self) -> str:
        text = one_kind_of_line_end(self.cleaned_data["introduction"])
        if len(text) > LONGEST_INTRODUCTION:
            raise forms.ValidationError(
                _("The introduction has %(length)s characters; ClassIn cuts it after %(limit)s."),
                code="too_long",
                params={"length": len(text), "limit": LONGEST_INTRODUCTION},
            )
        return text

    def clean_cover(self) -> covers.Cover | None:
        upload = self.files.get(self.add_prefix("cover"))
        if upload is None:
            return None
        cover = covers.checked(upload)
        if cover.sha256 == self.target.cover_sha256:
            raise forms.ValidationError(
                _("This is the picture that the course has already."), code="unchanged"
            )
        return cover

    def clean_folder_id(self) -> str:
        folder_id: str = self.cleaned_data["folder_id"]
        if folder_id and not (folder_id.isascii() and folder_id.isdigit() and folder_id.strip("0")):
            raise forms.ValidationError(_("A folder ID has digits only, such as 22419."), code="not_an_id")
        return folder_id

    # Fields together

    def clean(self) -> dict[str, Any]:
        if self.lock:
            raise forms.ValidationError(str(self.lock.reason), code=self.lock.code)
        self._check_stamp()
        self._check_expiry()
        if not self.is_torn:
            self.check_nothing_moved_on(self._wanted())
        cleaned = super().clean()
        if self.errors and cleaned.get("cover"):
            form_look.ask_for_the_file_again(self, cleaned["cover"].name)
        return cleaned

    def _check_stamp(self) -> None:
        changes_teacher = "main_teacher_uid" in self._wanted()
        stamp = self.cleaned_data.get("stamp")
        if changes_teacher and not stamp and "stamp" not in self.errors:
            self.add_error("stamp", _("Say whether the former head teacher stays or leaves."))
        if not changes_teacher and stamp == Former.LEAVES and "main_teacher_uid" not in self.errors:
            self.add_error(
                "stamp",
                _("This is sent only together with a new head teacher. Choose one, or choose “stays” here."),
            )

    def _check_expiry(self) -> None:
        choice, day = self.cleaned_data.get("expiry") or KEEP, self.cleaned_data.get("expires_on")
        if "expires_on" in self.errors:
            return
        if choice != UNTIL:
            if day:
                self.add_error(
                    "expires_on", _("To send this day, choose “Expires at the end of the last day” above.")
                )
            return
        if not day:
            self.add_error("expires_on", _("Give the last day of the course."))
        elif day < expiry.earliest_day():
            self.add_error(
                "expires_on",
                _("ClassIn wants at least one day from now (ClassIn 151): %(day)s or later.")
                % {"day": day_text(expiry.earliest_day())},
            )
        elif day > expiry.latest_day():
            self.add_error(
                "expires_on",
                _("ClassIn wants at most one year from now (ClassIn 154): %(day)s or earlier.")
                % {"day": day_text(expiry.latest_day())},
            )

    def _wanted(self) -> dict[str, Any]:
        """The new values by field of the mirror: what differs from what was shown, and from what is there now."""
        cleaned = self.cleaned_data
        typed: dict[str, Any] = {
            name: cleaned[name] for name in ("name", "introduction", "subject_id") if name in cleaned
        }
        for name in ("main_teacher_uid", "folder_id", "classroom_setting_id"):
            if cleaned.get(name):
                typed[name] = cleaned[name]
        if typed.get("subject_id", 0) is None:
            del typed["subject_id"]
        if _same_text(typed.get("introduction", ""), self.loaded["introduction"]):
            typed.pop("introduction", None)
        choice = cleaned.get("expiry")
        if choice == NEVER:
            typed["expiry_time"] = expiry.NEVER
        elif choice == UNTIL and cleaned.get("expires_on"):
            typed["expiry_time"] = expiry.last_second_of(cleaned["expires_on"])
        return {
            name: value for name, value in typed.items() if value not in (self.loaded[name], self.now[name])
        }


def one_kind_of_line_end(text: str) -> str:
    """Browsers send two signs for a line's end; ClassIn would count both."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _same_text(one: str, other: str) -> bool:
    return one.strip() == one_kind_of_line_end(other).strip()
