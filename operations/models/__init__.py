"""Accounts, runs, items, attempts, holds: the rows behind every operation."""

from operations.models.account import Account
from operations.models.attachment import Attachment
from operations.models.attempt import Attempt
from operations.models.fresh_look import FreshLook
from operations.models.hold import Hold
from operations.models.item import Item
from operations.models.list_part import ListPart
from operations.models.notice import Notice, NoticeSettings
from operations.models.policy import Policy, PolicyChange
from operations.models.run import Receipt, Run
from operations.models.selection import SelectedId, Selection
from operations.models.switch import StopSwitch

__all__ = [
    "Account",
    "Attachment",
    "Attempt",
    "FreshLook",
    "Hold",
    "Item",
    "ListPart",
    "Notice",
    "NoticeSettings",
    "Policy",
    "PolicyChange",
    "Receipt",
    "Run",
    "SelectedId",
    "Selection",
    "StopSwitch",
]
