"""`audit_checkpoint`: print the newest checkpoint; with --now seal and sign first."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.models import Checkpoint
from audit.sealer import SealingError, seal


class Command(BaseCommand):
    """What is printed is a signed note: keep it anywhere out of the database’s reach."""

    help = "Print the newest signed checkpoint of the audit log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", action="store_true", help="seal what is committed and sign first")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["now"]:
            try:
                seal(sign=True)
            except SealingError as error:
                raise CommandError(str(error)) from error
        newest = Checkpoint.objects.order_by("-pk").first()
        if newest is None:
            raise CommandError("there is no checkpoint yet")
        self.stdout.write(newest.note, ending="")
