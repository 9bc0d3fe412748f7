"""Fixtures of the screens' tests."""

from tests.screens.browser import browser, page

__all__ = ["browser", "page"]
