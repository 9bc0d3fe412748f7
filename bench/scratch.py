"""Where a benchmark runs: imitated providers in a process of their own, and a database that is dropped afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IN_FLIGHT = 32
LATENCY_MS = 50
_ADDRESS = "imitated providers at "
_ENDS_WITHIN = 10


@contextmanager
def imitated_providers(seed: str) -> Iterator[dict[str, str]]:
    """Serve the world of `seed` at 50 ms latency; yields the environment that leads to them.

    Raises RuntimeError when the process does not start.
    """
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    options = ["--seed", seed, "--latency", str(LATENCY_MS)]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module
    try:
        line = process.stdout.readline() if process.stdout else ""
        if _ADDRESS not in line:
            raise RuntimeError("the imitated providers did not start")
        yield _environment(line.split(_ADDRESS, 1)[1].split(",")[0].strip())
    finally:
        process.terminate()
        process.wait(_ENDS_WITHIN)


def _environment(url: str) -> dict[str, str]:
    port = url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "sandbox", "--print-env", "--port", port]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own module
    return dict(line.split("=", 1) for line in printed.splitlines())


def prepare(directory: Path, providers: dict[str, str]) -> None:
    """Set the environment that the settings read: nothing of this machine but DATABASE_URL, and paces lifted.

    Call before `django.setup()`. Messages go to this process's memory, so that no real worker wakes up.
    """
    os.environ |= providers | {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "DJANGO_SECRET_KEY": "insecure-benchmarks-only",
        "DJANGO_DEBUG": "0",
        "DJANGO_LOG_LEVEL": "WARNING",
        "BACKOFFICE_ENV_FILE": "",
        "BACKOFFICE_DATA_DIR": str(directory),
        "CELERY_BROKER_URL": "memory://localhost/",
        "OPERATIONS_IN_FLIGHT": str(IN_FLIGHT),
        "CLASSIN_PER_SECOND": "1000000",
        "CLASSIN_PER_MINUTE": "60000000",
        "HUAWEI_VOD_PER_SECOND": "1000000",
        "HUAWEI_VOD_READS_PER_MINUTE": "60000000",
        "INTAKE_SCHEDULED": "0",
    }


@contextmanager
def scratch_database(directory: Path) -> Iterator[None]:
    """A migrated database of Django's test machinery: a file in `directory`, or `bench_<process>` on a server.

    What DATABASE_URL names is only used to reach the server; nothing in it is read or changed.
    """
    from django.db import connection  # noqa: PLC0415 - the environment comes first

    name = str(directory / "bench.sqlite3") if connection.vendor == "sqlite" else f"bench_{os.getpid()}"
    connection.settings_dict["TEST"]["NAME"] = name
    before = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)
