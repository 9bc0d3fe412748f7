"""Confirming a plan: the frozen list becomes a run, or a sentence says why not. Discarding and unticking before that."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actors import Actor
from audit.denials import Denied
from audit.services import Entry, Target, record_many
from operations.audit_actions import PLAN_CHANGED, PLAN_CHECKED
from operations.clock import database_now
from operations.engine import news, waiting
from operations.engine.digest import write_parts
from operations.engine.freeze import left_out_case, look_mark
from operations.engine.refusals import Refused
from operations.engine.statistics import refresh_statistics
from operations.engine.wake import wake
from operations.models import Item, Run, StopSwitch
from operations.operation import Operation
from operations.person import Person
from operations.registry import registry
from operations.states import ItemState, Outcome, RunState

REASON_LIMIT = 300
_WORDS = ("delete", "删除")


def operations_of(run: Run) -> list[Operation]:
    """The operations of this run, in the order in which they were asked for."""
    return [registry[key] for key in run.operations]


def is_destructive(run: Run) -> bool:
    return any(operation.risk.destructive for operation in operations_of(run))


def confirm(run: Run, *, actor: Actor, user: Person, token: str, reason: str, typed: str | None) -> Run:
    """Turn the plan into a run; returns it. A second confirmation with the same token changes nothing.

    `typed` is what the person typed to confirm a deletion; None means that the field was missing, which refuses.
    Raises Refused with a sentence and the field it belongs to, Denied when the person lacks the right.
    """
    run.refresh_from_db()
    if run.state == RunState.DRAFT:
        _check_person(run, user)
    moved = refresh_left_out(run, user)
    if moved:
        raise Refused(
            "selection_changed",
            ngettext(
                "%(count)s item changed since you looked and is left out now. Check the list and confirm again.",
                "%(count)s items changed since you looked and are left out now. Check the list and confirm again.",
                moved,
            )
            % {"count": moved},
        )
    try:
        with transaction.atomic():
            return _confirm(run.pk, actor=actor, user=user, token=token, reason=reason.strip(), typed=typed)
    except IntegrityError as clash:
        if "one_open_item_per_target" not in str(clash) and "target_kind" not in str(clash):
            raise
        raise Refused(
            "in_open_run", _("Another run got to one of these first. Check the list and confirm again.")
        ) from clash


def _confirm(run_id: int, *, actor: Actor, user: Person, token: str, reason: str, typed: str | None) -> Run:
    run = Run.objects.select_for_update().get(pk=run_id)
    now = database_now()
    if not _same_token(run, token):
        raise Refused(
            "wrong_token", _("This page is not the newest one of the plan. Reload it and look again.")
        )
    if run.state != RunState.DRAFT:
        if run.confirmed_at is not None and run.requested_by_id == user.pk:
            return run
        raise Refused("not_a_draft", _("This plan was already confirmed or discarded."))
    operations = operations_of(run)
    _check_person(run, user)
    count = Item.objects.filter(run=run, left_out="").count()
    _check_words(run, count, now=now, reason=reason, typed=typed)
    _check_not_stale(run)
    run.reason = reason
    going = Item.objects.filter(run=run, state=ItemState.PLANNED, left_out="")
    left_out = Item.objects.filter(run=run, state=ItemState.PLANNED).exclude(left_out="")
    reasons = dict(left_out.order_by().values_list("left_out").annotate(Count("pk")))
    left_out.update(state=ItemState.SETTLED, outcome=Outcome.SKIPPED, settled_at=now)
    going.update(state=ItemState.QUEUED, due_at=now, confirmed=True)
    run.digest = write_parts(run)
    run.confirmed_at = now
    run.request_id = (
        actor.request_id or run.request_id
    )  # what is sent follows from this press, not from the plan's
    run.destructive = is_destructive(run)
    waiting.ask_policy(run, now)
    run.save()
    record_many(
        [
            Entry(
                action=operation.audit["requested"],
                actor=actor,
                target=_only_target(run) if count == 1 else None,
                run_id=run.pk,
                reason=reason,
                details={
                    "count": Item.objects.filter(run=run, operation=operation.key, left_out="").count(),
                    "filter": run.filter_words,
                    "digest": run.digest,
                    "left_out": reasons,
                },
            )
            for operation in operations
            if Item.objects.filter(run=run, operation=operation.key, left_out="").exists()
        ]
    )
    waiting.record_schedule(run, actor)
    news.approval_wanted(run)
    transaction.on_commit(lambda: refresh_statistics(count))
    transaction.on_commit(lambda: wake(run.pk))
    return run


def _check_person(run: Run, user: Person) -> None:
    """Only the person who made the plan confirms it, and only with the right to every operation. Raises Denied."""
    operations = operations_of(run)
    if run.is_unsigned or run.requested_by_id != user.pk:
        raise Denied(operations[0].audit["denied"], details={"why": "not_the_person_who_made_the_plan"})
    check_rights(run, user)


def check_rights(run: Run, user: Person) -> None:
    """Raise Denied unless the person has the right to every operation of this run."""
    for operation in operations_of(run):
        if not user.has_perm(operation.permission):
            raise Denied(operation.audit["denied"], details={"why": "no_permission"})


def _same_token(run: Run, token: str) -> bool:
    try:
        return uuid.UUID(token) == run.token
    except (ValueError, AttributeError, TypeError):
        return False


def fresh_until(run: Run) -> datetime:
    """The moment after which this plan cannot be confirmed any more."""
    return run.fresh_from + timedelta(seconds=settings.OPERATIONS["plan_fresh_seconds"])


def _check_words(run: Run, count: int, *, now: datetime, reason: str, typed: str | None) -> None:
    if now > fresh_until(run):
        raise Refused(
            "stale",
            _("This plan is too old to be confirmed. Select again, so that you see what is there now."),
        )
    if not count:
        raise Refused("nothing_left", _("Nothing is left in this plan."))
    if len(reason) > REASON_LIMIT:
        raise Refused(
            "reason_too_long",
            _("Keep the reason within %(limit)s characters.") % {"limit": REASON_LIMIT},
            field="reason",
        )
    if not is_destructive(run):
        return
    if StopSwitch.is_on():
        raise Refused(
            "switch",
            _("All deletions are stopped for now. Nothing can be confirmed until they are allowed again."),
        )
    if not reason:
        raise Refused(
            "reason_missing", _("Say why. The reason is kept for ever in the audit log."), field="reason"
        )
    if typed is None or not typed_matches(typed, count):
        raise Refused(
            "typed_wrong",
            _("Type %(words)s exactly, with the number.") % {"words": confirmation_words(count)},
            field="typed",
        )


def confirmation_words(count: int) -> str:
    """What the person types to confirm a deletion of `count` items, in their language."""
    return _("DELETE %(count)s") % {"count": count}


def typed_matches(typed: str, count: int) -> bool:
    """Whether the typed text says the word (in either language) and the number; spaces, commas, width and case do not matter."""
    plain = re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", typed)).casefold()
    return any(plain == f"{word}{count}" for word in _WORDS)


def _check_not_stale(run: Run) -> None:
    for operation in operations_of(run):
        if operation.risk.destructive:
            continue
        items = list(Item.objects.filter(run=run, operation=operation.key, left_out=""))
        targets = operation.targets(items)
        if any(operation.stale(item, targets.get(item.target_id)) for item in items):
            raise Refused(
                "moved_on",
                _("A value moved on since you opened the form. Go back to the form and look at it again."),
            )


def _only_target(run: Run) -> Target:
    item = Item.objects.get(run=run, left_out="")
    return target_of(item)


def shown_ids(item: Item) -> list[str]:
    """The provider ids that are frozen in the item; other frozen facts (counts) are no ids."""
    return [value for value in item.identity.values() if value and isinstance(value, str)]


def target_of(item: Item) -> Target:
    """The item's target as the ledger writes it: the frozen name and provider ids."""
    return Target(
        kind=item.target_kind,
        id=item.target_id,
        label=item.label,
        provider_id=" / ".join(shown_ids(item))[:600],
    )


def refresh_left_out(run: Run, user: Person) -> int:
    """Ask again which items must be left out (a new hold, gone meanwhile, ...); returns how many more there are."""
    moved = 0
    with transaction.atomic():
        if not Run.objects.select_for_update().filter(pk=run.pk, state=RunState.DRAFT).exists():
            return 0
        for operation in operations_of(run):
            case = left_out_case(operation, user, run)
            mine = Item.objects.filter(run=run, operation=operation.key, left_out="", state=ItemState.PLANNED)
            rows = operation.target._default_manager.filter(pk__in=mine.values("target_id")).annotate(
                why=case
            )
            why = dict(rows.exclude(why="").values_list("pk", "why"))
            for code in set(why.values()):
                ids = [pk for pk, reason in why.items() if reason == code]
                for start in range(0, len(ids), 500):
                    moved += mine.filter(target_id__in=ids[start : start + 500]).update(left_out=code)
    return moved


def check_again(run: Run, *, actor: Actor, user: Person) -> int:
    """Ask anew what must be left out of one's own plan, the same list as before; its age counts from now.

    Returns how many more items are left out. A page of before can no longer confirm. Raises Refused when it is no plan
    any more, Denied when it is somebody else's or they lack the right by now.
    """
    with transaction.atomic():
        _lock_own_plan(run, user)
        check_rights(run, user)
        moved = refresh_left_out(run, user)
        Run.objects.filter(pk=run.pk).update(checked_at=database_now(), token=uuid.uuid4())
        record_many([Entry(action=PLAN_CHECKED, actor=actor, run_id=run.pk, details={"count": moved})])
    return moved


def discard(run: Run, *, actor: Actor, user: Person) -> None:
    """Give up a plan. Its items settle as cancelled; nothing was sent. Raises Refused when it is no plan any more.

    A proposal that nobody took over can be given up by anyone with the right to carry it out; Denied for others.
    """
    if run.is_unsigned:
        check_rights(run, user)
    else:
        _check_maker(run, user)
    makers = Q(requested_by=None) if run.is_unsigned else Q(requested_by_id=user.pk)
    with transaction.atomic():
        now = database_now()
        changed = Run.objects.filter(makers, pk=run.pk, state=RunState.DRAFT).update(
            state=RunState.CANCELLED, ended_at=now
        )
        if not changed:
            raise Refused(
                "not_a_draft",
                _("Only the person who made a plan can discard it, and only before it is confirmed."),
            )
        Item.objects.filter(run=run).update(
            state=ItemState.SETTLED, outcome=Outcome.CANCELLED, settled_at=now
        )
        operation = operations_of(run)[0]
        record_many([Entry(action=operation.audit["discarded"], actor=actor, run_id=run.pk)])


def keep_only(run: Run, *, shown: Iterable[int], ticked: Iterable[int], actor: Actor, user: Person) -> int:
    """Untick items of a plan: of those `shown`, only the `ticked` ones stay in it. Returns how many changed."""
    shown_ids, ticked_ids = set(shown), set(ticked)
    with transaction.atomic():
        _lock_own_plan(run, user)
        items = Item.objects.filter(run=run, state=ItemState.PLANNED)
        out = items.filter(pk__in=shown_ids - ticked_ids, left_out="").update(left_out="unticked")
        back = items.filter(pk__in=shown_ids & ticked_ids, left_out="unticked").update(left_out="")
        if out or back:
            _ticks_changed(run, actor, out=out, back=back)
    return out + back


def tick_reason(run: Run, code: str, *, ticked: bool, actor: Actor, user: Person) -> int:
    """Tick or untick everything in a plan that deserves a look for this reason. Returns how many changed."""
    with transaction.atomic():
        _lock_own_plan(run, user)
        items = Item.objects.filter(run=run, state=ItemState.PLANNED, look_at__contains=look_mark(code))
        before, after = ("unticked", "") if ticked else ("", "unticked")
        changed = items.filter(left_out=before).update(left_out=after)
        if changed:
            _ticks_changed(run, actor, out=0 if ticked else changed, back=changed if ticked else 0, why=code)
    return changed


def _check_maker(run: Run, user: Person) -> None:
    if run.requested_by_id != user.pk:
        action = operations_of(run)[0].audit["denied"]
        raise Denied(action, details={"why": "not_the_person_who_made_the_plan"})


def _lock_own_plan(run: Run, user: Person) -> None:
    _check_maker(run, user)
    plans = Run.objects.select_for_update().filter(pk=run.pk, state=RunState.DRAFT, requested_by_id=user.pk)
    if not plans.exists():
        raise Refused("not_a_draft", _("This plan was already confirmed or discarded."))


def _ticks_changed(run: Run, actor: Actor, *, out: int, back: int, why: str = "") -> None:
    """A page that shows the ticks of before can no longer confirm."""
    Run.objects.filter(pk=run.pk).update(token=uuid.uuid4())
    details = {"out": out, "back": back, "why": why}
    record_many([Entry(action=PLAN_CHANGED, actor=actor, run_id=run.pk, details=details)])


def totals(run: Run) -> dict[str, int]:
    """How many items of a plan will go and how many are left out."""
    return Item.objects.filter(run=run).aggregate(
        going=Count("pk", filter=Q(left_out="")), out=Count("pk", filter=~Q(left_out=""))
    )
