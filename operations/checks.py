"""System checks: a wrong declaration of an operation, or a lease that a slow call could outlive, stops the start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db.models.constants import LOOKUP_SEP

from operations.operation import Operation
from operations.registry import registry
from operations.states import Resend, Risk
from providers import PROVIDERS

_REQUIRED = ("provider", "target", "permission", "risk", "resend", "label", "requested", "succeeded", "done_label", "identity", "item_label")  # fmt: skip
_MARGIN = 10.0


@register("operations")
def operations_are_declared(**kwargs: Any) -> list[CheckMessage]:
    """E001 to E007: every operation says all that the engine and the screens derive from it."""
    return [message for operation in registry for message in _problems(type(operation))]


def _problems(cls: type[Operation]) -> Iterator[CheckMessage]:
    missing = [name for name in _REQUIRED if not hasattr(cls, name)]
    if missing:
        yield Error(f"{cls.key} does not declare {', '.join(missing)}", id="operations.E001")
        return
    if cls.provider not in PROVIDERS:
        yield Error(f"{cls.key} names the unknown provider {cls.provider!r}", id="operations.E002")
    if not _permission_exists(cls):
        yield Error(f"{cls.key} asks for {cls.permission}, which no model declares", id="operations.E003")
    if cls.risk.destructive and not cls.hold_paths:
        yield Error(f"{cls.key} destroys, but no hold can cover its target", id="operations.E004")
    if (cls.resend is Resend.ANSWER_PROVES) != bool(cls.proof_codes):
        yield Error(
            f"{cls.key}: answers that prove a repeat need proof_codes, and only they", id="operations.E005"
        )
    if cls.resend is Resend.AFTER_LOOKING and cls.look is Operation.look:
        yield Error(f"{cls.key} is settled by looking but has no look()", id="operations.E006")
    if cls.call is Operation.call or cls.apply is Operation.apply:
        yield Error(f"{cls.key} needs both call() and apply()", id="operations.E007")
    if cls.risk is Risk.REVERSIBLE and cls.form is None:
        yield Error(f"{cls.key} is an edit but has no form", id="operations.E008")
    yield from _path_problems(cls)


def _path_problems(cls: type[Operation]) -> Iterator[CheckMessage]:
    paths = [
        value
        for value in (*cls.identity.values(), *cls.hold_paths.values(), cls.account_path)
        if isinstance(value, str)
    ]
    for path in paths:
        model: Any = cls.target
        for name in path.split(LOOKUP_SEP):
            try:
                field = model._meta.pk if name == "pk" else model._meta.get_field(name.removesuffix("_id"))
            except FieldDoesNotExist:
                try:
                    field = model._meta.get_field(name)
                except FieldDoesNotExist:
                    yield Error(
                        f"{cls.key}: {cls.target.__name__} has no path {path!r}", id="operations.E009"
                    )
                    break
            model = getattr(field, "related_model", None) or model


def _permission_exists(cls: type[Operation]) -> bool:
    app, _, codename = cls.permission.partition(".")
    from django.apps import apps  # noqa: PLC0415 - the registry of models is ready only when checks run

    if app not in {config.label for config in apps.get_app_configs()}:
        return False
    declared = {
        name
        for model in apps.get_app_config(app).get_models()
        for name in (
            *(code for code, _label in model._meta.permissions),
            *(get_permission_codename(action, model._meta) for action in model._meta.default_permissions),
        )
    }
    return codename in declared


@register("operations")
def a_lease_outlives_every_call(**kwargs: Any) -> list[CheckMessage]:
    """E010: while a call may still be under way, nobody else may take its items over."""
    longest = settings.PROVIDER_CONNECT_TIMEOUT + settings.PROVIDER_READ_TIMEOUT + _MARGIN
    if settings.OPERATIONS["lease_seconds"] > longest:
        return []
    return [
        Error(
            f"OPERATIONS_LEASE_SECONDS must be more than {longest:g}: both provider timeouts and {_MARGIN:g} s of margin",
            id="operations.E010",
        )
    ]
