"""The engine: what the screens, commands and tasks may ask of runs."""

from operations.engine.approve import approve, send_back
from operations.engine.confirm import check_again, confirm, discard, keep_only, tick_reason
from operations.engine.control import cancel_rest, pause, resume, retry
from operations.engine.decide import decide, decide_many
from operations.engine.freeze import freeze, freeze_edit
from operations.engine.fresh_look import ask_fresh_look
from operations.engine.hold import place_holds, release
from operations.engine.propose import propose, sign, withdraw
from operations.engine.refusals import Refused
from operations.engine.switch import allow_again, stop_all

__all__ = [
    "Refused",
    "allow_again",
    "approve",
    "ask_fresh_look",
    "cancel_rest",
    "check_again",
    "confirm",
    "decide",
    "decide_many",
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
    "tick_reason",
    "withdraw",
]
