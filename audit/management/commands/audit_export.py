"""`audit_export`: the sealed log, or a part of it, as one signed file that `verify.py` checks anywhere."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.http import QueryDict

from audit.actors import system
from audit.checkpoint import NoteError
from audit.export_file import Export, NotExportable, query_text
from audit.export_pages import recorded
from audit.filters import parse
from audit.keys import NoKey
from audit.sealer import SealingError, seal
from audit.verifier_file import PROGRAM


class Command(BaseCommand):
    """The filter is the query string of the log’s address: what an auditor sees there is what is exported."""

    help = "Write sealed records of the audit log and their proof to a signed file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="where to write, or - for standard output")
        parser.add_argument("--filter", default="", help="the query string of the log’s address")
        parser.add_argument("--first", type=int, default=0, help="the first position")
        parser.add_argument("--end", type=int, help="the position behind the last one")
        parser.add_argument("--now", action="store_true", help="seal what is committed and sign first")
        parser.add_argument("--verifier", action="store_true", help="put verify.py beside the file")

    def handle(self, *args: Any, **options: Any) -> None:
        query = QueryDict(options["filter"].rpartition("?")[2])
        criteria = parse(query)
        if criteria.unreadable:
            raise CommandError(
                f"not understood: {', '.join(map(str, (*criteria.problems, *criteria.query.problems)))}"
            )
        if options["first"] < 0 or (options["end"] is not None and options["end"] < options["first"]):
            raise CommandError("a range goes from --first up to --end")
        try:
            if options["now"]:
                seal(sign=True)
            export = Export(criteria, query_text(query), first=options["first"], end=options["end"])
        except (NotExportable, NoKey, NoteError, SealingError) as error:
            raise CommandError(str(error)) from error
        self._write(export, options["file"], verifier=options["verifier"])
        counted = export.counted
        self.stderr.write(f"{counted.records:,} records, SHA-256 {counted.digest}")

    def _write(self, export: Export, name: str, *, verifier: bool) -> None:
        told = {"first": export.first, "end": export.end}
        parts = recorded(export.parts(), export.counted, system("command"), "jsonl", export.query, told)
        if name == "-":
            for part in parts:
                sys.stdout.buffer.write(part)
            sys.stdout.buffer.flush()
            return
        path = Path(name)
        with path.open("wb") as file:
            file.writelines(parts)
        if verifier:
            path.with_name("verify.py").write_bytes(PROGRAM.read_bytes())
