"""Starting a reading and cancelling one: what a person (or the schedule) may, and the record of it."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.denials import Denied
from audit.services import Target, record
from intake.models import Reading
from intake.reading.audit_actions import READING_CANCELLED, READING_DENIED, READING_STARTED
from intake.reading.ending import figures_of, put_end
from intake.reading.readers import readers
from intake.reading.steps import add_steps
from intake.reading.wake import wake
from operations.accounts import is_connected
from operations.clock import database_now
from operations.engine.refusals import Refused
from operations.models import Account
from operations.person import Person

PERMISSION = "intake.start_reading"


class UnderWay(Refused):
    """The account is being read already; `reading` is that reading."""

    def __init__(self, reading: Reading) -> None:
        super().__init__("under_way", _("%(account)s is being read already.") % {"account": reading.account})
        self.reading = reading


def check_may_read(user: Person) -> None:
    """Raises Denied, which is kept, for somebody who may not have the providers read."""
    if not user.has_perm(PERMISSION):
        raise Denied(READING_DENIED, details={"why": "no_permission"})


def start_reading(
    account: Account,
    *,
    scope: Reading.Scope = Reading.Scope.FULL,
    actor: Actor,
    user: Person | None,
    after: int | None = None,
    started_as: str = "",
    waking: bool = True,
) -> Reading:
    """Have this account read; a worker does it. `user` is None when nobody is signed in: then `started_as` names what asks.

    `after` is the newest reading of the account that the person saw: a second press of the same button finds another
    one there and starts nothing. What is new can be read only after everything was, once; until then everything is.
    Raises Denied for somebody who may not, UnderWay while a reading is open, Refused when the account cannot be read.
    """
    if user is not None:
        check_may_read(user)
    if account.provider not in readers:
        raise Refused("not_readable", _("%(account)s cannot be read.") % {"account": account})
    if not is_connected(account):
        raise Refused("not_connected", _("%(account)s is not connected.") % {"account": account})
    reader = readers[account.provider]
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        mine = Reading.objects.filter(account=account)
        if (running := mine.filter(state=Reading.State.RUNNING).first()) is not None:
            raise UnderWay(running)
        newest = mine.order_by("-pk").values_list("pk", flat=True).first() or 0
        if after is not None and newest != after:
            raise Refused(
                "read_meanwhile",
                _("%(account)s was read since this page was made. Look at it again.") % {"account": account},
            )
        since = last_whole(account) if scope == Reading.Scope.NEW and reader.reads_new else None
        reading = Reading(
            account=account,
            scope=Reading.Scope.NEW if since else Reading.Scope.FULL,
            started_by_id=user.pk if user is not None else None,
            started_name=actor.name if user is not None else started_as,
            request_id=actor.request_id,
            started_at=database_now(),
        )
        reading.cursor = {
            "up_to": {model._meta.label_lower: _last_pk(model, account) for model in reader.kinds},
            **({"since": since.started_at.isoformat()} if since else {}),
        }
        reading.save()
        add_steps(reading, reader.begin(reading))
        reading.save(update_fields=["cursor"])
        record(
            READING_STARTED,
            actor=actor,
            target=Target.of(account),
            provider=account.provider,
            details={"reading": reading.pk, "scope": reading.scope},
        )
        if waking:
            transaction.on_commit(lambda: wake(reading.pk))
    return reading


def cancel_reading(reading_id: int, *, actor: Actor, user: Person) -> Reading:
    """End a reading now. What it has brought stays, and nothing is called missing.

    Raises Denied for somebody who may not, Refused when it is over already.
    """
    check_may_read(user)
    with transaction.atomic():
        reading = Reading.objects.select_for_update(of=("self",)).select_related("account").get(pk=reading_id)
        if not reading.is_open:
            raise Refused("over", _("This reading is over already."))
        put_end(reading, Reading.State.CANCELLED, end=Reading.End.CANCELLED)
        record(
            READING_CANCELLED,
            actor=actor,
            target=Target.of(reading.account),
            provider=reading.account.provider,
            details=figures_of(reading),
        )
    return reading


def last_whole(account: Account) -> Reading | None:
    """The reading since which nothing new was left out: the last complete one, if a full one was among them."""
    whole = Reading.objects.filter(account=account, state=Reading.State.FINISHED, complete=True)
    if not whole.filter(scope=Reading.Scope.FULL).exists():
        return None
    return whole.order_by("-pk").first()


def _last_pk(model: type, account: Account) -> int:
    """The newest row that was there before the reading: what others add meanwhile cannot be missed by it."""
    rows = model._default_manager.filter(account=account)  # type: ignore[attr-defined]  # a model has managers
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0
