"""Accounts, runs, items, attempts, holds: the rows behind every operation."""

from operations.models.account import Account
from operations.models.attachment import Attachment
from operations.models.attempt import Attempt
from operations.models.hold import Hold
from operations.models.item import Item
from operations.models.policy import Policy
from operations.models.run import Run
from operations.models.selection import SelectedId, Selection
from operations.models.switch import StopSwitch

__all__ = [
    "Account",
    "Attachment",
    "Attempt",
    "Hold",
    "Item",
    "Policy",
    "Run",
    "SelectedId",
    "Selection",
    "StopSwitch",
]
