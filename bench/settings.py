"""The product's settings with the peers that are installed, and their tables, beside it."""

from importlib.util import find_spec
from os import environ as environment

from backoffice.settings import *  # noqa: F403 - the product's settings, whole
from backoffice.settings import DATABASES, INSTALLED_APPS

_POSTGRESQL = "postgresql" in DATABASES["default"]["ENGINE"] or "postgis" in DATABASES["default"]["ENGINE"]
_WANTED = ["auditlog", "simple_history", *(["pgtrigger", "pghistory"] if _POSTGRESQL else [])]
INSTALLED_APPS = [*INSTALLED_APPS, *(name for name in _WANTED if find_spec(name)), "bench.peers"]
PGTRIGGER_INSTALL_ON_MIGRATE = True

# Processes of one benchmark share a broker with nobody else.
CELERY_TASK_DEFAULT_QUEUE = environment.get("CELERY_TASK_DEFAULT_QUEUE", "celery")
