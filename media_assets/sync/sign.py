"""Syngrafii: packages page by page, then the videos of each package; no call shows both.

A full reading of N packages takes about N/50 + N requests. Rows move between pages when packages come or go meanwhile: when
fewer packages were shown than counted, the list is read again; where that stays so, nothing is called missing.

What is new is read from the top of the list, where the newest packages stand in all we have seen (the provider documents no
order), until a page brings nothing new; then the videos of those that are new or not signed yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from intake.models import Reading, ReadingStep
from intake.reading.readers import Reader, Settled, Step, Told, register
from media_assets.models import SignPackage, VideoAsset
from media_assets.sync.reading import LONGEST_TITLE, asked_at, call_missing, rows_of, shown, take_in
from operations.learning import Known
from providers.codes import CodeClass
from providers.outcome import Rejected, Reply
from providers.syngrafii.client import PACKAGES_A_PAGE
from providers.syngrafii.packages import PackagePage, PackageRow
from providers.syngrafii.videos import VideoRow

MOST_ROUNDS = 3
OVER = frozenset({"executed", "expired", "rescinded"})
"""States in which a package gets no more videos."""


@register
class SignReader(Reader):
    """Sign packages and meeting videos."""

    provider = "syngrafii"
    kinds = (SignPackage, VideoAsset)
    reads_new = True
    words = {"list": _("a list of packages"), "videos": _("the videos of a package")}

    def begin(self, reading: Reading) -> Sequence[Step]:
        reading.cursor |= {"round": 1, "total": 0, "asked": 0, "all": True, "unread": [], "after": 0}
        return [_page(0, 1, all_members=True)]

    def ask(self, client: Any, step: ReadingStep) -> Reply[Any]:
        asks = step.asks
        reply: Reply[Any] = (
            client.list_packages(asks["skip"], all_members=asks["all"])
            if step.name == "list"
            else client.list_videos(asks["id"])
        )
        return reply

    def take_in(self, reading: Reading, told: Sequence[Told]) -> Sequence[Step]:
        if told[0].step.name == "videos":
            _take_in_videos(reading, told)
            return ()
        steps: list[Step] = []
        for one in told:
            page: PackagePage = one.value
            known = set(
                rows_of(reading, SignPackage, [p.package_id for p in page.packages]).values_list(
                    "provider_id", flat=True
                )
            )
            ids = take_in(reading, SignPackage, map(_package, page.packages), one.at)
            if "since" in reading.cursor:
                steps += _newer(reading, one.step, page, known, ids)
            else:
                steps += _other_pages(reading, one.step, page)
        return steps

    def go_on(self, reading: Reading, room: int) -> Sequence[Step]:
        """The videos of every package that was shown, once the list is whole."""
        cursor = reading.cursor
        if "since" in cursor:
            return ()
        if not cursor.get("listed"):
            if reading.steps.filter(done=False).exists():
                return ()
            count = shown(reading, SignPackage).count()
            if count < cursor["total"] and cursor["round"] < MOST_ROUNDS:
                cursor["round"] += 1
                return [_page(0, cursor["round"], all_members=cursor["all"])]
            cursor["listed"] = True
            if count < cursor["total"]:
                reading.add_problem("list", f"{count} / {cursor['total']}", call="packages/list")
        rows = shown(reading, SignPackage).filter(pk__gt=cursor["after"]).order_by("pk")
        found = list(rows.values_list("pk", "provider_id", "name")[:room])
        if found:
            cursor["after"] = found[-1][0]
            cursor["asked"] += len(found)
        return [_videos(*row) for row in found]

    def ahead(self, reading: Reading) -> int:
        if "since" in reading.cursor:
            return 0
        return max(0, int(reading.cursor["total"]) - int(reading.cursor["asked"]))

    def refused(self, reading: Reading, step: ReadingStep, error: Rejected) -> Settled | None:
        """A key of one member may not list those of all; and one package that we may not see is not the end of all."""
        if step.name == "list" and step.asks["all"] and error.code.kind in _REFUSALS:
            reading.cursor["all"] = False
            return Settled([_page(step.asks["skip"], step.asks["round"], all_members=False)])
        if step.name == "videos" and error.code.value.startswith("package_"):
            gone = error.code.value == "package_not_found"
            if not gone:
                reading.cursor["unread"].append(step.asks["pk"])
            return Settled(unread=not gone)
        return None

    def call_missing(self, reading: Reading, at: datetime) -> None:
        within = {"media_assets.videoasset": ~Q(package__in=reading.cursor["unread"])}
        call_missing(reading, self.kinds, at, within=within)


_REFUSALS = frozenset({CodeClass.CREDENTIALS, CodeClass.FIX_INPUT})


def _page(skip: int, round_: int, *, all_members: bool, total: int | None = None) -> Step:
    asks = {"skip": skip, "round": round_, "all": all_members, "total": total}
    return Step("list", f"{skip}.{round_}.{'all' if all_members else 'own'}", asks)


def _videos(pk: int, package_id: str, name: str) -> Step:
    return Step("videos", package_id, {"id": package_id, "pk": pk, "name": name})


def _other_pages(reading: Reading, step: ReadingStep, page: PackagePage) -> Sequence[Step]:
    """The pages behind the first one; the largest total that any page tells counts."""
    asks = step.asks
    if asks["skip"] == 0:
        reading.cursor["total"] = page.total
        more = range(PACKAGES_A_PAGE, page.total, PACKAGES_A_PAGE)
        return [_page(s, asks["round"], all_members=asks["all"], total=page.total) for s in more]
    reading.cursor["total"] = max(page.total, reading.cursor["total"])
    return ()


def _newer(
    reading: Reading, step: ReadingStep, page: PackagePage, known: set[str], ids: dict[str, int]
) -> Sequence[Step]:
    """Videos of packages that are new or still open, and the next page as long as this one brought new ones."""
    wanted = [p for p in page.packages if p.package_id not in known or p.state not in OVER]
    steps = [_videos(ids[p.package_id], p.package_id, p.name) for p in wanted]
    behind = step.asks["skip"] + len(page.packages)
    if any(p.package_id not in known for p in page.packages) and behind < page.total:
        steps.append(_page(behind, 1, all_members=step.asks["all"]))
    return steps


def _package(row: PackageRow) -> Known:
    return Known(
        row.package_id,
        {
            "name": row.name[:LONGEST_TITLE],
            "package_type": row.package_type[:60],
            "package_state": row.state[:40],
        },
    )


def _take_in_videos(reading: Reading, told: Sequence[Told]) -> None:
    at = asked_at(told)
    videos = (_video(one.step.asks, row, at) for one in told for row in one.value)
    take_in(reading, VideoAsset, videos, at)


def _video(package: dict[str, Any], row: VideoRow, at: datetime) -> Known:
    """Deleted ones are still listed: they say themselves since when they are gone."""
    return Known(
        row.meeting_video_id,
        {
            "kind": VideoAsset.Kind.MEETING_VIDEO,
            "title": package["name"][:LONGEST_TITLE],
            "recorded_at": row.time_created,
            "duration_seconds": int(row.duration.total_seconds()) if row.duration is not None else None,
            "size_bytes": row.size,
            "package_id": package["pk"],
            "provider_state": row.state[:40],
            "retention_until": row.time_retention,
        },
        gone_at=(row.time_deleted or at) if row.is_deleted else None,
    )
