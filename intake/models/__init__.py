"""What came in, and how far its working off has come. The mirror itself lies with the apps."""

from intake.models.inbox import Inbox
from intake.models.push_message import PushMessage
from intake.models.turned_away import TurnedAway

__all__ = ["Inbox", "PushMessage", "TurnedAway"]
