"""The product's own settings with a test's environment: the same code, no file of the machine's read."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("DJANGO_SECRET_KEY", "insecure-tests-only")
os.environ.setdefault("BACKOFFICE_SANDBOX", "1")
os.environ.setdefault("BACKOFFICE_ENV_FILE", "")
os.environ.setdefault("DJANGO_LOG_LEVEL", "WARNING")
os.environ.setdefault("INTAKE_SCHEDULED", "0")  # a sweep in a test reads no provider unless the test says so
os.environ.setdefault("PROVIDER_CONNECT_TIMEOUT", "1")
os.environ.setdefault("PROVIDER_READ_TIMEOUT", "2")

from backoffice.settings import *  # noqa: F403 - the environment comes first
from backoffice.settings import AUDIT, DATABASES

# Test processes share one broker; each has a queue of its own, so that none works off another's run.
CELERY_TASK_DEFAULT_QUEUE = f"back-office-test-{os.getpid()}"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file like the product's own: threads of a worker and a browser's server meet the real locks, not those of memory.
    DATABASES["default"]["TEST"] = {"NAME": f"{tempfile.gettempdir()}/back-office-test-{os.getpid()}.sqlite3"}

elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # Nobody pulls the plug of a test's database, so commits need not wait for the disk; their order stays.
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"

# Keys and checkpoints of tests stay out of what belongs to the demo.
_LEDGER = Path(tempfile.gettempdir()) / f"back-office-test-{os.getpid()}-audit"
AUDIT |= {"signing_key_file": _LEDGER / "signing.key", "checkpoint_file": _LEDGER / "checkpoints.txt"}
