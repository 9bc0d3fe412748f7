"""The form that takes provider ids, pasted or as a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.id_lists import MOST_BYTES, MOST_IDS, IdListError, ids_in_csv, ids_in_text


class ByIdsForm(forms.Form):
    """Ids pasted into a text, a CSV file, or both; `ids` of a valid form holds them all, as they came."""

    pasted = forms.CharField(
        label=gettext_lazy("IDs"),
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy("One ID a line. Commas, semicolons, tabs and spaces part them as well."),
    )
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        help_text=gettext_lazy(
            "With a column headed “ID”, or with one column only. UTF-8 or GB18030, 2 MB and 100,000 IDs at most."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.ids: list[str] = []

    def clean_pasted(self) -> str:
        text: str = self.cleaned_data["pasted"]
        if len(text.encode()) > MOST_BYTES:
            raise ValidationError(_("This is more than 2 MB. Split the list."))
        if text:
            self._take(ids_in_text, text)
        return text

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is None:
            return None
        if (file.size or 0) > MOST_BYTES:
            raise ValidationError(_("This file is larger than 2 MB. Split the list."))
        self._take(ids_in_csv, file.read())
        return file

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.ids:
            self.add_error("pasted", _("Paste IDs, or choose a file."))
        if len(self.ids) > MOST_IDS:
            text = _("Together these are %(count)s IDs, %(most)s at most. Split the list.")
            self.add_error("pasted", text % {"count": f"{len(self.ids):,}", "most": f"{MOST_IDS:,}"})
        return self.cleaned_data

    def source(self) -> str:
        """The file's name, with a word where ids were pasted as well; empty for pasted ids alone."""
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        name = str(file.name)[:80]
        return _("%(file)s and pasted") % {"file": name} if self.cleaned_data["pasted"] else name

    def _take(self, read: Any, content: str | bytes) -> None:
        try:
            self.ids += read(content)
        except IdListError as error:
            raise ValidationError(str(error)) from error
