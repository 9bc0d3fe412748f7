"""What came in, and how far its working off has come. The mirror itself lies with the apps."""

from intake.models.freshness import Freshness
from intake.models.reading import Reading, ReadingStep

__all__ = ["Freshness", "Reading", "ReadingStep"]
