"""What came in, and how far its working off has come. The mirror itself lies with the apps."""
