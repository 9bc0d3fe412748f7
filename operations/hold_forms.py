"""The forms of placing and of releasing holds. What a reason and an end must be is the engine's business."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from operations.engine.hold import REASON_LIMIT


class ReasonForm(forms.Form):
    """Why; shown when holds are released."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept for ever in the audit log."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        reason = self.fields["reason"]
        reason.flag = _("required")  # type: ignore[attr-defined]  # read by templates/screens/field_flag.html
        reason.counter_limit = REASON_LIMIT  # type: ignore[attr-defined]  # read by templates/screens/field.html


class HoldForm(ReasonForm):
    """Why and until when. The token makes a doubled click harmless: one form places its holds once."""

    token = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)
    until = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
        help_text=_(
            "On hold through the end of this day. Leave it empty for a hold that lasts until released."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].flag = _("optional")  # type: ignore[attr-defined]  # as above

    def end(self) -> datetime | None:
        """The end of the chosen day in the school's time zone, None without one. The form must be valid."""
        day = self.cleaned_data["until"]
        if day is None:
            return None
        return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
