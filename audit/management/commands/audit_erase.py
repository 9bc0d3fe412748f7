"""`audit_erase`: erase personal values of a person or of records from the audit log, without a limit on their number."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from audit.actors import system
from audit.canonical import GROUPS
from audit.erasure import erase
from audit.erasure_requests import concerned
from audit.models import Record

_SHORTEST_NAME = 2


class Command(BaseCommand):
    """Whoever may start this owns the server; the log says that it was done by a command, and why."""

    help = "Erase personal values from the audit log. The records stay sealed, and the log still verifies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--person", metavar="LOG-IN NAME", help="everything that names this person")
        whose.add_argument(
            "--naming", metavar="NAME", help="what says this name, of somebody without an account"
        )
        whose.add_argument("--record", type=int, action="append", help="this record (may be repeated)")
        parser.add_argument(
            "--group", action="append", choices=sorted(GROUPS), help="only these values (may be repeated)"
        )
        parser.add_argument("--reason", required=True, help="kept in the log for ever: name nobody in it")
        parser.add_argument(
            "--yes", action="store_true", help="erase; without it the records are only counted"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        groups = options["group"] or list(GROUPS)
        if not options["reason"].strip():
            raise CommandError("an erasure needs a reason")
        found = self._found(options, groups)
        for group, records in found.items():
            self.stdout.write(f"{group}: {len(records):,} records")
        if not options["yes"]:
            self.stdout.write("Nothing was erased. Add --yes to erase.")
            return
        erased = sum(
            erase(records, [group], actor=system("command"), reason=options["reason"])
            for group, records in found.items()
        )
        self.stdout.write(self.style.SUCCESS(f"{erased:,} groups of values erased."))

    def _found(self, options: dict[str, Any], groups: list[str]) -> dict[str, list[int]]:
        if options["naming"] is not None:
            return self._saying(options["naming"].strip(), groups)
        if options["record"]:
            return dict.fromkeys(groups, options["record"])
        model = get_user_model()
        person = model._default_manager.filter(**{model.USERNAME_FIELD: options["person"]}).first()
        if person is None:
            raise CommandError(f"nobody has the log-in name {options['person']}")
        return self._records(concerned(person=person), groups)

    def _saying(self, name: str, groups: list[str]) -> dict[str, list[int]]:
        if len(name) < _SHORTEST_NAME:
            raise CommandError(f"a name of fewer than {_SHORTEST_NAME} characters is in too many words")
        return self._records(concerned(naming=name), groups)

    def _records(self, found: dict[str, QuerySet[Record]], groups: list[str]) -> dict[str, list[int]]:
        return {
            group: list(records.values_list("pk", flat=True))
            for group, records in found.items()
            if group in groups
        }
