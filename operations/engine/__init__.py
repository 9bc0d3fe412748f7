"""The engine: what the screens, commands and tasks may ask of runs."""

from operations.engine.approve import approve, send_back
from operations.engine.confirm import confirm, discard, keep_only
from operations.engine.control import cancel_rest, decide, pause, resume, retry
from operations.engine.freeze import freeze, freeze_edit
from operations.engine.hold import place_holds, release
from operations.engine.propose import propose, sign, withdraw
from operations.engine.refusals import Refused
from operations.engine.switch import allow_again, stop_all

__all__ = [
    "Refused",
    "allow_again",
    "approve",
    "cancel_rest",
    "confirm",
    "decide",
    "discard",
    "freeze",
    "freeze_edit",
    "keep_only",
    "pause",
    "place_holds",
    "propose",
    "release",
    "resume",
    "retry",
    "send_back",
    "sign",
    "stop_all",
    "withdraw",
]
