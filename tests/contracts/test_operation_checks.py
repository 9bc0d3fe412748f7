"""Each wrong declaration stops the start: the system checks see it on a class that was never registered."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db.models import F

from media_assets.models import VideoAsset
from operations import checks
from operations.forms import OperationForm
from operations.operation import Operation
from operations.registry import OperationRegistry, registry
from operations.states import Resend, Risk


class Sound(Operation):
    """A deletion without a flaw; each test spoils one declaration of it."""

    key = "media_assets.sound.delete"
    provider = "classin"
    target = VideoAsset
    permission = "media_assets.delete_class_video"
    risk = Risk.IRREVERSIBLE
    resend = Resend.BY_PERSON
    label = requested = succeeded = done_label = "Delete"
    identity = {"fileId": F("provider_id")}
    item_label = "title"
    hold_paths = {"media_assets.videoasset": "id", "courses.course": "course_class__course_id"}

    def call(self, client: Any, items: Any) -> Any:
        """Send nothing: this is about declarations."""

    def apply(self, settled: Any) -> None:
        """Change nothing: this is about declarations."""


def problems(**declared: Any) -> list[str]:
    spoiled = type("Spoiled", (Sound,), declared)
    return [str(message.id) for message in checks._problems(spoiled)]


def test_a_sound_operation_has_no_problem():
    assert problems() == []


def test_every_registered_operation_is_sound():
    assert [message for operation in registry for message in checks._problems(type(operation))] == []
    assert run_checks(tags=["operations"]) == []


@pytest.mark.parametrize("name", checks._REQUIRED)
def test_a_missing_declaration_is_seen(name: str):
    declared = {key: value for key, value in vars(Sound).items() if key != name}
    lacking = type("Lacking", (Operation,), declared)
    found = list(checks._problems(lacking))
    assert [message.id for message in found] == ["operations.E001"]
    assert name in found[0].msg


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "a provider that does not exist": ("E002", {"provider": "zoom"}),
    "a permission that no model declares": ("E003", {"permission": "media_assets.delete_everything"}),
    "a permission of an app that does not exist": ("E003", {"permission": "nowhere.delete_class_video"}),
    "a permission without an app": ("E003", {"permission": "delete_class_video"}),
    "a deletion that no hold can stop": ("E004", {"hold_paths": {}}),
    "a proof that nobody named": ("E005", {"resend": Resend.ANSWER_PROVES}),
    "a proof that nobody asks for": ("E005", {"proof_codes": frozenset({"634"})}),
    "looking without a look": ("E006", {"resend": Resend.AFTER_LOOKING}),
    "nothing that is sent": ("E007", {"call": Operation.call}),
    "nothing that changes here": ("E007", {"apply": Operation.apply}),
    "an edit without a form": ("E008", {"risk": Risk.REVERSIBLE}),
    "an identity that leads nowhere": ("E009", {"identity": {"fileId": "provider_idd"}}),
    "a hold path that leads nowhere": (
        "E009",
        {"hold_paths": {"courses.course": "course_class__cours_id"}},
    ),
    "an account path that leads nowhere": ("E009", {"account_path": "konto_id"}),
}


@pytest.mark.parametrize(("code", "declared"), WRONG.values(), ids=WRONG)
def test_a_wrong_declaration_is_seen(code: str, declared: dict[str, Any]):
    assert problems(**declared) == [f"operations.{code}"]


def test_an_edit_with_a_form_is_sound():
    assert problems(risk=Risk.REVERSIBLE, hold_paths={}, form=OperationForm) == []


def test_a_proof_with_its_codes_is_sound():
    assert problems(resend=Resend.ANSWER_PROVES, proof_codes=frozenset({"634"})) == []


@pytest.mark.parametrize("lease", [0, 13, 13.0], ids=str)
def test_a_lease_that_a_slow_call_could_outlive_is_seen(lease: float, settings: Any):
    settings.PROVIDER_CONNECT_TIMEOUT, settings.PROVIDER_READ_TIMEOUT = 1.0, 2.0
    settings.OPERATIONS = {**settings.OPERATIONS, "lease_seconds": lease}
    assert [message.id for message in checks.a_lease_outlives_every_call()] == ["operations.E010"]


def test_a_lease_longer_than_any_call_is_sound(settings: Any):
    settings.PROVIDER_CONNECT_TIMEOUT, settings.PROVIDER_READ_TIMEOUT = 1.0, 2.0
    settings.OPERATIONS = {**settings.OPERATIONS, "lease_seconds": 13.1}
    assert checks.a_lease_outlives_every_call() == []


@pytest.mark.parametrize(
    "key", ["delete", "media_assets.delete", "Media.video.delete", "media_assets.video.delete "]
)
def test_a_malformed_key_is_refused_at_once(key: str):
    with pytest.raises(ValueError, match="malformed"):
        OperationRegistry().register(type("Malformed", (Sound,), {"key": key}))


def test_a_doubled_key_is_refused_at_once():
    taken = next(iter(registry)).key
    with pytest.raises(ValueError, match="taken"):
        registry.register(type("Doubled", (Sound,), {"key": taken}))
