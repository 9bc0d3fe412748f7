"""What came in, and how far its working off has come. The mirror itself lies with the apps."""

from intake.models.freshness import Freshness

__all__ = ["Freshness"]
