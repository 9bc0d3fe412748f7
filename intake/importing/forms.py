"""The forms of an import: the file with what it is, and which heading stands for which column."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intake.models import Import
from intake.spreadsheets import kinds
from operations.models import Account

LEFT_OUT = ""


class UploadForm(forms.Form):
    """A file, which account's rows it lists, which kind they are, and when that was true."""

    token = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)
    account = forms.ModelChoiceField(
        label=gettext_lazy("Account"), queryset=Account.objects.none(), empty_label=None
    )
    kind = forms.ChoiceField(label=gettext_lazy("What the file lists"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
        help_text=gettext_lazy(
            "Excel (.xlsx) or CSV in UTF-8 or GB18030, 20 MB and 100,000 rows at most. IDs must be formatted as text."
        ),
    )
    at = forms.DateTimeField(
        label=gettext_lazy("Exported on"),
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        help_text=gettext_lazy(
            "When the file was made, by the school’s clock; empty means just now. What was learned later stays. Of two files from one moment the one uploaded later counts."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        providers = {kind.provider for kind in kinds()}
        account: Any = self.fields["account"]
        account.queryset = Account.objects.filter(provider__in=providers).order_by("provider", "name")
        account.initial = account.queryset.first()
        kind: Any = self.fields["kind"]
        kind.choices = [(kind.key, kind.label) for kind in kinds()]
        self.fields["at"].flag = gettext_lazy("optional")  # type: ignore[attr-defined]  # read by templates/screens/field_flag.html


class ColumnsForm(forms.Form):
    """One choice for each heading of the file."""

    def __init__(self, one: Import, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
        self.one = one
        target = one.target
        choices = [(LEFT_OUT, _("Leave out"))]
        for column in target.columns if target else ():
            label = _("%(column)s (needed)") if column.required else "%(column)s"
            choices.append((column.name, label % {"column": capfirst(str(column.label))}))
        for place, heading in enumerate(one.headings):
            field = forms.ChoiceField(
                label=heading or _("Column %(number)s") % {"number": place + 1},
                choices=choices,
                required=False,
                initial=one.columns.get(place, LEFT_OUT),
            )
            field.widget.attrs["aria-label"] = _("What “%(heading)s” stands for") % {"heading": field.label}
            self.fields[f"column_{place}"] = field

    def lines(self) -> list[dict[str, Any]]:
        """Headings with the first values below them and the choice, in the order of the file."""
        return [
            {
                "heading": field.label,
                "sample": [row[place] for row in self.one.sample if place < len(row) and row[place]],
                "field": field,
            }
            for place, field in enumerate(self)
        ]

    def clean(self) -> dict[str, Any]:
        taken: dict[str, str] = {}
        for name, field in self.fields.items():
            chosen = self.cleaned_data.get(name)
            if chosen and chosen in taken:
                text = _("“%(heading)s” stands for this already.") % {"heading": taken[chosen]}
                self.add_error(name, text)
            elif chosen:
                taken[chosen] = str(field.label)
        return self.cleaned_data

    def mapping(self) -> dict[int, str]:
        """What was chosen, by the place of the heading. The form must be valid."""
        chosen = {place: self.cleaned_data.get(f"column_{place}") for place in range(len(self.one.headings))}
        return {place: name for place, name in chosen.items() if name}
