"""The limits of deletions in force, and the questions that are asked of them. Changing them is in `limits`."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from operations.engine.quiet import QuietHours
from operations.models import Policy
from operations.states import Risk


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


def quiet_hours(rules: Policy) -> QuietHours | None:
    """The quiet hours of these limits in the school's time zone, None without any."""
    if not rules.quiet_days or rules.quiet_from is None or rules.quiet_until is None:
        return None
    days = frozenset(int(day) for day in rules.quiet_days)
    return QuietHours(rules.quiet_from, rules.quiet_until, days, timezone.get_default_timezone())
