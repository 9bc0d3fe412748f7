"""The limits of deletions: reading them (one query), and changing them with a record of before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit.actions import ACCESS_REFUSED
from audit.actors import Actor
from audit.denials import Denied
from audit.services import Entry, Target, record_many
from operations.audit_actions import POLICY_CHANGED, POLICY_LOWERED
from operations.models import Policy
from operations.person import Person
from operations.states import Risk

MAY_CHANGE = "operations.change_policy"
STRICTER_WHEN_HIGHER = {
    "second_person": True,
    "approve_from": False,
    "approval_hours": False,
    "irreversible_seconds": True,
    "sweeping_seconds": True,
}
"""Every limit, and whether a higher value is the stricter one."""
PRICE = ("price_per_gb_month", "price_currency")
"""What the school pays for storage: no limit, so neither stricter nor looser."""


def policy() -> Policy:
    """The limits in force; the strict defaults while nobody has set any."""
    return Policy.objects.filter(pk=1).first() or Policy()


def needs_approval(rules: Policy, risks: Iterable[Risk], count: int) -> bool:
    """Whether a second person must approve `count` items of these risks. Edits never need one."""
    asked = set(risks)
    if not rules.second_person or not any(risk.destructive for risk in asked):
        return False
    return Risk.SWEEPING in asked or count >= rules.approve_from


def wait_seconds(rules: Policy, risks: Iterable[Risk]) -> int:
    """The waiting time for these risks, in seconds: the longest of them; edits never wait."""
    waits = {
        Risk.REVERSIBLE: 0,
        Risk.IRREVERSIBLE: rules.irreversible_seconds,
        Risk.SWEEPING: max(rules.sweeping_seconds, rules.irreversible_seconds),
    }
    return max((waits[risk] for risk in risks), default=0)


def change_policy(values: Mapping[str, Any], *, actor: Actor, user: Person) -> list[str]:
    """Set limits by name and record it; returns the names that changed. Runs that are confirmed keep what they have.

    Raises Denied without the right, ValidationError for a value out of range.
    """
    if not user.has_perm(MAY_CHANGE):
        raise Denied(ACCESS_REFUSED, details={"path": MAY_CHANGE, "method": ""})
    with transaction.atomic():
        Policy.objects.get_or_create(pk=1)
        rules = Policy.objects.select_for_update().get(pk=1)
        changes: dict[str, Any] = {}
        lowered = []
        for name in (*STRICTER_WHEN_HIGHER, *PRICE):
            before, after = getattr(rules, name), values.get(name, getattr(rules, name))
            if before == after:
                continue
            setattr(rules, name, after)
            changes[name] = {
                "label": name.replace("_", " ").capitalize(),
                "before": _kept(before),
                "after": _kept(after),
            }
            if name in STRICTER_WHEN_HIGHER and (after < before) is STRICTER_WHEN_HIGHER[name]:
                lowered.append(name)
        if not changes:
            return []
        rules.full_clean(exclude=["id"], validate_unique=False)
        rules.save()
        record_many(
            [
                Entry(
                    action=POLICY_LOWERED if lowered else POLICY_CHANGED,
                    actor=actor,
                    target=Target(Policy._meta.label_lower, rules.pk, "Limits and waiting time"),
                    changes=changes,
                    details={"lowered": lowered} if lowered else {},
                )
            ]
        )
    return list(changes)


def _kept(value: Any) -> Any:
    """A value as the ledger can hold it: a price keeps every digit as text."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
