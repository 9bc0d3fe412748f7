"""What must be there before the settings can be read: data folder, secret key, free ports, the imitated providers."""

from __future__ import annotations

import argparse
import fcntl
import os
import secrets
import shutil
import socket
import sys
from pathlib import Path
from typing import IO

from backoffice.demo.imitations import Imitations, ImitationsFailed

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = (
    "CLASSIN_",
    "HUAWEI_VOD_",
    "SYNGRAFII_",
    "DJANGO_",
    "CELERY_",
    "OPERATIONS_",
    "INTAKE_",
    "AUDIT_",
    "AXES_",
    "PROVIDER_",
    "DATABASE_URL",
    "EMAIL_URL",
    "BACKOFFICE_URL",
    "BACKOFFICE_MAIL_LANGUAGE",
)
"""Variables of the product that the demo never takes from outside: it must not reach a real provider or database."""
KEPT = ("DJANGO_TIME_ZONE", "DJANGO_LOG_LEVEL")
MADE_BY_DEMO = (
    "demo.sqlite3",
    "demo.sqlite3-wal",
    "demo.sqlite3-shm",
    "demo-secret-key",
    "sandbox",
    "mail",
    "audit",
)


def main(arguments: list[str]) -> int:
    """Run the demo until Ctrl-C or SIGTERM; the exit code says whether it could start."""
    options = parser().parse_args(arguments)
    data = Path(os.environ.get("BACKOFFICE_DATA_DIR", ROOT / "var")).resolve()
    data.mkdir(parents=True, exist_ok=True)
    with (data / "demo.lock").open("w") as lock:
        if not _locked(lock):
            print(
                f"A demo is running on {data} already. Stop it first, or set BACKOFFICE_DATA_DIR.",
                file=sys.stderr,
            )
            return 1
        if options.reset:
            reset(data)
        port = free_port(options.port)
        if port != options.port:
            print(f"Port {options.port} is taken, so this is {port}.")
        address = f"http://127.0.0.1:{port}/webhooks/classin/default/"
        imitations = Imitations(data / "sandbox", free_port(options.sandbox_port), push_to=address)
        try:
            with imitations:
                prepare(data, imitations.variables(), port)
                return _command(port)
        except ImitationsFailed as failed:
            print(failed, file=sys.stderr)
            return 1


def parser() -> argparse.ArgumentParser:
    """The demo's command line."""
    made = argparse.ArgumentParser(prog="demo", description="Start the demo on imitated providers.")
    made.add_argument(
        "--port", type=int, default=8000, help="port of the web pages, the next free one if it is taken"
    )
    made.add_argument(
        "--sandbox-port", type=int, default=8601, help="port of the imitated providers, likewise"
    )
    made.add_argument("--reset", action="store_true", help="forget everything and start over")
    return made


def prepare(data: Path, variables: dict[str, str], port: int = 8000) -> None:
    """Set the environment that the settings will read: this and nothing that was set outside, no `.env` either."""
    for name in list(os.environ):
        if name.startswith(OURS) and name not in KEPT:
            del os.environ[name]
    os.environ.update(variables)
    os.environ.update(
        {
            "BACKOFFICE_ENV_FILE": "",
            "BACKOFFICE_SANDBOX": "1",
            "BACKOFFICE_DATA_DIR": str(data),
            "DATABASE_URL": f"sqlite:///{data / 'demo.sqlite3'}",
            "EMAIL_URL": f"filemail:///{data / 'mail'}",
            "BACKOFFICE_URL": f"http://127.0.0.1:{port}",
            "DJANGO_SECRET_KEY": secret_key(data / "demo-secret-key"),
            "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        }
    )
    os.environ.setdefault("DJANGO_LOG_LEVEL", "ERROR")  # a mistyped address is no news for the terminal


def secret_key(path: Path) -> str:
    """A random key made at the first start and kept, so that log-ins survive the next one."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50), encoding="ascii")
    return path.read_text(encoding="ascii").strip()


def reset(data: Path) -> None:
    """Remove what earlier demos made, and nothing else."""
    for name in MADE_BY_DEMO:
        path = data / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def free_port(wanted: int) -> int:
    """`wanted`, or the next port that nothing on this machine listens on. Raises OSError when none is found."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"none of the ports {wanted} to {wanted + 49} is free")


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _command(port: int) -> int:
    import django  # noqa: PLC0415 - the settings can be read only now
    from django.core.management import call_command  # noqa: PLC0415 - as above

    django.setup()
    call_command("demo", port=port)
    return 0
