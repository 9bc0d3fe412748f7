"""The engine: what the screens, commands and tasks may ask of runs."""

from operations.engine.approve import approve, send_back
from operations.engine.confirm import confirm, discard, keep_only
from operations.engine.control import cancel_rest, decide, resume, retry
from operations.engine.freeze import freeze, freeze_edit
from operations.engine.refusals import Refused

__all__ = [
    "Refused",
    "approve",
    "cancel_rest",
    "confirm",
    "decide",
    "discard",
    "freeze",
    "freeze_edit",
    "keep_only",
    "resume",
    "retry",
    "send_back",
]
