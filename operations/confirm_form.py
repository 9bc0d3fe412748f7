"""The last step's form: reason, typed words and the one-time token. What they must be is the engine's business."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from operations.engine.confirm import REASON_LIMIT, confirmation_words


class ConfirmForm(forms.Form):
    """Shown on a plan's page. Absent fields are told apart from empty ones, and refuse."""

    token = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    typed = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )

    def __init__(self, *args: Any, destructive: bool, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        reason = self.fields["reason"]
        if destructive:
            reason.flag = _("required")  # type: ignore[attr-defined]  # read by templates/screens/field_flag.html
            reason.help_text = _("Kept for ever in the audit log.")
            self.fields["typed"].label = format_html(
                str(_("Type {words} to confirm")),
                words=format_html('<span class="type-this">{}</span>', confirmation_words(count)),
            )
            self.fields["typed"].help_text = _("Capitals and spaces do not matter. Pasting is fine.")
        else:
            reason.flag = _("optional")  # type: ignore[attr-defined]  # as above
            reason.help_text = _("Shown in the audit log and in the history.")
            reason.widget.attrs["rows"] = 1
            del self.fields["typed"]
