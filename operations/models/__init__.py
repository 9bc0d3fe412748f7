"""Accounts, runs, items, attempts, holds: the rows behind every operation."""

from operations.models.account import Account
from operations.models.attachment import Attachment
from operations.models.attempt import Attempt
from operations.models.hold import Hold
from operations.models.item import Item
from operations.models.policy import Policy, PolicyChange
from operations.models.run import Run
from operations.models.switch import StopSwitch

__all__ = ["Account", "Attachment", "Attempt", "Hold", "Item", "Policy", "PolicyChange", "Run", "StopSwitch"]
