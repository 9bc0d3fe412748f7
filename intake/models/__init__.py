"""What came in, and how far its working off has come. The mirror itself lies with the apps."""

from intake.models.freshness import Freshness
from intake.models.spreadsheet import Import, ImportPart, ImportRow

__all__ = ["Freshness", "Import", "ImportPart", "ImportRow"]
