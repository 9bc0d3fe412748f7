"""Fixtures of the screens' tests."""

from tests.screens.browser import page

__all__ = ["page"]
