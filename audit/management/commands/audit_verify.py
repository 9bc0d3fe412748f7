"""`audit_verify`: recompute the log, compare it with every checkpoint, and say what is wrong. Ends with 1 when anything is."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit import outside
from audit.checkpoint import NoteError, PublicKey
from audit.keys import NoKey, trusted_keys
from audit.verify import Report, verify


class Command(BaseCommand):
    """The checkpoint file makes the difference: without it a cut tail or a log written anew cannot be noticed."""

    help = "Verify the audit log against its checkpoints, inside and outside the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        file = settings.AUDIT["checkpoint_file"]
        parser.add_argument(
            "--checkpoints", type=Path, default=file, help="file of notes kept outside the database"
        )
        parser.add_argument(
            "--no-outside", action="store_true", help="look at the database’s own checkpoints alone"
        )
        parser.add_argument(
            "--key", action="append", default=[], help="a public key to trust (may be repeated)"
        )
        parser.add_argument(
            "--since-checkpoint",
            type=Path,
            help="begin behind the checkpoint in this file; what lies before is trusted",
        )
        parser.add_argument(
            "--columns",
            action="store_true",
            help="compare every sealed text with its columns, not the definition of the table alone (longer)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys = [PublicKey.parse(line) for line in options["key"]] or trusted_keys()
            notes = [] if options["no_outside"] else outside.notes(options["checkpoints"])
            since = options["since_checkpoint"].read_text("utf-8") if options["since_checkpoint"] else ""
        except (NoteError, NoKey, OSError) as error:
            raise CommandError(str(error)) from error
        progress = self._progress if sys.stderr.isatty() else None
        report = verify(keys=keys, outside=notes, since=since, columns=options["columns"], progress=progress)
        if progress:
            self.stderr.write("")
        self._tell(report)
        if not report.sound:
            sys.exit(1)

    def _progress(self, position: int) -> None:
        self.stderr.write(f"\r{position:,} records", ending="")

    def _tell(self, report: Report) -> None:
        say = self.stdout.write
        say(f"{report.size:,} sealed records, {report.pending:,} waiting for the sealer")
        say(
            f"{report.database_checkpoints:,} checkpoints in the database, {report.outside_checkpoints:,} outside"
        )
        say(f"root {report.root.hex()}")
        if report.erased:
            say(f"{report.erased:,} groups of personal values were erased, each with a record of it")
        if not report.outside_checkpoints:
            say(
                "Nothing outside the database was compared: a cut tail or a log written anew would not be noticed."
            )
        if report.first is None:
            say(self.style.SUCCESS("The log is sound."))
            return
        for found in report.findings[:50]:
            place = "" if found.position is None else f" at position {found.position:,}"
            record = "" if found.record is None else f" (record {found.record:,})"
            say(self.style.ERROR(f"{found.kind}{place}{record}: {found.text}"))
        if len(report.findings) > 50:
            say(f"and {len(report.findings) - 50:,} more")
        say(self.style.ERROR(f"First bad: {report.first.kind}, record {report.first.record}."))
