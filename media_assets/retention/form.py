"""The form of a rule. It makes the rule that it describes without saving it, so that the preview can ask it first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.actors import person_name
from media_assets.models import RetentionRule, VideoAsset
from media_assets.retention.owners import possible_owners
from operations.models import Account

BYTES_PER_MB = 1_000_000
MOST_MB = 10_000_000


class RetentionRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """What a rule touches, and who is told how long before. Only a rule that is to be saved must name people."""

    kind = forms.ChoiceField(
        label=_("Kind of video"),
        choices=[("", _("All three kinds")), *VideoAsset.Kind.choices],
        required=False,
    )
    course_text = forms.CharField(
        label=_("Only one course"),
        required=False,
        max_length=200,
        help_text=_("The course’s whole name or its ClassIn ID. Leave it empty for all courses."),
        widget=forms.TextInput(attrs={"class": "name-input"}),
    )
    min_megabytes = forms.DecimalField(
        label=_("At least this large (MB)"),
        required=False,
        min_value=0,
        max_value=MOST_MB,
        decimal_places=1,
        help_text=_("Leave it empty for any size. A video whose size is not known is then never touched."),
    )

    class Meta:
        model = RetentionRule
        fields = (
            "name",
            "kind",
            "older_than_days",
            "not_watched",
            "unknown_is_unwatched",
            "course_text",
            "account",
            "min_megabytes",
            "notice_days",
            "owners",
            "note",
        )
        labels = {
            "name": _("Name"),
            "older_than_days": _("Older than (days)"),
            "not_watched": _("Only videos that nobody watched"),
            "unknown_is_unwatched": _("Also videos of which the number of views is not known"),
            "account": _("Only one account"),
            "notice_days": _("Days of notice before the plan"),
            "owners": _("Who is told"),
            "note": _("Note to them"),
        }
        help_texts = {
            "older_than_days": _(
                "Counted from the day of the recording, in whole days of the school’s time zone. A video without a date of recording is never touched."
            ),
            "not_watched": _(
                "A video counts as not watched when its provider says that it was watched 0 times."
            ),
            "unknown_is_unwatched": _(
                "Some providers do not tell how often a video was watched. Without this tick such a video counts as watched and stays."
            ),
            "notice_days": _("0: nobody is told, and the plan is proposed the same night."),
            "owners": _(
                "They can keep any announced video with one click. Staff with the right to place holds."
            ),
        }
        widgets = {
            "name": forms.TextInput(attrs={"class": "name-input"}),
            "owners": forms.CheckboxSelectMultiple,
            "note": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, to_save: bool = True, **kwargs: Any) -> None:
        self._to_save = to_save
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["account"].queryset = Account.objects.order_by("provider", "name")  # type: ignore[attr-defined]  # a field of choices
        self.fields["account"].empty_label = _("All accounts")  # type: ignore[attr-defined]  # as above
        self.fields["owners"].queryset = possible_owners()  # type: ignore[attr-defined]  # as above
        self.fields["owners"].label_from_instance = person_name  # type: ignore[attr-defined]  # as above
        self.fields["note"].counter_limit = 300  # type: ignore[attr-defined]  # read by templates/screens/field.html
        if self.instance.course is not None:
            self.initial["course_text"] = self.instance.course.provider_id
        if self.instance.min_bytes is not None:
            self.initial["min_megabytes"] = Decimal(self.instance.min_bytes) / BYTES_PER_MB

    def clean_course_text(self) -> Any:
        """The one course of this name or id; None for an empty field."""
        text = self.cleaned_data["course_text"].strip()
        if not text:
            return None
        courses: Any = RetentionRule._meta.get_field("course").related_model
        found = list(courses.objects.filter(Q(name=text) | Q(provider_id=text))[:2])
        if not found:
            raise forms.ValidationError(_("No course has this name or ID."))
        if len(found) > 1:
            raise forms.ValidationError(_("Several courses have this name. Give the ClassIn ID."))
        return found[0]

    def clean(self) -> dict[str, Any]:
        """Bring course and size to the rule; a notice needs people who get it."""
        given: dict[str, Any] = super().clean() or {}
        if self._to_save and given.get("notice_days") and "owners" in given and not given["owners"]:
            self.add_error("owners", _("Choose who is told, or set the days of notice to 0."))
        if given.get("unknown_is_unwatched") and not given.get("not_watched"):
            self.add_error("unknown_is_unwatched", _("This only narrows “Only videos that nobody watched”."))
        self.instance.course = given.get("course_text")
        size = given.get("min_megabytes")
        self.instance.min_bytes = int(size * BYTES_PER_MB) if size else None
        return given
