"""The second person: approves exactly the frozen list that was shown, or sends it back with a comment."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.denials import Denied
from audit.services import Entry, record_many
from operations.audit_actions import RUN_APPROVED, RUN_SENT_BACK
from operations.clock import database_now
from operations.engine import news, waiting
from operations.engine.confirm import operations_of, refresh_left_out
from operations.engine.digest import list_digest
from operations.engine.policy import policy
from operations.engine.refusals import Refused
from operations.engine.wake import wake
from operations.models import Item, Run, StopSwitch
from operations.person import Person
from operations.states import ItemState, Outcome, RunState

MAY_APPROVE = "operations.approve_run"
COMMENT_LIMIT = 300


def may_approve(run: Run, user: Person) -> bool:
    """Whether this person may answer for this run: with the right, and never for what they asked for themselves."""
    return not run.is_unsigned and run.requested_by_id != user.pk and user.has_perm(MAY_APPROVE)


def approve(run: Run, *, actor: Actor, user: Person, digest_shown: str) -> Run:
    """Approve the list whose checksum the person saw; the waiting time begins. Returns the run.

    Raises Denied for one's own run or without the right, Refused with a sentence for everything else.
    """
    with transaction.atomic():
        locked, now = _waiting_run(run, user)
        if not digest_shown or digest_shown != locked.digest or list_digest(locked) != locked.digest:
            raise Refused(
                "list_changed", _("This is not the list that you looked at. Reload and look again.")
            )
        if StopSwitch.is_on():
            raise Refused(
                "switch",
                _("All deletions are stopped for now. Nothing can be approved until they are allowed again."),
            )
        _check_requester(locked)
        locked.approved_by_id = user.pk
        locked.approved_name = actor.name
        locked.approved_digest = locked.digest
        waiting.lengthen(locked, policy())
        waiting.count_down(locked, now)
        locked.save()
        record_many(
            [Entry(action=RUN_APPROVED, actor=actor, run_id=locked.pk, details={"digest": locked.digest})]
        )
        waiting.record_schedule(locked, actor)
        news.approved(locked)
        transaction.on_commit(lambda: wake(locked.pk))
    return locked


def send_back(run: Run, *, comment: str, actor: Actor, user: Person) -> Run:
    """Make the run its maker's plan again, with a fresh token and the comment on it. Nothing of it was sent.

    Raises as `approve` does; a comment is required.
    """
    comment = comment.strip()
    if not comment or len(comment) > COMMENT_LIMIT:
        raise Refused(
            "comment_missing",
            _("Say in at most %(limit)s characters what should change.") % {"limit": COMMENT_LIMIT},
            field="comment",
        )
    with transaction.atomic():
        locked, now = _waiting_run(run, user)
        digest = locked.digest
        items = Item.objects.filter(run=locked)
        items.filter(state=ItemState.QUEUED).update(state=ItemState.PLANNED, due_at=None, confirmed=False)
        items.filter(state=ItemState.SETTLED, outcome=Outcome.SKIPPED).update(
            state=ItemState.PLANNED, outcome="", settled_at=None
        )
        locked.state = RunState.DRAFT
        locked.token = uuid.uuid4()
        locked.confirmed_at = locked.approve_until = None
        locked.needs_approval, locked.wait_seconds, locked.digest = False, 0, ""
        locked.sent_back_name, locked.sent_back_comment = actor.name, comment
        # Its maker reads it only now: it is as fresh as this moment, and so are its reasons to leave items out.
        locked.checked_at = now
        locked.save()
        refresh_left_out(locked, get_user_model().objects.get(pk=locked.maker_id))
        record_many(
            [
                Entry(
                    action=RUN_SENT_BACK,
                    actor=actor,
                    run_id=locked.pk,
                    reason=comment,
                    details={"digest": digest},
                )
            ]
        )
        news.sent_back(locked)
    return locked


def _waiting_run(run: Run, user: Person) -> tuple[Run, datetime]:
    locked = Run.objects.select_for_update().get(pk=run.pk)
    if not may_approve(locked, user):
        own = locked.requested_by_id == user.pk
        raise Denied(
            operations_of(locked)[0].audit["denied"], details={"why": "own_run" if own else "no_permission"}
        )
    now = database_now()
    if locked.state != RunState.WAITING_APPROVAL:
        raise Refused("not_waiting", _("This run does not wait for an approval any more."))
    if locked.approve_until is None or locked.approve_until <= now:
        raise Refused(
            "approval_over",
            _("The time for the approval is over. Its maker has to select and confirm again."),
        )
    return locked, now


def _check_requester(run: Run) -> None:
    person = get_user_model().objects.get(pk=run.maker_id)
    if not all(person.has_perm(operation.permission) for operation in operations_of(run)):
        raise Refused(
            "requester_lost_right",
            _("%(name)s may not delete this any more, so it cannot be approved.")
            % {"name": run.requested_name},
        )
