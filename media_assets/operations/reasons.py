"""Reasons to leave a target out of a plan that several deletions share, and expressions over a container's videos."""

from __future__ import annotations

from django.db.models import (
    BigIntegerField,
    Count,
    DateTimeField,
    Exists,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from media_assets.models import VideoAsset
from operations.mirror import MirrorRow
from operations.operation import LeftOut
from operations.presence import shown_again_rows

GONE = Q(presence__in=[MirrorRow.Presence.DELETED, MirrorRow.Presence.MISSING])

FINISHED_STATES = ("archived", "failed")
"""States of a meeting video in which Syngrafii is no longer at work on it; what deleting does in others is not said."""

VIDEO_NAME = Coalesce(NullIf("title", Value("")), "provider_id")
CONTAINER_NAME = Coalesce(NullIf("name", Value("")), "provider_id")
"""The name, or the provider's id where the provider gave none."""

SHOWN_AGAIN = LeftOut(
    code="shown_again",
    label=_("Shown again although deleted"),
    when=shown_again_rows(),
    icon="triangle-alert",
    why=_(
        "It was deleted, and the provider shows something behind its ID again: perhaps another object. Look there."
    ),
)
ALREADY_GONE = LeftOut(
    code="already_gone",
    label=_("Already gone at the provider"),
    when=GONE,
    tone="teal",
    icon="check-check",
    why=_("Our list has it as gone; there is nothing left to delete."),
)


def without_id(*paths: str) -> LeftOut:
    """Left out because one of these ids is blank: an id that is not given means "all" at two of the providers."""
    blank = Q()
    for path in paths:
        blank |= Q(**{path: ""}) | Q(**{f"{path}__isnull": True})
    return LeftOut(
        code="no_provider_id",
        label=_("No provider ID"),
        when=blank,
        icon="circle-help",
        why=_("Without its ID the provider would take the request for something else."),
    )


def videos_in(container: str) -> QuerySet[VideoAsset]:
    """The videos that are still there, of the outer query's container; `container` is the key on the video."""
    return VideoAsset.objects.filter(**{container: OuterRef("pk")}).exclude(GONE)


def nothing_in(container: str) -> LeftOut:
    """Left out because we know of no video in the container that is still there."""
    return LeftOut(
        code="already_gone",
        label=_("No video left in it"),
        when=Q(~Exists(videos_in(container))),
        tone="teal",
        icon="check-check",
        why=_("We know of nothing in it that is still there."),
    )


def size_of(container: str) -> Subquery:
    """Bytes of all videos that are still in the container."""
    total = (
        videos_in(container).order_by().values(container).annotate(total=Sum("size_bytes")).values("total")
    )
    return Subquery(total, output_field=BigIntegerField())


def count_in(container: str) -> Coalesce:
    """How many videos are still in the container: frozen, so that a look can tell "all gone" from "some gone"."""
    number = videos_in(container).order_by().values(container).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(number, output_field=BigIntegerField()), Value(0))


def newest_in(container: str) -> Subquery:
    """When the newest video that is still in the container was recorded."""
    newest = videos_in(container).order_by().values(container).annotate(at=Max("recorded_at")).values("at")
    return Subquery(newest, output_field=DateTimeField())
