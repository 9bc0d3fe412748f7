"""The only writer of this app's mirror rows. Each function says what became true at the provider.

`at` is when we learned it, `how` one of `How`. All are safe to repeat and to come in any order (`operations.presence`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from audit.actors import Actor
from media_assets.models import CloudFile, VideoAsset, VodTemplateGroup
from operations.learning import Known, Learned, Statement, learn, mark_missing, merge
from operations.mirror import MirrorRow
from operations.models import Account
from operations.presence import How, weaker_marks

_DELETED = MirrorRow.Presence.DELETED


def videos_deleted(ids: Collection[int], *, at: datetime, how: How) -> int:
    """These videos are gone at their providers. Returns the number of rows that this told anything new."""
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
    """This cloud file bore this name at ClassIn at `at`. A name that we learned as of later stays."""
    file = CloudFile.objects.select_for_update(of=("self",)).get(pk=file_id)
    merge(file, {"name": name}, Statement(source, at))
    file.save(update_fields=["name", "provenance"])


def _mark_deleted(rows: QuerySet[Any], *, at: datetime, how: How) -> int:
    return rows.filter(weaker_marks(how, at)).update(
        presence=_DELETED, presence_at=at, presence_how=how.value, missed_at=None
    )


def rows_learned(
    model: type[MirrorRow],
    account: Account,
    known: Iterable[Known],
    *,
    at: datetime,
    source: MirrorRow.Source,
    actor: Actor | None = None,
) -> Learned:
    """A source that was true at `at` says this about objects of one account; see `operations.learning.learn`."""
    return learn(model, account, known, at=at, source=source, actor=actor)


def rows_missing(
    model: type[MirrorRow],
    account: Account,
    *,
    not_seen_since: datetime,
    at: datetime,
    how: str = How.NOT_SHOWN,
    up_to_pk: int,
    within: Q | None = None,
) -> int:
    """A complete reading did not show these rows; see `operations.learning.mark_missing`. Returns how many are newly missing."""
    return mark_missing(
        model,
        account,
        not_seen_since=not_seen_since,
        at=at,
        how=how,
        up_to_pk=up_to_pk,
        within=within,
    )
