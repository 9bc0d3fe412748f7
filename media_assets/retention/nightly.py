"""The nights of retention rules: what is new is announced, and what was announced long enough ago becomes a proposed plan.

Nothing here confirms anything. Several sweepers may be at it at once: a night belongs to the one that moves `last_day`.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.utils import timezone

from audit.actors import Actor
from audit.services import Entry, Target, record_many
from media_assets.audit_actions import RULE_ANNOUNCED
from media_assets.models import AnnouncedVideo, RetentionProposal, RetentionRule, VideoAsset
from media_assets.notice_kinds import DELETION_ANNOUNCED
from media_assets.operations import DeleteClassVideo, DeleteMeetingVideo, DeleteTranscodedOutputs
from media_assets.retention.days import due_after, night_of
from media_assets.retention.owners import told_for
from media_assets.retention.selection import touched
from media_assets.retention.words import in_words, proposer_name
from operations import engine
from operations.clock import database_now
from operations.models import Item
from operations.notices import tell
from operations.registry import registry
from operations.states import OPEN_RUN_STATES, RunState

State = RetentionProposal.State

OPERATIONS = (DeleteClassVideo, DeleteTranscodedOutputs, DeleteMeetingVideo)


def pass_nights() -> None:
    """Work off the last night of each rule, once, and plan what is due. A night that was slept through is not made up for twice."""
    now = database_now()
    day, began = night_of(now)
    for rule_id in _waiting(day, began).order_by("pk").values_list("pk", flat=True):
        _night(rule_id, day, began)
    due = RetentionProposal.objects.filter(state=State.ANNOUNCED, due_at__lte=now, rule__is_on=True)
    for rule_id in due.order_by("rule").values_list("rule", flat=True).distinct():
        with transaction.atomic():
            plan(RetentionRule.objects.select_for_update().get(pk=rule_id))


def _waiting(day: date, began: datetime) -> QuerySet[RetentionRule]:
    """Rules that this night is for and that have not had it: on since before it began."""
    not_yet = Q(last_day=None) | Q(last_day__lt=day)
    return RetentionRule.objects.filter(not_yet, is_on=True, on_since__lte=began)


def _night(rule_id: int, day: date, began: datetime) -> None:
    with transaction.atomic():
        if not _waiting(day, began).filter(pk=rule_id).update(last_day=day):
            return
        rule = RetentionRule.objects.select_for_update().get(pk=rule_id)
        announce(rule, day)
        plan(rule, again=True)


def announce(rule: RetentionRule, day: date) -> RetentionProposal | None:
    """Announce what the rule touches and has not announced yet; None when there is nothing or nobody to tell."""
    now = database_now()
    told = told_for(rule) if rule.notice_days else []
    fresh = touched(rule, now).exclude(pk__in=_open_announcements(rule).values("video"))
    if (rule.notice_days and not told) or not fresh.exists():
        return None
    proposal = RetentionProposal.objects.create(
        rule=rule,
        day=day,
        notice_days=rule.notice_days,
        announced_at=now,
        due_at=due_after(now, rule.notice_days),
        count=0,
    )
    _list(proposal, fresh)
    facts = proposal.announced.aggregate(count=Count("pk"), size_bytes=Sum("video__size_bytes"))
    RetentionProposal.objects.filter(pk=proposal.pk).update(**facts)
    proposal.count, proposal.size_bytes = facts["count"], facts["size_bytes"]
    tell_owners(proposal, told)
    details = {"count": proposal.count, "due_at": proposal.due_at.isoformat(), "told": len(told)}
    record_many([Entry(RULE_ANNOUNCED, rule_actor(rule), target=Target.of(rule), details=details)])
    return proposal


def tell_owners(proposal: RetentionProposal, people: list[int]) -> None:
    """One notice for each of these people; telling somebody again does nothing."""
    tell(
        people,
        DELETION_ANNOUNCED.code,
        details={
            "rule": proposal.rule.name,
            "count": proposal.count,
            "day": timezone.localtime(proposal.due_at, timezone.get_default_timezone()).date().isoformat(),
            "note": proposal.rule.note,
        },
        link=proposal.get_absolute_url(),
        step=f"announced:{proposal.pk}",
    )


def plan(rule: RetentionRule, *, again: bool = False) -> None:
    """Propose a plan of what is due; it takes the place of the rule's last one if nobody took that over.

    Only what was announced goes in, and of that only what the rule still touches. With `again` a plan that waits is made
    anew when less of it is left than it says. The caller holds the rule's row.
    """
    now = database_now()
    due = Q(state=State.ANNOUNCED, due_at__lte=now)
    waiting = Q(state=State.PLANNED, run__state=RunState.DRAFT, run__requested_by=None)
    mine = RetentionProposal.objects.filter(due | waiting, rule=rule)
    chosen = list(mine.values_list("pk", "state", "run"))
    if not rule.is_on or not chosen:
        return
    announced = AnnouncedVideo.objects.filter(proposal__in=[pk for pk, _state, _run in chosen])
    going = touched(rule, now).filter(pk__in=announced.values("video"))
    if all(state == State.PLANNED for _pk, state, _run in chosen):
        listed = Item.objects.filter(run__in={run for _pk, _state, run in chosen}).count()
        if not again or going.count() == listed:
            return
    proposals = RetentionProposal.objects.filter(pk__in=[pk for pk, _state, _run in chosen])
    try:
        run = engine.propose(
            [registry[operation.key] for operation in OPERATIONS],
            going,
            actor=rule_actor(rule),
            proposed_by=rule.key,
            name=rule.name,
            filter_words=in_words(rule),
        )
    except engine.Refused:
        engine.withdraw(rule.key, actor=rule_actor(rule))
        proposals.update(state=State.NOTHING_LEFT, run=None)
    else:
        proposals.update(state=State.PLANNED, run=run)


def rule_actor(rule: RetentionRule) -> Actor:
    """The rule itself, as the ledger names it: no person."""
    return Actor(user_id=None, name=proposer_name(rule)[:200], via="sweeper")


def _open_announcements(rule: RetentionRule) -> QuerySet[AnnouncedVideo]:
    """What the rule announced and what still waits, in an announcement or in a plan that is not over."""
    waits = Q(proposal__state=State.ANNOUNCED) | Q(
        proposal__state=State.PLANNED, proposal__run__state__in=OPEN_RUN_STATES
    )
    return AnnouncedVideo.objects.filter(waits, proposal__rule=rule)


def _list(proposal: RetentionProposal, videos: QuerySet[VideoAsset]) -> None:
    """Write the list by one INSERT ... SELECT."""
    rows = videos.order_by("pk").values_list(Value(proposal.pk), F("pk"))
    sql, params = rows.query.get_compiler(connection=connection).as_sql()
    names = ", ".join(connection.ops.quote_name(column) for column in ("proposal_id", "video_id"))
    table = connection.ops.quote_name(AnnouncedVideo._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) {sql}", params)
