"""How we came to know that something is gone: the words of every app's mirror."""

from operations.presence import How, how_label

__all__ = ["How", "how_label"]
