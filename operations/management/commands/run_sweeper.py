"""`run_sweeper`: find what crashes and lost messages left behind, and wake what is due."""

from __future__ import annotations

import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections

from operations.engine.sweep import sweep


class Command(BaseCommand):
    """A stand-in for Celery beat's entry, for set-ups without beat; safe beside it."""

    help = "Wake runs that are due and settle calls whose worker died. Repeats until stopped, or once with --once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one pass, then end")
        parser.add_argument(
            "--seconds",
            type=float,
            default=settings.OPERATIONS["sweep_seconds"],
            help="pause between two passes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        while True:
            woken = sweep()
            if woken or options["once"]:
                self.stdout.write(f"{woken} runs woken")
            if options["once"] or stopped.wait(options["seconds"]):
                return
            close_old_connections()
