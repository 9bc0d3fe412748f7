"""The only writer of this app's mirror rows. Each function says what became true at the provider.

`at` is when we learned it, `how` one of `How`. All are safe to repeat: a row that is marked keeps its first mark.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from media_assets.models import CloudFile, VideoAsset, VodTemplateGroup
from media_assets.presence import How
from operations.learning import Known, Learned, learn
from operations.mirror import MirrorRow, origin
from operations.models import Account

_DELETED = MirrorRow.Presence.DELETED


def videos_deleted(ids: Collection[int], *, at: datetime, how: How) -> int:
    """These videos are gone at their providers. Returns the number of rows that did not know it yet."""
    return _mark_deleted(VideoAsset.objects.filter(pk__in=ids), at=at, how=how)


def class_emptied(class_ids: Collection[int], *, at: datetime, how: How) -> int:
    """All class videos of these lessons are gone at ClassIn."""
    videos = VideoAsset.objects.filter(course_class_id__in=class_ids, kind=VideoAsset.Kind.CLASS_VIDEO)
    return _mark_deleted(videos, at=at, how=how)


def group_deleted(group_ids: Collection[int], *, at: datetime, how: How) -> int:
    """These template groups are gone at Huawei with all their outputs."""
    _mark_deleted(VodTemplateGroup.objects.filter(pk__in=group_ids), at=at, how=how)
    return _mark_deleted(VideoAsset.objects.filter(template_group_id__in=group_ids), at=at, how=how)


def package_emptied(package_ids: Collection[int], *, at: datetime, how: How) -> int:
    """All meeting videos of these packages are gone at Syngrafii; the packages themselves stay."""
    return _mark_deleted(VideoAsset.objects.filter(package_id__in=package_ids), at=at, how=how)


def file_renamed(file_id: int, name: str, *, at: datetime, source: MirrorRow.Source) -> None:
    """This cloud file bears another name at ClassIn."""
    file = CloudFile.objects.select_for_update(of=("self",)).get(pk=file_id)
    file.name = name
    file.provenance["name"] = origin(source, at)
    file.save(update_fields=["name", "provenance"])


def _mark_deleted(rows: QuerySet[Any], *, at: datetime, how: How) -> int:
    return rows.exclude(presence=_DELETED).update(presence=_DELETED, presence_at=at, presence_how=how.value)


def rows_learned(
    model: type[MirrorRow],
    account: Account,
    known: Iterable[Known],
    *,
    at: datetime,
    source: MirrorRow.Source,
) -> Learned:
    """A source that was true at `at` says this about objects of one account; see `operations.learning.learn`."""
    return learn(model, account, known, at=at, source=source)


def rows_missing(
    model: type[MirrorRow],
    account: Account,
    *,
    not_seen_since: datetime,
    at: datetime,
    how: str,
    up_to_pk: int,
    within: Q | None = None,
) -> int:
    """Present rows that a complete reading which began at `not_seen_since` did not show become missing, 1,000 a transaction."""
    manager: Any = model._default_manager
    unseen = manager.filter(
        Q(seen_at__lt=not_seen_since) | Q(seen_at=None),
        within or Q(),
        account=account,
        presence=MirrorRow.Presence.PRESENT,
        pk__lte=up_to_pk,
    )
    marked = 0
    while ids := list(unseen.order_by("pk").values_list("pk", flat=True)[:1000]):
        with transaction.atomic():
            marked += manager.filter(pk__in=ids, presence=MirrorRow.Presence.PRESENT).update(
                presence=MirrorRow.Presence.MISSING, presence_at=at, presence_how=how
            )
    return marked
