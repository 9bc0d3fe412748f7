"""Making and changing rules, and keeping what a rule announced: what a person may do, each with its record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.denials import Denied
from audit.services import Entry, Target, record_many
from media_assets.audit_actions import (
    RULE_CHANGED,
    RULE_DENIED,
    RULE_MADE,
    RULE_SWITCHED_OFF,
    RULE_SWITCHED_ON,
)
from media_assets.models import RetentionProposal, RetentionRule, VideoAsset
from media_assets.retention.days import due_after
from media_assets.retention.nightly import tell_owners
from media_assets.retention.owners import told_for
from operations import engine
from operations.clock import database_now
from operations.engine.hold import check_may_hold
from operations.person import Person

MAY_CHANGE = "media_assets.change_retention_rule"

CONDITIONS = (
    "kind",
    "older_than_days",
    "not_watched",
    "unknown_is_unwatched",
    "course_id",
    "account_id",
    "min_bytes",
)
"""What decides which videos a rule touches; a plan that nobody took over does not outlive a change of these."""
FIELDS = ("name", *CONDITIONS, "notice_days", "note")

State = RetentionProposal.State


def check_may_change(user: Person, rule: RetentionRule | None = None) -> None:
    """Raise Denied unless the person may make and change rules."""
    if not user.has_perm(MAY_CHANGE):
        target = Target.of(rule) if rule is not None and rule.pk else None
        raise Denied(RULE_DENIED, target=target, details={"why": "no_permission"})


def make_rule(rule: RetentionRule, *, owners: Iterable[Any], actor: Actor, user: Person) -> RetentionRule:
    """Save a new rule. Its first night is the next one."""
    check_may_change(user)
    with transaction.atomic():
        rule.made_name, rule.on_since = actor.name, database_now()
        rule.save(force_insert=True)
        rule.owners.set(owners)
        blank = RetentionRule()
        changes = {
            name: _change(rule, name, "", getattr(rule, name))
            for name in FIELDS
            if getattr(rule, name) != getattr(blank, name)
        }
        changes["owners"] = _change(rule, "owners", [], _names(rule))
        record_many([Entry(RULE_MADE, actor, target=Target.of(rule), changes=changes)])
    return rule


def change_rule(rule: RetentionRule, *, owners: Iterable[Any], actor: Actor, user: Person) -> list[str]:
    """Save the changed rule and return the names of what changed.

    What was announced keeps its date or gets a later one, never a sooner one: a longer notice and new people count in full.
    """
    check_may_change(user, rule)
    with transaction.atomic():
        before = RetentionRule.objects.select_for_update().get(pk=rule.pk)
        names, told = _names(before), set(told_for(before))
        changed = [name for name in FIELDS if getattr(before, name) != getattr(rule, name)]
        changes = {name: _change(rule, name, getattr(before, name), getattr(rule, name)) for name in changed}
        rule.owners.set(owners)
        if _names(rule) != names:
            changes["owners"] = _change(rule, "owners", names, _names(rule))
        if not changes:
            return []
        now = database_now()
        rule.changed_at, rule.changed_name, rule.on_since = now, actor.name, now
        rule.save(update_fields=[*changed, "changed_at", "changed_name", "on_since"])
        record_many([Entry(RULE_CHANGED, actor, target=Target.of(rule), changes=changes)])
        if set(changed) & set(CONDITIONS):
            engine.withdraw(rule.key, actor=actor)
        _lengthen(rule, newly_told=set(told_for(rule)) - told, now=now)
    return list(changes)


def switch_rule(rule: RetentionRule, *, on: bool, actor: Actor, user: Person) -> None:
    """Switch the rule on or off. Off withdraws what it announced and the plan that nobody took over. Twice is harmless."""
    check_may_change(user, rule)
    with transaction.atomic():
        now = database_now()
        changed = RetentionRule.objects.filter(pk=rule.pk, is_on=not on).update(
            is_on=on, on_since=now, changed_at=now, changed_name=actor.name
        )
        if not changed:
            return
        details: dict[str, int] = {}
        if not on:
            engine.withdraw(rule.key, actor=actor)
            waiting = RetentionProposal.objects.filter(rule=rule, state=State.ANNOUNCED)
            details["withdrawn"] = waiting.update(state=State.WITHDRAWN)
        action = RULE_SWITCHED_ON if on else RULE_SWITCHED_OFF
        record_many([Entry(action, actor, target=Target.of(rule), details=details)])


def keep(
    proposal: RetentionProposal,
    what: str,
    pk: int,
    *,
    until: datetime | None,
    actor: Actor,
    user: Person,
) -> int:
    """Put an announced video, its lesson, its course or all that was announced on hold; returns how many holds that are.

    `what` is "video", "lesson", "course" or "all". Raises Denied without the right, Refused for what was not announced.
    """
    check_may_hold(user, target=Target.of(proposal.rule))
    announced = VideoAsset.objects.filter(pk__in=proposal.announced.values("video"))
    reason = _("Kept by %(name)s after a notice of the rule “%(rule)s”") % {
        "name": actor.name,
        "rule": proposal.rule.name,
    }
    chosen = _chosen(announced, what, pk)
    return engine.place_holds(chosen.model, chosen, reason=reason[:300], until=until, actor=actor, user=user)


def _chosen(announced: QuerySet[VideoAsset], what: str, pk: int) -> QuerySet[Any]:
    lessons: Any = VideoAsset._meta.get_field("course_class").related_model
    courses: Any = lessons._meta.get_field("course").related_model
    choices: dict[str, QuerySet[Any]] = {
        "all": announced,
        "video": announced.filter(pk=pk),
        "lesson": lessons.objects.filter(pk=pk, pk__in=announced.values("course_class")),
        "course": courses.objects.filter(pk=pk, pk__in=announced.values("course_class__course")),
    }
    if what not in choices:
        raise engine.Refused("nothing_selected", _("Nothing is selected."))
    return choices[what]


def _lengthen(rule: RetentionRule, *, newly_told: set[int], now: datetime) -> None:
    for proposal in RetentionProposal.objects.filter(rule=rule, state=State.ANNOUNCED).select_for_update():
        start = now if newly_told else proposal.announced_at
        due_at = due_after(start, rule.notice_days)
        if due_at > proposal.due_at:
            proposal.due_at = due_at
            proposal.notice_days = max(proposal.notice_days, rule.notice_days)
            proposal.save(update_fields=["due_at", "notice_days"])
        tell_owners(proposal, sorted(newly_told))


def _names(rule: RetentionRule) -> list[str]:
    return sorted(str(person) for person in rule.owners.all())


def _change(rule: RetentionRule, name: str, before: Any, after: Any) -> dict[str, Any]:
    field = rule._meta.get_field(name.removesuffix("_id"))
    return {"label": str(field.verbose_name).capitalize(), "before": before, "after": after}  # type: ignore[union-attr]  # a field of ours, with a name
