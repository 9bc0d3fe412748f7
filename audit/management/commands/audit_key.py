"""`audit_key show | new | rotate`: the keys that checkpoints are signed with."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actors import system
from audit.keys import NoKey, line_of, new_key, signing_keys
from audit.models import PublicKey
from audit.rotation import rotate
from audit.sealer import SealingError


class Command(BaseCommand):
    """`new` prints a secret line for AUDIT_SIGNING_KEY; the others print public keys alone."""

    help = "Show the audit log’s public keys, make a secret one, or rotate the one in the key file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=("show", "new", "rotate"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for line in getattr(self, f"_{options['act']}")():
                self.stdout.write(line)
        except (NoKey, SealingError) as error:
            raise CommandError(str(error)) from error

    def _show(self) -> list[str]:
        now = [str(key.public) for key in signing_keys()]
        before = PublicKey.objects.exclude(line__in=now).order_by("-since", "-pk")
        return [*now, *before.values_list("line", flat=True)]

    def _new(self) -> list[str]:
        return [line_of(new_key())]

    def _rotate(self) -> list[str]:
        return [str(rotate(actor=system("command")))]
