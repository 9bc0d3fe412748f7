"""Changing the limits of deletions, with a record of before and after.

Stricter limits count at once. Lower ones need a second person as long as the limits in force ask for one and there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import ACCESS_REFUSED
from audit.actors import Actor, system
from audit.denials import Denied
from audit.registry import AuditAction
from audit.services import Entry, Target, record_many
from operations.audit_actions import (
    POLICY_APPROVED,
    POLICY_CHANGED,
    POLICY_LOWERED,
    POLICY_PROPOSAL_EXPIRED,
    POLICY_PROPOSED,
    POLICY_WITHDRAWN,
)
from operations.clock import database_now
from operations.engine.gate import wait_for_claims
from operations.engine.policy import quiet_hours
from operations.engine.refusals import Refused
from operations.models import Policy, PolicyChange
from operations.person import Person

MAY_CHANGE = "operations.change_policy"
STRICTER_WHEN_HIGHER = {
    "second_person": True,
    "approve_from": False,
    "approval_hours": False,
    "irreversible_seconds": True,
    "sweeping_seconds": True,
}
"""Every limit that is a number or a switch, and whether a higher value is the stricter one."""
QUIET = ("quiet_from", "quiet_until", "quiet_days")
"""The limits that make up the quiet hours; they change together."""

PRICE = ("price_per_gb_month", "price_currency")
"""What the school pays for storage: no limit, so neither stricter nor lower."""
_NAMES = (*STRICTER_WHEN_HIGHER, *QUIET, *PRICE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a change of limits: the names that count now, and what waits for a second person."""

    changed: tuple[str, ...] = ()
    proposed: PolicyChange | None = None


def change_policy(values: Mapping[str, Any], *, actor: Actor, user: Person) -> Answer:
    """Set limits by name and record it. Runs that are confirmed keep what they have.

    What is stricter counts at once; what is lower waits for a second person where one is asked for and exists. Raises
    Denied without the right, ValidationError for a value out of range, Refused when lower limits wait already.
    """
    _check_may(user)
    with transaction.atomic():
        rules = _locked()
        given = {name: getattr(rules, name) for name in _NAMES} | dict(values)
        if not given["quiet_days"]:
            given |= {"quiet_from": None, "quiet_until": None}
        _with(rules, given).full_clean(exclude=["id"], validate_unique=False)
        stricter, lower = _sorted(rules, given)
        if lower and rules.second_person and somebody_else(user):
            proposed = _propose(rules, lower, actor, user)
            _apply(rules, stricter, POLICY_CHANGED, actor)
            return Answer(tuple(stricter), proposed)
        action = POLICY_LOWERED if lower else POLICY_CHANGED
        _apply(rules, {**stricter, **lower}, action, actor, lowered=lower)
    return Answer((*stricter, *lower))


def somebody_else(user: Person) -> bool:
    """Whether another person who can sign in may change limits."""
    backend = "django.contrib.auth.backends.ModelBackend"
    others: Any = get_user_model().objects
    return bool(
        others.with_perm(MAY_CHANGE, backend=backend).filter(is_staff=True).exclude(pk=user.pk).exists()
    )


def waiting_change() -> PolicyChange | None:
    """The lower limits that wait for a second person, None while none do."""
    return PolicyChange.objects.filter(state=PolicyChange.State.WAITING).first()


def approve_change(change_id: int, *, actor: Actor, user: Person) -> None:
    """Let lower limits count that somebody else proposed. Raises Denied, and Refused when they do not wait any more."""
    _check_may(user)
    with transaction.atomic():
        rules = _locked()
        change, now = _locked_change(change_id)
        if change.proposed_by_id == user.pk:
            raise Denied(ACCESS_REFUSED, details={"path": MAY_CHANGE, "method": ""})
        proposer: Any = get_user_model().objects.get(pk=change.proposed_by_id)
        if not proposer.has_perm(MAY_CHANGE):
            raise Refused(
                "proposer_lost_right",
                _("%(name)s may not change limits any more, so these cannot be approved.")
                % {"name": change.proposed_name},
            )
        if any(_plain(getattr(rules, name)) != value for name, value in change.before.items()):
            raise Refused(
                "limits_moved", _("The limits have changed since these were proposed. Propose them anew.")
            )
        values = {name: _time(value) if name in QUIET[:2] else value for name, value in change.values.items()}
        _answer(change, PolicyChange.State.APPROVED, now, user)
        _apply(rules, values, POLICY_APPROVED, actor, lowered=values, proposer=change.proposed_name)


def withdraw_change(change_id: int, *, actor: Actor, user: Person) -> None:
    """Take lower limits back that wait: their proposer, or anybody else with the right, who then refuses them."""
    _check_may(user)
    with transaction.atomic():
        change, now = _locked_change(change_id)
        _answer(change, PolicyChange.State.WITHDRAWN, now, user)
        details = {"proposer": change.proposed_name}
        record_many([Entry(action=POLICY_WITHDRAWN, actor=actor, target=_TARGET, details=details)])


def expire_proposals(now: datetime) -> None:
    """Lower limits that nobody approved in time run out."""
    for change in PolicyChange.objects.filter(state=PolicyChange.State.WAITING, runs_out_at__lte=now):
        with transaction.atomic():
            waiting = PolicyChange.objects.filter(pk=change.pk, state=PolicyChange.State.WAITING)
            if waiting.update(state=PolicyChange.State.EXPIRED, answered_at=now):
                details = {"proposer": change.proposed_name}
                record_many(
                    [
                        Entry(
                            action=POLICY_PROPOSAL_EXPIRED,
                            actor=system("worker"),
                            target=_TARGET,
                            details=details,
                        )
                    ]
                )


_TARGET = Target(Policy._meta.label_lower, 1, "Limits and waiting time")


def _check_may(user: Person) -> None:
    if not user.has_perm(MAY_CHANGE):
        raise Denied(ACCESS_REFUSED, details={"path": MAY_CHANGE, "method": ""})


def _locked() -> Policy:
    """The limits, for changing them: claims that asked the old ones end first, later ones ask the new ones."""
    wait_for_claims()
    Policy.objects.get_or_create(pk=1)
    return Policy.objects.select_for_update().get(pk=1)


def _locked_change(change_id: int) -> tuple[PolicyChange, datetime]:
    change = PolicyChange.objects.select_for_update().filter(pk=change_id).first()
    now = database_now()
    if change is None or change.state != PolicyChange.State.WAITING or change.runs_out_at <= now:
        raise Refused("not_waiting", _("These limits do not wait for an approval any more."))
    return change, now


def _with(rules: Policy, values: Mapping[str, Any]) -> Policy:
    fields = {name: getattr(rules, name) for name in _NAMES}
    return Policy(**{**fields, **values})


def _sorted(rules: Policy, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is given and differs, as the stricter values and the lower ones."""
    stricter: dict[str, Any] = {}
    lower: dict[str, Any] = {}
    for name, higher_is_stricter in STRICTER_WHEN_HIGHER.items():
        before, after = getattr(rules, name), given[name]
        if before != after:
            (lower if (after < before) is higher_is_stricter else stricter)[name] = after
    stricter |= {name: given[name] for name in PRICE if given[name] != getattr(rules, name)}
    moved = {name: given[name] for name in QUIET if given[name] != getattr(rules, name)}
    if moved:
        covers_all = _quiet_minutes(rules) <= _quiet_minutes(_with(rules, given))
        (stricter if covers_all else lower).update(moved)
    return stricter, lower


def _quiet_minutes(rules: Policy) -> set[tuple[int, int]]:
    """The minutes of the week that are quiet, as (weekday, minute of the day)."""
    quiet = quiet_hours(rules)
    if quiet is None:
        return set()
    week = product(range(7), range(24 * 60))
    return {(day, at) for day, at in week if quiet.covers_wall(day, time(at // 60, at % 60))}


def _propose(rules: Policy, lower: Mapping[str, Any], actor: Actor, user: Person) -> PolicyChange:
    now = database_now()
    expire_proposals(now)
    if waiting_change():
        raise Refused(
            "change_waiting",
            _("Lower limits wait for a second person already. Withdraw them before you propose others."),
        )
    change = PolicyChange.objects.create(
        values={name: _plain(value) for name, value in lower.items()},
        before={name: _plain(getattr(rules, name)) for name in lower},
        proposed_by_id=user.pk,
        proposed_name=actor.name,
        runs_out_at=now + timedelta(hours=rules.approval_hours),
    )
    record_many(
        [
            Entry(
                action=POLICY_PROPOSED,
                actor=actor,
                target=_TARGET,
                changes=_changes(rules, lower),
                details={"lowered": sorted(lower)},
            )
        ]
    )
    return change


def _answer(change: PolicyChange, state: PolicyChange.State, now: datetime, user: Person) -> None:
    PolicyChange.objects.filter(pk=change.pk).update(state=state, answered_at=now, answered_by_id=user.pk)


def _apply(
    rules: Policy,
    values: Mapping[str, Any],
    action: AuditAction,
    actor: Actor,
    *,
    lowered: Iterable[str] = (),
    proposer: str = "",
) -> None:
    if not values:
        return
    changes = _changes(rules, values)
    for name, value in values.items():
        setattr(rules, name, value)
    rules.save()
    details: dict[str, Any] = {"lowered": list(lowered)} if lowered else {}
    if proposer:
        details["proposer"] = proposer
    record_many([Entry(action=action, actor=actor, target=_TARGET, changes=changes, details=details)])


def _changes(rules: Policy, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {
            "label": name.replace("_", " ").capitalize(),
            "before": _plain(getattr(rules, name)),
            "after": _plain(value),
        }
        for name, value in values.items()
    }


def _plain(value: Any) -> Any:
    """A limit as JSON keeps it: a price keeps every digit as text."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.strftime("%H:%M") if isinstance(value, time) else value


def _time(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None
