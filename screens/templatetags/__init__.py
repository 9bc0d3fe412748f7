"""Template tags of the shared screens."""
