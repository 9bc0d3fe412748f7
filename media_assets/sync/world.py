"""Filling the mirror from what is known of an account: cloud disk, class videos, transcoded outputs, meeting videos."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from media_assets import mirror
from media_assets.models import CloudFile, CloudFolder, SignPackage, VideoAsset, VodAsset, VodTemplateGroup
from media_assets.models.cloud import LONGEST_PATH
from operations.learning import Known, Learned
from operations.mirror import MirrorRow
from operations.models import Account
from providers.huawei_vod.deletion import path_of
from providers.syngrafii.videos import VideoRow, read_videos

Json = dict[str, Any]
LONGEST_TITLE = 300
"""Characters kept of a title. A provider that sends more must not stop an import."""
_READ, _IMPORT = MirrorRow.Source.READ, MirrorRow.Source.IMPORT


@dataclass(slots=True)
class Summary:
    """What an import brought: by kind of row how many are new, changed and unchanged; and how many had no place."""

    learned: dict[str, Learned] = field(default_factory=dict)
    skipped: int = 0

    @property
    def created(self) -> int:
        return sum(one.created for one in self.learned.values())

    @property
    def changed(self) -> int:
        return sum(one.changed for one in self.learned.values())


def import_world(account: Account, world: Json, *, at: datetime) -> Summary:
    """Take in everything about this account of a world (the sandbox's view of the school's records), as of `at`.

    Lessons must be there already; clips of unknown ones are skipped. Taking in the same world again changes nothing, and
    what was deleted since stays deleted. Raises KeyError or Misshapen for a malformed world, and changes nothing then.
    """
    summary = Summary()
    with transaction.atomic():
        _IMPORTERS[account.provider](account, world[account.provider], at, summary)
        Account.objects.filter(pk=account.pk).update(synced_at=at)
    return summary


def _classin(account: Account, world: Json, at: datetime, summary: Summary) -> None:
    folder_ids = _folders(account, world["folders"], at, summary)
    _take_in(
        account,
        CloudFile,
        _placed(world["files"], "folder_id", folder_ids, _file, summary),
        at,
        summary,
        _READ,
    )
    lessons: Any = VideoAsset._meta.get_field("course_class").related_model
    wanted = {clip["classId"] for clip in world["clips"]}
    rows = lessons.objects.filter(account=account).values_list("provider_id", "pk")
    lesson_ids = {provider_id: pk for provider_id, pk in rows.iterator() if provider_id in wanted}
    clips = _placed(world["clips"], "classId", lesson_ids, _clip, summary)
    _take_in(account, VideoAsset, clips, at, summary, _IMPORT)


def _folders(account: Account, folders: list[Json], at: datetime, summary: Summary) -> dict[str, int]:
    """Level by level, since a folder points at its parent. Folders whose parent nobody knows are skipped."""
    inside: dict[str, list[Json]] = defaultdict(list)
    for folder in folders:
        inside[folder["pid"]].append(folder)
    ids: dict[str, int] = {}
    paths: dict[str, str] = {"": ""}
    level = inside[""]
    while level:
        rows = []
        for folder in level:
            above = paths[folder["pid"]]
            paths[folder["id"]] = f"{above} / {folder['name']}" if above else folder["name"]
            values = {
                "name": folder["name"],
                "parent_id": ids.get(folder["pid"]),
                "path": paths[folder["id"]][:LONGEST_PATH],
                "is_system": bool(folder["is_system"]),
            }
            rows.append(Known(folder["id"], values))
        ids |= _take_in(account, CloudFolder, rows, at, summary, _READ)
        level = [below for folder in level for below in inside[folder["id"]]]
    summary.skipped += len(folders) - len(ids)
    return ids


def _file(file: Json, folder_id: int) -> Known:
    return Known(file["id"], {"folder_id": folder_id, "name": file["name"], "size_bytes": file["size"]})


def _clip(clip: Json, lesson_id: int) -> Known:
    return Known(
        clip["fileId"],
        {
            "kind": VideoAsset.Kind.CLASS_VIDEO,
            "title": clip["name"][:LONGEST_TITLE],
            "recorded_at": _moment(clip.get("VST")),
            "duration_seconds": _span(clip.get("VST"), clip.get("VET")),
            "size_bytes": clip.get("Size"),
            "course_class_id": lesson_id,
            "watch_count": clip.get("views"),
        },
    )


def _huawei_vod(account: Account, world: Json, at: datetime, summary: Summary) -> None:
    assets: list[Json] = world["assets"]
    asset_ids = _take_in(account, VodAsset, (_asset(asset) for asset in assets), at, summary, _READ)
    groups = (
        _group(asset, group, asset_ids[asset["asset_id"]]) for asset in assets for group in asset["groups"]
    )
    group_ids = _take_in(account, VodTemplateGroup, groups, at, summary, _READ)
    outputs = (
        _output(asset, product, group_ids[_group_key(asset, group)])
        for asset in assets
        for group in asset["groups"]
        for product in group["products"]
    )
    _take_in(account, VideoAsset, outputs, at, summary, _READ)


def _asset(asset: Json) -> Known:
    values = {
        "title": asset["title"][:LONGEST_TITLE],
        "source_present": not asset["source_deleted"],
        "created_at": _moment(asset["create_time"]),
    }
    return Known(asset["asset_id"], values)


def _group_key(asset: Json, group: Json) -> str:
    return f"{asset['asset_id']}/{group['group_id'] or ''}"


def _group(asset: Json, group: Json, asset_id: int) -> Known:
    values = {"asset_id": asset_id, "group_id": group["group_id"] or "", "name": group["group_name"] or ""}
    return Known(_group_key(asset, group), values)


def _output(asset: Json, product: Json, group_id: int) -> Known:
    play_type, quality = (product["play_type"] or "").upper(), product["quality"] or ""
    made = " ".join(part for part in (quality, play_type) if part)
    return Known(
        path_of(product["url"]),
        {
            "kind": VideoAsset.Kind.TRANSCODED_OUTPUT,
            "title": (f"{asset['title']}, {made}" if made else asset["title"])[:LONGEST_TITLE],
            "recorded_at": _moment(asset["create_time"]),
            # A master playlist has neither length nor size: VOD writes 0.
            "duration_seconds": product["duration"] or None,
            "size_bytes": product["size"] or None,
            "template_group_id": group_id,
            "product_url": product["url"],
            "quality": quality,
            "play_type": play_type,
        },
    )


def _syngrafii(account: Account, world: Json, at: datetime, summary: Summary) -> None:
    packages: list[Json] = world["packages"]
    package_ids = _take_in(
        account, SignPackage, (_package(package) for package in packages), at, summary, _READ
    )
    videos = (
        _meeting_video(package, video, package_ids[package["packageId"]], at)
        for package in packages
        for video in read_videos(package)
    )
    _take_in(account, VideoAsset, videos, at, summary, _READ)


def _package(package: Json) -> Known:
    values = {
        "name": package["name"][:LONGEST_TITLE],
        "package_type": package["type"],
        "package_state": package["state"],
    }
    return Known(package["packageId"], values)


def _meeting_video(package: Json, video: VideoRow, package_id: int, at: datetime) -> Known:
    return Known(
        video.meeting_video_id,
        {
            "kind": VideoAsset.Kind.MEETING_VIDEO,
            "title": package["name"][:LONGEST_TITLE],
            "recorded_at": video.time_created,
            "duration_seconds": int(video.duration.total_seconds()) if video.duration is not None else None,
            "size_bytes": video.size,
            "package_id": package_id,
            "provider_state": video.state,
            "retention_until": video.time_retention,
        },
        gone_at=(video.time_deleted or at) if video.is_deleted else None,
    )


def _placed(
    rows: Iterable[Json], key: str, ids: dict[str, int], known: Callable[[Json, int], Known], summary: Summary
) -> Iterator[Known]:
    """Rows whose container we have; the others are counted and left."""
    for row in rows:
        if row[key] in ids:
            yield known(row, ids[row[key]])
        else:
            summary.skipped += 1


def _take_in(
    account: Account,
    model: type[MirrorRow],
    known: Iterable[Known],
    at: datetime,
    summary: Summary,
    source: MirrorRow.Source,
) -> dict[str, int]:
    """Primary keys by provider id of what was taken in."""
    learned = mirror.rows_learned(model, account, known, at=at, source=source)
    total = summary.learned.setdefault(model._meta.model_name or "", Learned())
    total.created += learned.created
    total.changed += learned.changed
    total.unchanged += learned.unchanged
    return learned.ids


def _moment(epoch: float | None) -> datetime | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)


def _span(start: int | None, end: int | None) -> int | None:
    return None if start is None or end is None or end < start else end - start


_IMPORTERS: dict[str, Callable[[Account, Json, datetime, Summary], None]] = {
    "classin": _classin,
    "huawei_vod": _huawei_vod,
    "syngrafii": _syngrafii,
}
