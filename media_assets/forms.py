"""The form for renaming a cloud file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from media_assets import file_names
from media_assets.models import CloudFile
from media_assets.selectors import names_beside
from operations.forms import Proposal
from operations.opened import OpenedForm


class RenameCloudFileForm(OpenedForm):
    """A new name for one file. The extension stays unless the person says otherwise."""

    target: CloudFile
    provider_fields = {"fileName": "name"}

    name = forms.CharField(label=gettext_lazy("Name"), strip=True)
    change_extension = forms.BooleanField(
        label=gettext_lazy("Change the extension too"),
        required=False,
        help_text=gettext_lazy(
            "Programs tell by the extension what is in the file. Changing it converts nothing."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name: Any = self.fields["name"]
        name.counter_limit = file_names.COUNTED
        name.age_label = self.target.age_label("name")
        name.age_is_old = self.target.is_old("name")
        name.original_text = self.target.name
        name.widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "lang": ""}
        name.help_text = self._help()
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout("opened", Fieldset(_("Rename the file"), "name", "change_extension"))

    def values_of(self, target: CloudFile) -> dict[str, Any]:
        return {"name": target.name}

    def form_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": values["name"], "change_extension": False}

    def restored(self, params: dict[str, Any]) -> dict[str, Any]:
        name = str(params.get("fileName", ""))
        kept = file_names.extension(name).casefold() == file_names.extension(self.target.name).casefold()
        return {"name": name, "change_extension": not kept}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        illegal = file_names.illegal_characters(name)
        if illegal:
            raise forms.ValidationError(
                _("These characters cannot be in a file name: %(characters)s"),
                code="illegal",
                params={"characters": " ".join(f"“{character}”" for character in illegal)},
            )
        return name

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("name")
        if name is not None and not self._is_untouched(name):
            try:
                name = self.cleaned_data["name"] = self._checked(name)
            except forms.ValidationError as refused:
                self.add_error("name", refused)
            else:
                if not self.is_torn and not self._is_untouched(name):
                    self.check_nothing_moved_on({"name": name})
        return super().clean()

    def _is_untouched(self, name: str) -> bool:
        """Whether this is the name that was shown or that the file has now."""
        return name in (self.loaded["name"], self.now["name"])

    def proposal(self) -> Proposal:
        name: str = self.cleaned_data["name"]
        if self._is_untouched(name):
            return Proposal(params={}, changes={})
        changed = {"name": {"before": self.target.name, "after": name}}
        return Proposal(params={"fileName": name}, changes=changed, notes=self._notes(name))

    def _checked(self, name: str) -> str:
        name = name if self.cleaned_data.get("change_extension") else self._with_old_extension(name)
        if not name.strip(". "):
            raise forms.ValidationError(_("A name needs more than dots."), code="dots")
        if len(name) > file_names.LONGEST:
            raise forms.ValidationError(
                _("The name has %(length)s characters; ClassIn takes at most %(limit)s."),
                code="too_long",
                params={"length": len(name), "limit": file_names.LONGEST},
            )
        beside = names_beside(self.target)
        if any(file_names.same_name(name, other) for other in beside):
            raise forms.ValidationError(
                _("Another file in this folder has this name. “%(free)s” is free."),
                code="clash",
                params={"free": file_names.free_name(name, [*beside, self.target.name])},
            )
        return name

    def _with_old_extension(self, name: str) -> str:
        old, typed = file_names.extension(self.target.name), file_names.extension(name)
        if not old and not typed:
            return name
        if typed.casefold() == old.casefold():
            return name.removesuffix(typed) + old
        if not typed:
            return name + old
        if not old:
            raise forms.ValidationError(
                _(
                    "The file has no extension, the new name has %(typed)s. To add it, tick “Change the extension too”."
                ),
                code="extension",
                params={"typed": typed},
            )
        raise forms.ValidationError(
            _(
                "The extension is %(old)s, the new name has %(typed)s. To change it, tick “Change the extension too”."
            ),
            code="extension",
            params={"old": old, "typed": typed},
        )

    def _help(self) -> str:
        old = file_names.extension(self.target.name)
        if not old:
            return _("Up to %(limit)s characters.") % {"limit": file_names.LONGEST}
        return _("Up to %(limit)s characters. %(extension)s is kept, with or without typing it.") % {
            "limit": file_names.LONGEST,
            "extension": old,
        }

    def _notes(self, name: str) -> list[str]:
        notes = []
        over = len(name) - file_names.COUNTED
        if over > 0:
            notes.append(
                ngettext(
                    "The name is %(over)s character over the %(limit)s that ClassIn’s English page allows; "
                    "ClassIn may cut it.",
                    "The name is %(over)s characters over the %(limit)s that ClassIn’s English page allows; "
                    "ClassIn may cut it.",
                    over,
                )
                % {"over": over, "limit": file_names.COUNTED}
            )
        if file_names.extension(name).casefold() != file_names.extension(self.target.name).casefold():
            notes.append(_("The extension changes; the content of the file does not."))
        return notes
