"""`plan_deletion`: the way of a deletion without a browser, through the same engine and with the same checks."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit.actors import Actor, system
from audit.denials import Denied
from audit.services import record
from operations import engine, selecting
from operations.engine.confirm import operations_of
from operations.id_lists import IdListError, ids_in_csv
from operations.mirror_admin import MirrorAdmin
from operations.models import Run
from operations.operation import Operation
from operations.plan_text import plan_lines

NOT_UNDERSTOOD, REFUSED, DENIED = 2, 3, 4
"""Exit codes: bad arguments, filter or file; the engine says no; the person may not."""
_VIA = "command"


class Command(BaseCommand):
    """Makes a plan and stops. A second call confirms it; approval and waiting time follow as for everybody."""

    help = (
        "Make a plan of deletions from a filter or a file of ids, show it, confirm it, give it up. Nothing is sent by the "
        "plan. Exit codes: 2 not understood, 3 refused, 4 the person may not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--filter", metavar="QUERY", help="the query string of the list's address")
        what.add_argument("--ids", metavar="FILE", help="a CSV file of provider ids; - reads standard input")
        what.add_argument("--show", metavar="P-12", help="show a plan or run again")
        what.add_argument("--confirm", metavar="P-12", help="confirm a plan, with --reason and --type")
        what.add_argument("--discard", metavar="P-12", help="give a plan up")
        parser.add_argument("--as", dest="person", metavar="NAME", help="log-in name of the person who acts")
        parser.add_argument("--reason", default="", help="why; kept for ever")
        parser.add_argument(
            "--type", dest="typed", metavar="WORDS", help='what the plan asks for: "DELETE 250"'
        )
        parser.add_argument(
            "--list", dest="model", default="media_assets.videoasset", help="the list to select in"
        )
        parser.add_argument("--button", default="", help="which of the list's plans; the first by default")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._run(options)
        except (IdListError, ValueError) as error:
            raise CommandError(str(error), returncode=NOT_UNDERSTOOD) from error
        except engine.Refused as refused:
            raise CommandError(str(refused.message), returncode=REFUSED) from refused
        for line in plan_lines(run):
            self.stdout.write(line)

    def _run(self, options: dict[str, Any]) -> Run:
        if options["show"]:
            return _find(options["show"])
        if not options["person"]:
            raise ValueError(_("Say who acts: --as NAME."))
        if options["confirm"] or options["discard"]:
            run = _find(options["confirm"] or options["discard"])
            return self._as_person(options, operations_of(run), lambda *who: _decide(run, options, *who))
        plans = _admin(options["model"])
        operations = _operations(plans, options["button"])
        make = _from_ids if options["ids"] else _from_filter
        return self._as_person(options, operations, lambda *who: make(plans, operations, options, *who))

    def _as_person(self, options: dict[str, Any], operations: list[Operation], act: Any) -> Run:
        """Act as the named person; a refusal is kept in the ledger, as that of a web request is."""
        name = options["person"]
        user = get_user_model().objects.filter(username=name).first()
        actor = Actor.person(user, via=_VIA) if user is not None else system(_VIA)
        try:
            _check_account(user, name, operations[0])
            done: Run = act(actor, user)
        except Denied as refusal:
            record(refusal.action, actor=actor, target=refusal.target, details=refusal.details)
            text = _("“%(name)s” may not do this. The refusal is in the audit log.") % {"name": name}
            raise CommandError(text, returncode=DENIED) from refusal
        return done


def _check_account(user: Any, name: str, operation: Operation) -> None:
    if user is None:
        raise Denied(operation.audit["denied"], details={"why": "unknown_person", "note": name[:100]})
    if not user.is_active:
        raise Denied(operation.audit["denied"], details={"why": "inactive"})


def _decide(run: Run, options: dict[str, Any], actor: Actor, user: Any) -> Run:
    if options["discard"]:
        engine.discard(run, actor=actor, user=user)
    else:
        engine.confirm(
            run,
            actor=actor,
            user=user,
            token=str(run.token),
            reason=options["reason"],
            typed=options["typed"],
        )
    return Run.objects.get(pk=run.pk)


def _from_filter(
    plans: MirrorAdmin, operations: list[Operation], options: dict[str, Any], actor: Actor, user: Any
) -> Run:
    selecting.check_may_plan(operations, user)
    matching = selecting.rows_of_address(plans, options["filter"], user=user)
    return selecting.plan_rows(
        operations, matching.rows, actor=actor, user=user, words=matching.words, query=matching.query
    )


def _from_ids(
    plans: MirrorAdmin, operations: list[Operation], options: dict[str, Any], actor: Actor, user: Any
) -> Run:
    if plans.by_ids is None:
        raise ValueError(_("Rows of this list cannot be chosen by IDs."))
    selecting.check_may_see(plans, user)
    selecting.check_may_plan(operations, user)
    path = options["ids"]
    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise ValueError(_("The file cannot be read: %(why)s.") % {"why": error.strerror}) from error
    source = "" if path == "-" else Path(path).name
    selection = selecting.stage(
        plans.model, ids_in_csv(content), plans.by_ids, actor=actor, user=user, source=source
    )
    return selecting.plan_selection(selection, operations, plans.model, actor=actor, user=user)


def _find(name: str) -> Run:
    number = re.fullmatch(r"(?:[PR]-)?([0-9]{1,18})", name.strip(), re.IGNORECASE)
    run = Run.objects.filter(pk=int(number[1])).first() if number else None
    if run is None:
        raise ValueError(_("There is no plan “%(name)s”.") % {"name": name[:40]})
    return run


def _admin(label: str) -> MirrorAdmin:
    try:
        found = admin.site.get_model_admin(apps.get_model(label))
    except (LookupError, ValueError, NotRegistered):
        found = None
    if not isinstance(found, MirrorAdmin) or not found.planned_operations():
        raise ValueError(_("There is no list “%(name)s” that plans are made from.") % {"name": label[:60]})
    return found


def _operations(plans: MirrorAdmin, button: str) -> list[Operation]:
    try:
        return plans.button_operations(button) if button else plans.button_operations(plans.first_button())
    except KeyError:
        raise ValueError(_("This list has no plan “%(name)s”.") % {"name": button[:60]}) from None
