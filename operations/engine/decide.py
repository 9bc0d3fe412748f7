"""What a person found out about outcomes that no program could find out: recorded with their words, sending nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.denials import Denied
from audit.services import Entry, record_many
from operations.clock import database_now
from operations.engine.confirm import target_of
from operations.engine.refusals import Refused
from operations.models import Item, Run
from operations.operation import Settled, Verdict
from operations.person import Person
from operations.registry import registry
from operations.states import Finding, ItemState, Outcome

NOTE_LIMIT = 300
MOST_DECIDED = 100
"""How many items one decision may speak of: what a person can have looked at."""

_OUTCOMES = {
    Finding.HAPPENED: Outcome.DONE,
    Finding.NOT_HAPPENED: Outcome.NOT_SENT,
    Finding.NOBODY_KNOWS: Outcome.UNKNOWN,
}


def decide(item: Item, *, finding: str, note: str, actor: Actor, user: Person) -> None:
    """Say what came of one unknown item; see `decide_many`."""
    decide_many(item.run, [item.pk], finding=finding, note=note, actor=actor, user=user)


def decide_many(
    run: Run, items: Iterable[int], *, finding: str, note: str, actor: Actor, user: Person
) -> int:
    """Say what came of unknown items of one run, all or none of them; returns how many.

    It has happened: the mirror changes as after a good answer. It has not: a retry may send it again. Nobody can tell:
    it stays unknown for ever, nobody is asked again and no retry sends it. Raises Refused with the field that would
    help, Denied without the right to the operation.
    """
    chosen = sorted(set(items))
    if finding not in Finding.values:
        raise Refused("nothing_chosen", _("Choose what you found."), field="finding")
    if not note.strip():
        raise Refused("note_missing", _("Say how you found out."), field="note")
    if len(note.strip()) > NOTE_LIMIT:
        words = _("Keep it within %(limit)s characters.") % {"limit": NOTE_LIMIT}
        raise Refused("note_too_long", words, field="note")
    if not chosen:
        raise Refused("nothing_ticked", _("Tick the items that you speak of."), field="items")
    if len(chosen) > MOST_DECIDED:
        words = _("Decide about %(most)s items at most at once.") % {"most": MOST_DECIDED}
        raise Refused("too_many", words, field="items")
    with transaction.atomic():
        undecided = Item.objects.select_for_update().filter(
            run=run,
            pk__in=chosen,
            state=ItemState.SETTLED,
            outcome=Outcome.UNKNOWN,
            decided_at=None,
        )
        found = list(undecided.order_by("pk"))
        _check_may(found or list(Item.objects.filter(run=run, pk__in=chosen)), user)
        if len(found) != len(chosen):
            raise Refused(
                "not_unknown",
                _("The outcome of one of these is known already, or somebody has decided. Look again."),
            )
        _write(found, Finding(finding), note.strip(), actor, user)
    return len(found)


def _check_may(items: Iterable[Item], user: Person) -> None:
    for key in sorted({item.operation for item in items}):
        operation = registry[key]
        if not user.has_perm(operation.permission):
            raise Denied(operation.audit["denied"], details={"why": "no_permission"})


def _write(items: list[Item], finding: Finding, note: str, actor: Actor, user: Person) -> None:
    now = database_now()
    outcome = _OUTCOMES[finding]
    Item.objects.filter(pk__in=[item.pk for item in items]).update(
        outcome=outcome, note=note, settled_at=now, decided_by_id=user.pk, decided_at=now
    )
    if finding == Finding.HAPPENED:
        _apply(items)
    record_many(
        [
            Entry(
                action=registry[item.operation].audit["decided"],
                actor=actor,
                target=target_of(item),
                changes=item.changes if finding == Finding.HAPPENED else {},
                reason=note,
                run_id=item.run_id,
                item_id=item.pk,
                provider=registry[item.operation].provider,
                details={"outcome": outcome.value, "finding": finding.value},
            )
            for item in items
        ]
    )


def _apply(items: Iterable[Item]) -> None:
    by_operation: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_operation[item.operation].append(item)
    for key, of_one in by_operation.items():
        operation = registry[key]
        targets = operation.targets(of_one)
        operation.apply(
            [
                Settled(item, targets.get(item.target_id), Verdict(Outcome.DONE, item.code, item.message))
                for item in of_one
            ]
        )
