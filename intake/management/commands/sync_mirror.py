"""`sync_mirror`: have accounts read from a terminal, with a worker or without one."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actors import system
from intake.models import Reading
from intake.reading import facts, read_on, start_reading
from intake.reading.control import UnderWay
from intake.reading.progress_bar import ProgressBar
from intake.reading.readers import readers
from operations.accounts import is_connected
from operations.clock import database_now
from operations.engine.refusals import Refused
from operations.models import Account

FAILED, NOT_UNDERSTOOD, UNDER_WAY = 1, 2, 3
"""Exit codes: a reading failed, was cancelled or is not complete; bad arguments; an account is being read already."""
_TURN = 0.5
"""Seconds that the command reads, or waits for whoever reads, between two drawings of the bar."""


class Command(BaseCommand):
    """Starts readings and works them off under the same lease as a worker; what a worker already reads is watched."""

    help = (
        "Read what the providers show into the mirror. Without --account every connected account is read. Stopping the "
        "command stops no reading: a worker, or the next call, goes on. Exit codes: 1 a reading failed or is not complete, "
        "2 not understood, 3 an account is being read already (see --watch)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--account", action="append", metavar="PROVIDER[:NAME]", help="this account; may be repeated"
        )
        scope = parser.add_mutually_exclusive_group()
        scope.add_argument("--full", action="store_true", help="everything (the default)")
        scope.add_argument("--new", action="store_true", help="what is new, where the provider allows it")
        parser.add_argument("--no-wait", action="store_true", help="only start; a worker has to read")
        parser.add_argument("--watch", action="store_true", help="follow a reading that runs already")

    def handle(self, *args: Any, **options: Any) -> None:
        scope = Reading.Scope.NEW if options["new"] else Reading.Scope.FULL
        started = [
            reading
            for account in _accounts(options["account"])
            if (reading := self._start(account, scope, options)) is not None
        ]
        if options["no_wait"]:
            return
        bad = [reading for reading in started if not self._follow(reading)]
        if bad:
            raise CommandError(
                "Not read whole: " + ", ".join(str(reading.account) for reading in bad), returncode=FAILED
            )

    def _start(self, account: Account, scope: Reading.Scope, options: dict[str, Any]) -> Reading | None:
        try:
            reading = start_reading(
                account,
                scope=scope,
                actor=system("command"),
                user=None,
                started_as="sync_mirror",
                waking=options["no_wait"],
            )
        except UnderWay as running:
            if options["watch"]:
                return running.reading
            raise CommandError(
                f"{running.message} Use --watch to follow it.", returncode=UNDER_WAY
            ) from running
        except Refused as refused:
            raise CommandError(str(refused.message), returncode=NOT_UNDERSTOOD) from refused
        if options["no_wait"]:
            self.stdout.write(f"{account}: {reading} is started; a worker reads.")
        return reading

    def _follow(self, reading: Reading) -> bool:
        """Read on, or watch whoever does, until it is over; says whether it was read whole."""
        bar = ProgressBar(self.stdout, str(reading.account))
        while reading.is_open:
            next_at = read_on(reading.pk, seconds=_TURN)
            reading.refresh_from_db()
            if reading.is_open:
                bar.show(facts.pace_of(reading), _why_waiting(reading))
                if next_at is None or next_at > database_now():
                    time.sleep(_TURN)  # the pace, confirmed work, or somebody else who holds the lease
        bar.close()
        self.stdout.write(f"{reading.account}: {facts.state_words(reading)}. {facts.sentence(reading)}")
        for line in facts.summary_lines(reading):
            self.stdout.write(f"  {line}")
        if (end := facts.end_words(reading)) is not None:
            said = " ".join(part for part in (end["code"], end["message"]) if part)
            self.stdout.write(f"  {end['what']}{f' ({said})' if said else ''}. {end['help']}")
        for problem in facts.problem_rows(reading):
            self.stdout.write(f"  {problem['what']} {problem['key']}: {problem['code']} {problem['meaning']}")
        return reading.state == Reading.State.FINISHED and reading.complete


def _why_waiting(reading: Reading) -> str:
    blocked = Account.objects.values_list("blocked_until", flat=True).get(pk=reading.account_id)
    if blocked is not None and blocked > database_now():
        return f"asked to wait until {blocked:%H:%M:%S} UTC"
    return ""


def _accounts(named: list[str] | None) -> list[Account]:
    """The accounts by name, or every connected one that can be read. Raises CommandError for a name that nobody knows."""
    if not named:
        found = [a for a in Account.objects.order_by("pk") if a.provider in readers and is_connected(a)]
        if not found:
            raise CommandError("No account is connected.", returncode=NOT_UNDERSTOOD)
        return found
    accounts: list[Account] = []
    for text in named:
        provider, _colon, name = text.partition(":")
        account = Account.objects.filter(provider=provider, name=name or "default").first()
        if account is None:
            known = ", ".join(f"{a.provider}:{a.name}" for a in Account.objects.order_by("pk"))
            raise CommandError(f"There is no account {text}. Known: {known}", returncode=NOT_UNDERSTOOD)
        if account not in accounts:
            accounts.append(account)
    return accounts
