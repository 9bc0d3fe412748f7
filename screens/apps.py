"""App configuration of the shared screens."""

from django.apps import AppConfig


class ScreensConfig(AppConfig):
    """Template tags, static files and the list screen; no models."""

    name = "screens"
    verbose_name = "Screens"
