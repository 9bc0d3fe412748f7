"""Edit forms that know what they showed: a value that moves on while somebody types is told, not overwritten unseen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext as _

from operations.forms import OperationForm
from operations.labels import field_label
from operations.mirror import MirrorRow

_WAS = "was"
_LOADED, _NOW, _YOURS = "loaded", "now", "yours"


class OpenedForm(OperationForm):
    """An edit form whose hidden field `opened` carries what the mirror had when it was shown, signed.

    `loaded` are those values by field of the mirror, `now` the ones of this moment. When a value that the person wants to
    change has moved on in between, by whatever source, the form is shown once more with the three side by side
    (`conflicts`): as it was opened, as it is now, and theirs, which is the choice unless they make another.
    """

    opened = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, target: Any, **kwargs: Any) -> None:
        self.now = self.values_of(target)
        super().__init__(*args, target=target, **kwargs)
        self.loaded, self._was, self.is_torn = self._what_was_shown()
        self.conflicts: list[dict[str, Any]] = []
        if self.is_bound:
            self._take_choices()
            self.initial = self.form_values(self.loaded)
            self.initial["opened"] = self.data.get("opened", "")

    def values_of(self, target: Any) -> dict[str, Any]:
        """The values that this edit can change, by field of the mirror: JSON values."""
        raise NotImplementedError(f"{type(self).__name__} does not say which values it watches")

    def form_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The form's values for these values of the mirror, without `opened`."""
        return dict(values)

    def typed(self, field: str, value: Any) -> dict[str, str]:
        """What the browser would send for this value of the mirror's field."""
        return {field: "" if value is None else str(value)}

    def words_of(self, field: str, value: Any) -> str:
        """A value in words; "" for an empty one."""
        return "" if value is None else str(value)

    def form_field(self, field: str) -> str:
        """The form's field for this field of the mirror."""
        return field

    def initial_for(self, target: Any) -> dict[str, Any]:
        values = self.values_of(target)
        return self.form_values(values) | {"opened": self._signed(values, target=target)}

    def clean(self) -> dict[str, Any]:
        if self.is_torn:
            raise forms.ValidationError(
                _("This page is not the one that was shown to you. Open it again and repeat your changes."),
                code="torn",
            )
        return super().clean()

    def check_nothing_moved_on(self, wanted: Mapping[str, Any]) -> None:
        """Say beside each field of `wanted` what moved on, once; sending the form again sends what is chosen then."""
        moved = [name for name in wanted if self.loaded[name] != self.now[name]]
        for name in moved:
            now = self.words_of(name, self.now[name]) or _("empty")
            self.add_error(
                self.form_field(name),
                _("This moved on since you opened the form: it is “%(now)s” now. Review again to send yours.")
                % {"now": now},
            )
            self.conflicts.append(self._conflict(name, wanted[name]))
        if moved:
            was = self._was | {name: self.loaded[name] for name in moved}
            self.loaded |= {name: self.now[name] for name in moved}
            self._change_data({"opened": self._signed(self.loaded, was)})

    def _conflict(self, name: str, yours: Any) -> dict[str, Any]:
        """The three values, as `screens/diff_table.html` shows them."""
        row: MirrorRow = self.target
        age = row.age_label(name)
        now = _("Now (%(age)s)") % {"age": age} if age else _("Now")
        captions = (
            (_LOADED, _("When you opened the form"), self.loaded[name]),
            (_NOW, now, self.now[name]),
            (_YOURS, _("Yours"), yours),
        )
        options = [
            {
                "value": choice,
                "caption": caption,
                "text": self.words_of(name, value) or _("empty"),
                "checked": choice == _YOURS,
            }
            for choice, caption, value in captions
        ]
        return {
            "label": field_label(type(row), name),
            "conflict": {"name": f"choice_{name}", "options": options},
        }

    def _take_choices(self) -> None:
        chosen: dict[str, str] = {}
        for name in self.now:
            choice = self.data.get(f"choice_{name}")
            if choice == _NOW:
                chosen |= self.typed(name, self.now[name])
            elif choice == _LOADED and name in self._was:
                chosen |= self.typed(name, self._was[name])
        if chosen:
            self._change_data(chosen)

    def _change_data(self, values: Mapping[str, str]) -> None:
        posted: Any = self.data
        data = posted.copy()
        for name, value in values.items():
            data[name] = value
        self.data = data

    def _signed(
        self, values: Mapping[str, Any], was: Mapping[str, Any] | None = None, *, target: Any = None
    ) -> str:
        shown = {**values, _WAS: dict(was)} if was else dict(values)
        return signing.dumps(shown, salt=self._salt(target or self.target), compress=True)

    def _salt(self, target: Any) -> str:
        return f"{target._meta.label_lower}.edit.{target.pk}"

    def _what_was_shown(self) -> tuple[dict[str, Any], dict[str, Any], bool]:
        """The values that the person saw, those of an earlier showing, and whether the page that brought them was torn."""
        text = self.data.get("opened", "") if self.is_bound else ""
        if not text:
            return dict(self.now), {}, False
        try:
            values: dict[str, Any] = signing.loads(text, salt=self._salt(self.target))
        except signing.BadSignature:
            return dict(self.now), {}, True
        was = values.pop(_WAS, {})
        return {**self.now, **values}, was, False
