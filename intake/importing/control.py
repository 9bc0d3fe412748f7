"""What people decide about an import: its columns, that it is applied, that it is given up, that it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.services import Entry, Target, record_many
from intake.importing.audit_actions import DISCARDED, MAPPED, RESUMED, STARTED
from intake.importing.receive import check_may_import
from intake.importing.wake import wake
from intake.models import Import, ImportPart
from operations.clock import database_now
from operations.engine import Refused
from providers.scrubbing import without_credentials
from screens.figures import listed

State = Import.State
_BEFORE_APPLYING = (State.UPLOADED, State.MAPPED, State.CHECKED)
_OPEN = (*_BEFORE_APPLYING, State.STOPPED)


def set_columns(one: Import, mapping: Mapping[int, str], *, actor: Actor, user: Any = None) -> Import:
    """These headings stand for these columns; the dry run begins (again). Raises Denied, Refused."""
    target = one.target
    if target is None:
        raise Refused("no_such_kind", _("This account has no such list."))
    names = list(mapping.values())
    if any(
        target.column(name) is None or not 0 <= place < len(one.headings) for place, name in mapping.items()
    ):
        raise Refused("no_such_column", _("There is no such column."))
    if len(set(names)) < len(names):
        raise Refused("doubled", _("Two headings stand for the same column."))
    if lacking := target.lacking(mapping):
        words = listed([str(column.label) for column in lacking])
        raise Refused("lacking", _("No heading stands for: %(columns)s.") % {"columns": words})
    with transaction.atomic():
        locked = _locked(one, user, _BEFORE_APPLYING)
        locked.mapping = {str(place): name for place, name in sorted(mapping.items())}
        _begin(locked, State.MAPPED)
        columns = {
            without_credentials(one.headings[place]) or str(place + 1): name
            for place, name in mapping.items()
        }
        _record(MAPPED, locked, actor, {"columns": columns})
        locked.save()
        transaction.on_commit(lambda: wake(locked.pk))
    return locked


def apply(one: Import, *, token: UUID | str, actor: Actor, user: Any = None) -> Import:
    """Have what the dry run showed taken in. `token` is that of the page that showed it. Raises Denied, Refused."""
    with transaction.atomic():
        locked = _locked(one, user, (State.CHECKED,))
        if str(locked.token) != str(token):
            raise Refused("stale", _("This page is out of date. Look at the dry run again."))
        details = {**locked.counts, "count": locked.rows, "sha256": locked.sha256}
        _begin(locked, State.APPLYING)
        locked.applied_by, locked.applied_name, locked.request_id = user, actor.name, actor.request_id
        _record(STARTED, locked, actor, details)
        locked.save()
        transaction.on_commit(lambda: wake(locked.pk))
    return locked


def discard(one: Import, *, actor: Actor, user: Any = None) -> Import:
    """Give it up before it is applied, or where it stopped. What was taken in stays. Raises Denied, Refused."""
    with transaction.atomic():
        locked = _locked(one, user, _OPEN)
        locked.state, locked.ended_at, locked.fence, locked.lease_until = (
            State.DISCARDED,
            database_now(),
            None,
            None,
        )
        ImportPart.objects.filter(of=locked).delete()
        _record(DISCARDED, locked, actor, {"sha256": locked.sha256})
        locked.save()
    return locked


def go_on(one: Import, *, actor: Actor, user: Any = None) -> Import:
    """Try again what stopped by an error of ours. Raises Denied, Refused."""
    with transaction.atomic():
        locked = _locked(one, user, (State.STOPPED,))
        if not locked.stopped_in:
            raise Refused("cannot_go_on", _("This file cannot be read to its end. Upload it again."))
        locked.state, locked.stopped_in, locked.problem = State(locked.stopped_in), "", ""
        locked.failures, locked.due_at, locked.fence, locked.lease_until = 0, database_now(), None, None
        _record(RESUMED, locked, actor, {"row": locked.position})
        locked.save()
        transaction.on_commit(lambda: wake(locked.pk))
    return locked


def _locked(one: Import, user: Any, states: tuple[State, ...]) -> Import:
    if user is not None:
        check_may_import(user, one)
    locked = Import.objects.select_for_update().get(pk=one.pk)
    if locked.state not in states:
        raise Refused("wrong_state", _("This import has moved on meanwhile."))
    return locked


def _begin(locked: Import, state: State) -> None:
    """A step begins at the first row; whoever still works at the step before has lost the lease."""
    locked.state, locked.token = state, uuid4()
    locked.position, locked.passed, locked.counts = 0, 0, {}
    locked.failures, locked.due_at, locked.fence, locked.lease_until = 0, database_now(), None, None


def _record(action: Any, locked: Import, actor: Actor, details: Mapping[str, Any]) -> None:
    record_many([Entry(action=action, actor=actor, target=Target.of(locked), details=details)])
