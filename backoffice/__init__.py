"""The back office as a whole: settings, the admin site, navigation, home, health, the demo."""

from backoffice.celery import app as celery_app

__all__ = ["celery_app"]
