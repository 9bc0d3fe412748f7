"""`import_mirror`: the import of a spreadsheet without a browser, through the same steps and with the same checks."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from audit.actors import Actor, system
from audit.denials import Denied
from audit.services import record
from intake import importing
from intake.importing.audit_actions import DENIED as REFUSAL
from intake.importing.report import csv_lines, text_lines
from intake.importing.work import work_off
from intake.models import Import, ImportRow
from intake.spreadsheets import kind_of, kinds, plain
from operations.engine import Refused
from operations.models import Account

NOT_UNDERSTOOD, REFUSED, NOT_ALLOWED, SOME_WRONG = 2, 3, 4, 5
"""Exit codes: bad arguments or file; it cannot go on; the person may not; done, and rows of the file are wrong."""
_VIA = "command"
_SHOWN = 20


class Command(BaseCommand):
    """Reads the file, makes the dry run and prints what it found; `--apply` then takes it in."""

    help = (
        "Import a CSV or XLSX file of courses, lessons or class videos into the mirror. Without --apply nothing of the mirror is "
        "changed. Exit codes: 2 not understood, 3 refused, 4 the person may not, 5 some rows are wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a CSV or XLSX file")
        parser.add_argument("--kind", required=True, help=", ".join(kind.key for kind in kinds()))
        parser.add_argument(
            "--account",
            default="classin:default",
            metavar="PROVIDER:NAME",
            help="whose rows the file lists; classin:default without it",
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="HEADING=FIELD",
            help='what a heading stands for where it is not guessed; "HEADING=" leaves it out',
        )
        parser.add_argument(
            "--as-of", metavar="TIME", help="when the file was made, by the school's clock; now without it"
        )
        parser.add_argument("--as", dest="person", metavar="NAME", help="log-in name of the person who acts")
        parser.add_argument("--apply", action="store_true", help="take in what the dry run found")
        parser.add_argument(
            "--wrong", metavar="FILE", help="write the wrong rows with their reasons to this CSV file"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            one = self._import(options)
        except ValueError as error:
            raise CommandError(str(error), returncode=NOT_UNDERSTOOD) from error
        except Refused as refused:
            code = NOT_UNDERSTOOD if refused.field or refused.code == "lacking" else REFUSED
            raise CommandError(str(refused.message), returncode=code) from refused
        for line in text_lines(one, most=_SHOWN):
            self.stdout.write(line)
        if options["wrong"]:
            _write(Path(options["wrong"]), one)
        if one.state == Import.State.CHECKED:
            self.stdout.write(
                _("Nothing is changed yet: add --apply, or apply %(import)s on its page.") % {"import": one}
            )
        if wrong := one.counts.get(ImportRow.Verdict.WRONG, 0):
            raise CommandError(_("%(count)s rows are wrong.") % {"count": wrong}, returncode=SOME_WRONG)

    def _import(self, options: dict[str, Any]) -> Import:
        user, actor = _person(options["person"])
        try:
            one = self._steps(options, actor, user)
        except Denied as refusal:
            _refuse(actor, refusal.details)
        return one

    def _steps(self, options: dict[str, Any], actor: Actor, user: Any) -> Import:
        path = Path(options["file"])
        account, at = _account(options["account"]), _moment(options["as_of"])
        if kind_of(options["kind"]) is None:
            raise ValueError(_("There is no kind “%(name)s”.") % {"name": options["kind"][:40]})
        try:
            with path.open("rb") as file:
                one = importing.upload(
                    file, name=path.name, kind=options["kind"], account=account, at=at, actor=actor, user=user
                )
        except OSError as error:
            raise ValueError(_("The file cannot be read: %(why)s.") % {"why": error.strerror}) from error
        try:
            importing.set_columns(one, _mapping(one, options["map"]), actor=actor, user=user)
        except (Refused, ValueError):
            importing.discard(one, actor=actor, user=user)
            raise
        _worked_off(one, Import.State.CHECKED)
        if options["apply"]:
            importing.apply(one, token=one.token, actor=actor, user=user)
            _worked_off(one, Import.State.APPLIED)
        return one


def _person(name: str | None) -> tuple[Any, Actor]:
    """The person who acts, the system where none is named. Raises CommandError, after a record, for one who is nobody here."""
    if not name:
        return None, system(_VIA)
    user = get_user_model().objects.filter(username=name).first()
    if user is None or not user.is_active:
        why = "inactive" if user is not None else "unknown_person"
        _refuse(system(_VIA), {"why": why, "note": name[:100]})
    return user, Actor.person(user, via=_VIA)


def _refuse(actor: Actor, details: dict[str, Any]) -> NoReturn:
    record(REFUSAL, actor=actor, details=details)
    text = _("This person may not do this. The refusal is in the audit log.")
    raise CommandError(text, returncode=NOT_ALLOWED)


def _worked_off(one: Import, state: Import.State) -> None:
    """Work it off here; a worker may take part. Raises Refused when it comes to another end."""
    while work_off(one.pk):
        pass
    one.refresh_from_db()
    if one.state != state:
        raise Refused(
            "not_finished",
            _("%(import)s is not finished: %(state)s.") % {"import": one, "state": one.get_state_display()},
        )


def _mapping(one: Import, given: list[str]) -> dict[int, str]:
    """What was guessed, with what was said of headings in its place."""
    mapping = one.columns
    for pair in given:
        heading, equals, name = pair.rpartition("=")
        places = [place for place, known in enumerate(one.headings) if plain(known) == plain(heading)]
        if not equals or not places:
            raise ValueError(_("The file has no heading “%(name)s”.") % {"name": (heading or pair)[:60]})
        if name and (one.target is None or one.target.column(name) is None):
            raise ValueError(_("There is no field “%(name)s”.") % {"name": name[:60]})
        mapping = {place: known for place, known in mapping.items() if known != name and place not in places}
        if name:
            mapping[places[0]] = name
    return mapping


def _account(text: str) -> Account:
    provider, _colon, name = text.partition(":")
    account = Account.objects.filter(provider=provider, name=name or "default").first()
    if account is None:
        raise ValueError(_("There is no account “%(name)s”.") % {"name": text[:60]})
    return account


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    day = parse_date(text) if len(text) == 10 else None
    moment = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001 - made aware below
    if moment is None:
        raise ValueError(_("“%(text)s” is no time. Write it like 2026-03-02T08:30.") % {"text": text[:40]})
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _write(path: Path, one: Import) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(csv_lines(one, ImportRow.Verdict.WRONG))
