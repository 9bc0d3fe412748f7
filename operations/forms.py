"""What an edit form must be able to say: the proposal that is frozen for the review."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class FileProposal:
    """An uploaded file, already checked."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Proposal:
    """An edit as the person wants it.

    `params` is what will be sent (JSON values only). `changes` maps field names of the mirror row to
    `{"label": ..., "before": ..., "after": ...}` in words for people. `notes` are sentences shown at the review.
    """

    params: dict[str, Any]
    changes: dict[str, dict[str, Any]]
    attachment: FileProposal | None = None
    notes: list[str] = field(default_factory=list)


class OperationForm(forms.Form):
    """Base of every edit form: built for one target row, yields a `Proposal` once it is valid.

    `provider_fields` maps the provider's parameter names to this form's field names, so that a provider's refusal lands
    beside the right field.
    """

    provider_fields: dict[str, str] = {}

    def __init__(self, *args: Any, target: Any, **kwargs: Any) -> None:
        self.target = target
        kwargs.setdefault("label_suffix", "")
        kwargs.setdefault("initial", self.initial_for(target))
        super().__init__(*args, **kwargs)

    def initial_for(self, target: Any) -> dict[str, Any]:
        """The form's values for this row as the mirror knows it."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it starts from")

    def restored(self, params: dict[str, Any]) -> dict[str, Any]:
        """Initial values that bring back an edit which the provider refused: the inverse of `proposal().params`."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to bring an edit back")

    def show_refusal(self, field: str | None, text: str) -> None:
        """Show why the provider refused this edit, beside the field it concerns (None: above the form)."""
        self.cleaned_data: dict[str, Any] = {}
        self._errors = ErrorDict(renderer=self.renderer)
        self.add_error(field, text)

    def proposal(self) -> Proposal:
        """The edit, after `is_valid()`."""
        raise NotImplementedError(f"{type(self).__name__} proposes nothing")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self.proposal().changes:
            raise forms.ValidationError(
                _("Nothing is changed yet, so there is nothing to send."), code="unchanged"
            )
        return cleaned
