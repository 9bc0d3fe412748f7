"""Deliberate bugs of the engine, each a few changed words in its source, that the machine must find.

A mutant rewrites the source of a function, compiles it and puts the new code into the same function, so that every module
that imported it by name has the bug. Where another layer makes up for one bug (a claim asks again what the confirmation
asked), the mutant has both; where the database would refuse, its constraint is lifted as well, and the mutant says so.
"""

from __future__ import annotations
import __future__ as futures

import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from django.db import connection

from tests.reliability.world import empty


@dataclass(frozen=True)
class Change:
    """In this function (module:name), these words become others."""

    where: str
    old: str
    new: str


def function_at(where: str) -> FunctionType:
    module, _colon, name = where.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not isinstance(found, FunctionType):
        raise TypeError(f"{where} is no plain function")
    return found


def mutated(where: str, changes: Iterable[Change]) -> CodeType:
    """The function's code with the bug. Raises ValueError unless the old words are there exactly once and matter."""
    function = function_at(where)
    source = textwrap.dedent(inspect.getsource(function))
    for change in changes:
        if source.count(change.old) != 1:
            raise ValueError(f"{where} has {change.old!r} {source.count(change.old)} times")
        source = source.replace(change.old, change.new)
    names: dict[str, Any] = {}
    flags = futures.annotations.compiler_flag
    exec(  # noqa: S102 - our own source with our own bug
        compile(source, f"<mutant of {where}>", "exec", flags, dont_inherit=True), function.__globals__, names
    )
    before, after = function.__code__, names[function.__name__].__code__
    if _essence(before) == _essence(after):
        raise ValueError(f"the change of {where} changes nothing")
    return after


def _essence(code: CodeType) -> tuple[Any, ...]:
    """What a function does: its code and that of the functions in it, without lines and file names."""
    inner = tuple(_essence(part) if isinstance(part, CodeType) else part for part in code.co_consts)
    return (code.co_code, inner, code.co_names)


@contextmanager
def _replaced(where: str, changes: list[Change]) -> Iterator[None]:
    function, code = function_at(where), mutated(where, changes)
    before, function.__code__ = function.__code__, code
    try:
        yield
    finally:
        function.__code__ = before


@contextmanager
def _no_checks() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        try:
            yield
        finally:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


@contextmanager
def _no_unique_target() -> Iterator[None]:
    name = "one_open_item_per_target"
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [name])
        (made_by,) = cursor.fetchone()
        cursor.execute(f"DROP INDEX {name}")
        try:
            yield
        finally:
            empty()
            cursor.execute(made_by)


CHECKS, UNIQUE = _no_checks, _no_unique_target
LIFTED = {CHECKS: "the CHECK constraints", UNIQUE: "the unique index on open targets"}


@dataclass(frozen=True)
class Mutant:
    """One bug: what it is, its changes, and which constraints of the database it needs lifted."""

    name: str
    changes: tuple[Change, ...]
    lifted: tuple[Callable[[], Any], ...] = ()
    fast: bool = False
    """Found within a few examples, so tried in the ordinary suite as well."""

    @contextmanager
    def applied(self) -> Iterator[None]:
        with ExitStack() as stack:
            for lift in self.lifted:
                stack.enter_context(lift())
            for where in dict.fromkeys(change.where for change in self.changes):
                here = [change for change in self.changes if change.where == where]
                stack.enter_context(_replaced(where, here))
            yield


_E = "operations.engine."
_MACHINE_CLOCK = '__import__("django.utils.timezone").utils.timezone.now()'
_MINUTE = '__import__("datetime").timedelta(minutes=1)'
_CLAIMS_CANCELLED = Change(
    _E + "claim:_claimable",
    "if run.state == RunState.CANCELLED or (",
    "if run.state == RunState.CANCELLED:\n        return [ItemState.QUEUED, ItemState.LOOKING]\n    if (",
)
_CLAIMS_UNAPPROVED = Change(
    _E + "claim:_may_go_on",
    "if run.needs_approval and (run.approved_by_id is None or run.approved_digest != run.digest):",
    "if False:",
)


def _m(name: str, *changes: tuple[str, str, str] | Change, lifted: Any = (), fast: bool = False) -> Mutant:
    made = tuple(
        change if isinstance(change, Change) else Change(_E + change[0], *change[1:]) for change in changes
    )
    return Mutant(name, made, lifted, fast)


MUTANTS = (
    # Holds
    _m(
        "a claim does not ask for holds",
        (
            "claim:_leave_out",
            "on_hold = held_ids(operation, [item.target_id for item in mine])",
            "on_hold = set()",
        ),
    ),
    _m(
        "holds on the lesson, the course or the package are not inherited",
        Change(
            "operations.holds:held",
            "operation.hold_paths.items()",
            "list(operation.hold_paths.items())[:1]",
        ),
    ),
    _m(
        "holds with an end do not count",
        Change(
            "operations.models.hold:HoldQuerySet.in_force",
            "models.Q(until=None) | models.Q(until__gt=Now())",
            "models.Q(until=None)",
        ),
    ),
    _m(
        "holds end by the machine's clock",
        Change(
            "operations.models.hold:HoldQuerySet.in_force",
            "until__gt=Now()",
            f"until__gt={_MACHINE_CLOCK}",
        ),
    ),
    _m(
        "releasing one of two holds frees the object",
        (
            "hold:release",
            "pk__in=[hold.pk for hold in batch]",
            "target_id__in=[hold.target_id for hold in batch]",
        ),
    ),
    # Cancelling, pausing, stopping
    _m(
        "cancelling leaves what waits, and claims go on",
        _CLAIMS_CANCELLED,
        ("control:cancel_rest", "state=ItemState.QUEUED)", "state=ItemState.PLANNED)"),
    ),
    _m(
        "what was put back is sent again though its run was cancelled",
        _CLAIMS_CANCELLED,
        (
            "settle:_within",
            "if run.state != RunState.CANCELLED or decision.state != ItemState.QUEUED:",
            "if True:",
        ),
    ),
    _m(
        "a paused run goes on",
        (
            "claim:_may_go_on",
            "run.state != RunState.RUNNING",
            "run.state not in (RunState.RUNNING, RunState.PAUSED)",
        ),
    ),
    _m(
        "a claim does not ask for the stop switch",
        ("claim:_may_go_on", "if destructive and StopSwitch.is_on():", "if False:"),
    ),
    _m(
        "a run is let go on while all deletions are stopped",
        ("control:resume", "if is_destructive(run) and StopSwitch.is_on():", "if False:"),
    ),
    # Time
    _m(
        "a run starts a minute early",
        ("waiting:start", "not_before__lte=now", f"not_before__lte=now + {_MINUTE}"),
        ("claim:_may_go_on", "run.not_before > now", f"run.not_before > now + {_MINUTE}"),
    ),
    _m(
        "the claim asks the machine's clock",
        ("claim:claim", "now = database_now()", f"now = {_MACHINE_CLOCK}"),
        fast=True,
    ),
    _m(
        "there is no waiting time",
        (
            "waiting:count_down",
            "run.not_before = after_quiet_hours(run, now + timedelta(seconds=run.wait_seconds))",
            "run.wait_seconds, run.not_before = 0, now",
        ),
    ),
    _m(
        "a whole lesson waits no longer than a video",
        (
            "policy:wait_seconds",
            "max(rules.sweeping_seconds, rules.irreversible_seconds)",
            "rules.irreversible_seconds",
        ),
    ),
    _m(
        "lowering the limits shortens a run that is confirmed",
        (
            "waiting:lengthen",
            "max(run.wait_seconds, wait_seconds(rules, going(run)[0]))",
            "wait_seconds(rules, going(run)[0])",
        ),
    ),
    _m(
        "quiet hours stop nothing",
        ("waiting:waits_for_quiet_hours", "return allowed if allowed > now else None", "return None"),
    ),
    _m(
        "a paused countdown runs on meanwhile",
        ("waiting:count_on", "max(run.not_before, now + rest)", "run.not_before"),
    ),
    # Limits and proposals
    _m(
        "lower limits count at once",
        ("limits:change_policy", "if lower and rules.second_person and somebody_else(user):", "if False:"),
    ),
    _m(
        "a person lets their own lower limits count",
        ("limits:approve_change", "if change.proposed_by_id == user.pk:", "if False:"),
        lifted=(CHECKS,),
    ),
    _m(
        "anybody takes over a proposal",
        ("propose:sign", "check_rights(run, user)\n", "list(())\n"),
    ),
    # Second person
    _m(
        "nothing needs an approval",
        ("waiting:ask_policy", "if run.needs_approval:", "if False:"),
        _CLAIMS_UNAPPROVED,
        lifted=(CHECKS,),
    ),
    _m(
        "the approval begins one item too late",
        ("policy:needs_approval", "count >= rules.approve_from", "count > rules.approve_from"),
    ),
    _m(
        "a person may approve their own run",
        ("approve:may_approve", "run.requested_by_id != user.pk and ", ""),
        lifted=(CHECKS,),
    ),
    _m(
        "anybody may approve",
        ("approve:may_approve", " and user.has_perm(MAY_APPROVE)", ""),
    ),
    _m(
        "an approval that ran out is taken",
        (
            "approve:_waiting_run",
            "locked.approve_until is None or locked.approve_until <= now",
            "locked.approve_until is None",
        ),
    ),
    _m(
        "another list may be approved",
        (
            "approve:approve",
            "not digest_shown or digest_shown != locked.digest or list_digest(locked) != locked.digest",
            "False",
        ),
    ),
    _m(
        "a run is approved though its person lost the right",
        ("approve:_check_requester", "raise Refused(", "Refused("),
    ),
    _m(
        "sending back leaves the items queued",
        (
            "approve:send_back",
            "items.filter(state=ItemState.QUEUED)",
            "items.filter(state=ItemState.LOOKING)",
        ),
    ),
    # The frozen list
    _m(
        "the claim does not compare the list",
        ("claim:claim", "if not are_confirmed(run, queued):", "if False:"),
    ),
    _m(
        "the checksum leaves out what is sent",
        ("digest:_rows", '"identity", ', ""),
    ),
    _m(
        "the claim does not compare the approved list with the run's",
        ("claim:_may_go_on", " or run.approved_digest != run.digest", ""),
    ),
    _m(
        "an item that nobody confirmed is claimed",
        ("claim:_due", ", confirmed=True", ""),
        ("digest:are_confirmed", "return found.issuperset(keys)", "return True"),
    ),
    _m(
        "a plan does not leave out what is held",
        (
            "freeze:left_out_case",
            '*([When(held(operation), then=Value("held"))] if operation.hold_paths else []),',
            "",
        ),
    ),
    _m(
        "what was unticked is confirmed",
        (
            "confirm:_confirm",
            'state=ItemState.PLANNED, left_out="")',
            'state=ItemState.PLANNED, left_out__in=["", "unticked"])',
        ),
        ("confirm:_confirm", '.exclude(left_out="")', '.exclude(left_out__in=["", "unticked"])'),
    ),
    _m(
        "what was left out is confirmed",
        ("confirm:_confirm", 'state=ItemState.PLANNED, left_out="")', "state=ItemState.PLANNED)"),
        ("confirm:_confirm", '.exclude(left_out="")', '.exclude(left_out__gt="")'),
    ),
    # Confirming
    _m("any token confirms", ("confirm:_same_token", "uuid.UUID(token) == run.token", "True")),
    _m(
        "any text confirms",
        ("confirm:typed_matches", 'plain == f"{word}{count}"', "True"),
    ),
    _m(
        "any number confirms",
        ("confirm:typed_matches", 'plain == f"{word}{count}"', "plain.startswith(word)"),
    ),
    _m(
        "a missing field confirms",
        (
            "confirm:_check_words",
            "typed is None or not typed_matches(typed, count)",
            "typed is not None and not typed_matches(typed, count)",
        ),
    ),
    _m("a plan never gets too old", ("confirm:_check_words", "if now > fresh_until(run):", "if False:")),
    _m(
        "anybody confirms anybody's plan",
        ("confirm:_check_person", "run.is_unsigned or run.requested_by_id != user.pk", "run.is_unsigned"),
    ),
    # Claims, answers, repeats
    _m(
        "the claim does not ask whether the person still may",
        (
            "claim:_leave_out",
            "if not person.is_active or not person.has_perm(operation.permission):",
            "if False:",
        ),
    ),
    _m(
        "a lost answer that only a person can settle is sent again",
        (
            "settle:_lost",
            "if operation.resend is Resend.ANSWER_PROVES and item.attempts_made < TRIES:",
            "if item.attempts_made < TRIES:",
        ),
    ),
    _m(
        "a lost answer that could be looked up is sent again",
        (
            "settle:_lost",
            "return Decision(ItemState.LOOKING, ",
            "return Decision(ItemState.QUEUED, ",
        ),
    ),
    _m(
        "one look is believed",
        ("settle:_after_look", "if told and item.looks_answered + 1 >= LOOKS:", "if told:"),
    ),
    _m(
        "an answer is written down under a foreign fence",
        ("settle:_write", ", fence__in=fences", ""),
    ),
    _m(
        "what a dead worker had is simply sent again",
        (
            "settle:settle_lost",
            '_within(run, item, _lost(operation, item, Verdict(Outcome.UNKNOWN, "lost", message)))',
            'Decision(ItemState.QUEUED, "deferred", Verdict(Outcome.NOT_SENT, "lost", message))',
        ),
    ),
    _m(
        "work is taken over while its lease still runs",
        ("sweep:_runs_with_expired_leases", ", lease_until__lt=database_now()", ""),
        ("sweep:_take_over", "                lease_until__lt=database_now(),\n", ""),
    ),
    _m(
        "cancelling forgets that an answer was lost",
        ("control:cancel_rest", "unless_lost(Outcome.CANCELLED)", "Outcome.CANCELLED"),
    ),
    _m(
        "leaving out forgets that an answer was lost",
        ("claim:_skip", "unless_lost(Outcome.SKIPPED)", "Outcome.SKIPPED"),
    ),
    _m(
        "a refused repeat hides that the first answer was lost",
        ("settle:decide_item", "if item.outcome == Outcome.UNKNOWN:", "if False:"),
    ),
    _m(
        "a new plan takes what may have happened already",
        (
            "freeze:left_out_case",
            "if operation.risk.destructive\n            else []",
            "if False\n            else []",
        ),
    ),
    _m(
        "a retry takes everything",
        ("control:retry", ", outcome__in=RETRIABLE", ""),
    ),
    _m(
        "two runs may have the same target open",
        (
            "freeze:left_out_case",
            'When(Q(pk__in=open_items.values("target_id")), then=Value("in_open_run")),',
            "",
        ),
        lifted=(UNIQUE,),
    ),
    # Records
    _m(
        "the attempt is written down after the call",
        (
            "claim:_write",
            "Attempt.objects.bulk_create([request.attempt for request in requests])",
            "list(requests)",
        ),
        ("claim:_write", "through.objects.bulk_create(", "list("),
        fast=True,
    ),
    _m(
        "the ledger has no record of a sending",
        ("claim:_write", "record_many(", "list("),
        fast=True,
    ),
)
