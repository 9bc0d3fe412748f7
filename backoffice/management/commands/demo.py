"""The demo itself, once the environment is prepared (see `backoffice.demo.start`)."""

from __future__ import annotations

import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from audit.models import Record
from backoffice.demo import STARTED
from backoffice.demo.history import Past
from backoffice.demo.imitations import tell_news
from backoffice.demo.mirror import fill_mirror
from backoffice.demo.people import PASSWORD, PEOPLE, ensure_people
from backoffice.demo.server import DemoServer
from backoffice.embedded import EmbeddedWorker
from courses.models import Course
from operations.accounts import credentials
from operations.models import Account, Run


class Command(BaseCommand):
    """Migrate, seed at the first start, serve until Ctrl-C or SIGTERM."""

    help = "Start the demo: web pages, worker and sweeper in this process, on imitated providers."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("The demo runs on imitated providers only. Start it with: make demo")
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_unused: stop.set())
        self.stdout.write("Preparing the database")
        call_command("migrate", verbosity=0, interactive=False)
        ensure_people()
        self.stdout.write("Reading the imitated providers")
        told, late = fill_mirror(self.stdout.write)
        with EmbeddedWorker():
            if not stop.is_set():
                self._make_history(told["special"])
            with DemoServer(options["port"]):
                if late:
                    self._tell_news(late)
                self._greet(options["port"], time.monotonic() - STARTED)
                stop.wait()
            self.stdout.write("\nStopping: nothing new is sent, what is on its way is waited for.")

    def _make_history(self, special: dict[str, Any]) -> None:
        if not Run.objects.exists():
            self.stdout.write("Doing what the school did before you came")
            Past(special, self.stdout.write).make()

    def _tell_news(self, late: str) -> None:
        """A message of each of two kinds, so that there are some to look at."""
        course = Course.objects.filter(classes__presence="present").order_by("pk").last()
        if course is not None:
            tell_news(_classin(), late, course.provider_id, f"{course.name} (renamed in ClassIn)")

    def _greet(self, port: int, seconds: float) -> None:
        width = max(len(person.username) for person in PEOPLE)
        lines = [
            "",
            f"  The back office is at  http://127.0.0.1:{port}/",
            "",
            f"  Log in with one of these names and the password  {PASSWORD}",
            *(f"    {person.username:<{width}}  {person.may}" for person in PEOPLE),
            "",
            f"  Started in {seconds:.0f} s; {Record.objects.count():,} records in the audit log.",
            "  The providers are imitations. Ctrl-C stops everything and keeps the data.",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _classin() -> str:
    """The address of the imitated ClassIn."""
    return credentials(Account.objects.get(provider="classin", name="default"))["base_url"]
