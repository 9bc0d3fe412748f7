"""The Celery application: `celery -A backoffice worker`, `celery -A backoffice beat`."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

app = Celery("backoffice")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_shutting_down.connect
def _claim_nothing_more(**_unused: Any) -> None:
    """A stop waits for the answers that are on their way, not for the whole run (with the threads pool)."""
    from operations.engine.work import stopping  # noqa: PLC0415 - the engine needs the loaded applications

    stopping.set()
