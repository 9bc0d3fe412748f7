"""What came in, and how far its working off has come. The mirror itself lies with the apps."""

from intake.models.freshness import Freshness
from intake.models.inbox import Inbox
from intake.models.push_message import PushMessage
from intake.models.reading import Reading, ReadingStep
from intake.models.spreadsheet import Import, ImportPart, ImportRow
from intake.models.turned_away import TurnedAway

__all__ = [
    "Freshness",
    "Import",
    "ImportPart",
    "ImportRow",
    "Inbox",
    "PushMessage",
    "Reading",
    "ReadingStep",
    "TurnedAway",
]
