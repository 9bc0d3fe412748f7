"""What a rule touches: its conditions as a query, and the figures of a preview. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, NullIf

from media_assets.models import RetentionRule, VideoAsset
from media_assets.notes import on_hold
from media_assets.retention.days import age_limit

ROWS = 50
GROUPS = 10


def conditions(rule: RetentionRule, now: datetime) -> Q:
    """Videos that the rule means, held ones among them. A video without a date of recording is never among them."""
    return _besides_age(rule) & Q(recorded_at__lt=age_limit(now, rule.older_than_days))


def touched(rule: RetentionRule, now: datetime) -> QuerySet[VideoAsset]:
    """Videos that the rule would propose now: those that it means, without what is on hold."""
    return VideoAsset.objects.filter(conditions(rule, now)).exclude(on_hold())


def touched_by(rules: Sequence[RetentionRule], now: datetime) -> dict[int, tuple[int, int]]:
    """How many videos each of the rules would propose now, and their bytes; one query for all of them."""
    if not rules:
        return {}
    sums: dict[str, Any] = {}
    for rule in rules:
        sums[f"count_{rule.pk}"] = Count("pk", filter=conditions(rule, now))
        sums[f"size_{rule.pk}"] = Sum("size_bytes", filter=conditions(rule, now))
    found = VideoAsset.objects.exclude(on_hold()).aggregate(**sums)
    return {rule.pk: (found[f"count_{rule.pk}"], found[f"size_{rule.pk}"] or 0) for rule in rules}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would touch at one moment. `groups` are courses, media assets and packages, the largest first."""

    count: int
    size: int
    unmeasured: int
    oldest: datetime | None
    newest: datetime | None
    held: int
    undated: int
    groups: Sequence[dict[str, Any]]
    rows: Sequence[VideoAsset]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def preview(rule: RetentionRule, now: datetime) -> Preview:
    """What the rule, saved or not, would touch now; five queries."""
    videos = touched(rule, now)
    facts = videos.aggregate(
        count=Count("pk"),
        size=Sum("size_bytes"),
        unmeasured=Count("pk", filter=Q(size_bytes=None)),
        oldest=Min("recorded_at"),
        newest=Max("recorded_at"),
    )
    groups = (
        videos.order_by()
        .annotate(group=_group())
        .values("group")
        .annotate(count=Count("pk"), size=Sum("size_bytes"))
        .order_by("-count", "group")
    )
    related = ("course_class__course", "template_group__asset", "package")
    return Preview(
        **{**facts, "size": facts["size"] or 0},
        held=VideoAsset.objects.filter(conditions(rule, now) & on_hold()).count(),
        undated=VideoAsset.objects.filter(_besides_age(rule), recorded_at=None).count(),
        groups=[dict(group) for group in groups[:GROUPS]],
        rows=list(videos.select_related(*related).order_by("recorded_at", "pk")[:ROWS]),
    )


def _group() -> Any:
    return Coalesce(
        NullIf(F("course_class__course__name"), Value("")),
        NullIf(F("template_group__asset__title"), Value("")),
        NullIf(F("package__name"), Value("")),
        Value(""),
    )


def _besides_age(rule: RetentionRule) -> Q:
    wanted = Q(presence=VideoAsset.Presence.PRESENT)
    if rule.kind:
        wanted &= Q(kind=rule.kind)
    if rule.not_watched:
        unknown = Q(watch_count=None) if rule.unknown_is_unwatched else Q(pk__in=[])
        wanted &= Q(watch_count=0) | unknown
    if rule.course_id is not None:
        wanted &= Q(course_class__course=rule.course_id)
    if rule.account_id is not None:
        wanted &= Q(account=rule.account_id)
    if rule.min_bytes is not None:
        wanted &= Q(size_bytes__gte=rule.min_bytes)
    return wanted
