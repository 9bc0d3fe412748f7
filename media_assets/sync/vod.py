"""Huawei Cloud VOD: assets by windows of time, then ten assets at a time with their outputs.

asset/list pages no deeper than 20,000 rows and shows no outputs; asset/info shows ten assets with all of theirs. So a full
reading of N assets takes about N/100 + N/10 requests. A window whose total reaches 20,000 is halved until it fits. Rows move
between pages when assets come or go meanwhile: a window whose total changed is listed again, and an asset that we know
and that was not listed is asked about by its id, so that no slip of a page makes it missing.

What is new is read by the time of making. It brings new assets, and outputs that were made of assets of the last day; what
was deleted, or made anew of older assets, only a full reading sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from intake.models import Reading, ReadingStep
from intake.reading.readers import Reader, Settled, Step, Told, register
from media_assets.models import VideoAsset, VodAsset, VodTemplateGroup
from media_assets.sync.reading import LONGEST_TITLE, asked_at, call_missing, rows_of, shown, take_in
from operations.learning import Known
from providers.huawei_vod.assets import MOST_LISTED, AssetInfo, AssetPage, TranscodedOutput
from providers.huawei_vod.client import ASSETS_A_PAGE, MOST_ASSETS
from providers.huawei_vod.deletion import path_of
from providers.outcome import Rejected, Reply

BEGINNING = datetime(2015, 1, 1, tzinfo=UTC)
"""Before the first asset that there can be: the service is younger."""
OVERLAP = timedelta(days=1)
"""How far a reading of what is new reaches back before the last one, for outputs that were still being made then."""
LONGEST_GROUP = 200
MOST_ROUNDS = 3
"""Times that a window is listed while its total keeps changing."""
_DONE = {"listed": "unlisted", "unlisted": "over"}
"""Whom asset/info is asked about: first what was listed, then what we know besides."""


@register
class VodReader(Reader):
    """Media assets, their template groups and transcoded outputs."""

    provider = "huawei_vod"
    kinds = (VodAsset, VodTemplateGroup, VideoAsset)
    reads_new = True
    words = {"list": _("a list of media assets"), "info": _("media assets with their outputs")}

    def begin(self, reading: Reading) -> Sequence[Step]:
        since = reading.cursor.get("since")
        start = datetime.fromisoformat(since) - OVERLAP if since else BEGINNING
        reading.cursor |= {"phase": "list", "assets": 0, "planned": 0, "silent": []}
        return [_page(start, reading.started_at, 0)]

    def ask(self, client: Any, step: ReadingStep) -> Reply[Any]:
        asks = step.asks
        reply: Reply[Any] = (
            client.asset_info(asks["ids"])
            if step.name == "info"
            else client.list_assets(
                datetime.fromisoformat(asks["start"]), datetime.fromisoformat(asks["end"]), asks["page"]
            )
        )
        return reply

    def take_in(self, reading: Reading, told: Sequence[Told]) -> Sequence[Step]:
        if told[0].step.name == "info":
            _take_in_outputs(reading, told)
            return ()
        pages: list[tuple[Told, AssetPage]] = [(one, one.value) for one in told]
        assets = (
            Known(asset.asset_id, {"title": asset.title[:LONGEST_TITLE], "created_at": asset.created})
            for _told, page in pages
            for asset in page.assets
        )
        take_in(reading, VodAsset, assets, asked_at(told))
        return [step for one, page in pages for step in _next_pages(reading, one.step, page)]

    def go_on(self, reading: Reading, room: int) -> Sequence[Step]:
        """Ten assets a request, in the order of the mirror, once every window is listed."""
        cursor = reading.cursor
        if cursor["phase"] == "list":
            if reading.steps.filter(done=False).exists():
                return ()
            cursor |= {"phase": "listed", "after": 0}
        while cursor["phase"] != "over":
            rows = _to_ask(reading, cursor["phase"]).filter(pk__gt=cursor["after"]).order_by("pk")
            found = list(rows.values_list("pk", "provider_id")[: room * MOST_ASSETS])
            if found:
                cursor["after"] = found[-1][0]
                cursor["planned"] += len(found)
                ids = [provider_id for _pk, provider_id in found]
                return [_info(ids[at : at + MOST_ASSETS]) for at in range(0, len(ids), MOST_ASSETS)]
            cursor |= {"phase": _DONE[cursor["phase"]], "after": 0}
            if cursor["phase"] == "unlisted" and "since" in cursor:
                cursor["phase"] = "over"
        return ()

    def ahead(self, reading: Reading) -> int:
        left: int = ceil((reading.cursor["assets"] - reading.cursor["planned"]) / MOST_ASSETS)
        return max(0, left)

    def refused(self, reading: Reading, step: ReadingStep, error: Rejected) -> Settled | None:
        """One asset of ten that does not exist refuses the ten: each is asked about by itself, and answers for itself."""
        ids = step.asks.get("ids", [])
        if len(ids) > 1 and error.code.value == "VOD.10062":
            return Settled([_info([asset_id]) for asset_id in ids])
        return None

    def call_missing(self, reading: Reading, at: datetime) -> None:
        """Outputs of an asset whose answer had no list of them are proven neither there nor gone."""
        silent = ~Q(template_group__asset__in=reading.cursor["silent"])
        within = {
            "media_assets.videoasset": silent,
            "media_assets.vodtemplategroup": ~Q(asset__in=reading.cursor["silent"]),
        }
        call_missing(reading, self.kinds, at, within=within)


def _page(start: datetime, end: datetime, page: int, *, total: int | None = None, round_: int = 1) -> Step:
    asks = {"start": start.isoformat(), "end": end.isoformat(), "page": page, "total": total, "round": round_}
    return Step("list", f"{start:%Y%m%d%H%M%S}-{end:%Y%m%d%H%M%S}.{page}.{round_}", asks)


def _info(ids: Sequence[str]) -> Step:
    """The key is the first id and how many: the ten of one place in the mirror's order are asked about once."""
    return Step("info", f"{ids[0]}+{len(ids)}", {"ids": list(ids)})


def _next_pages(reading: Reading, step: ReadingStep, page: AssetPage) -> Iterable[Step]:
    """What follows from a page: halves of a window that is too full, its other pages, or the whole once more."""
    asks = step.asks
    start, end = datetime.fromisoformat(asks["start"]), datetime.fromisoformat(asks["end"])
    if page.total >= MOST_LISTED and end - start >= timedelta(seconds=2):
        middle = start + (end - start) // 2
        middle = middle.replace(microsecond=0)
        return [_page(start, middle, 0), _page(middle + timedelta(seconds=1), end, 0)]
    if page.total >= MOST_LISTED and asks["page"] == 0:
        reading.add_problem("list", step.key, call="asset/list")  # more in one second than can be listed
    if asks["page"] == 0:
        reading.cursor["assets"] += page.total if asks["round"] == 1 else 0
        pages = range(1, min(ceil(page.total / ASSETS_A_PAGE), MOST_LISTED // ASSETS_A_PAGE))
        return [_page(start, end, n, total=page.total, round_=asks["round"]) for n in pages]
    if page.total != asks["total"] and asks["round"] < MOST_ROUNDS:
        return [_page(start, end, 0, round_=asks["round"] + 1)]
    return ()


def _to_ask(reading: Reading, phase: str) -> Any:
    """Assets that this reading's lists showed, or the others that nobody called gone."""
    if phase == "listed":
        return shown(reading, VodAsset)
    rows = VodAsset.objects.filter(account=reading.account, presence=VodAsset.Presence.PRESENT)
    return rows.exclude(seen_at__gte=reading.started_at).filter(pk__lte=_up_to(reading))


def _up_to(reading: Reading) -> int:
    return int(reading.cursor["up_to"]["media_assets.vodasset"])


def _take_in_outputs(reading: Reading, told: Sequence[Told]) -> None:
    """Assets that exist, their groups and their outputs; an asset that does not exist shows nothing."""
    at = asked_at(told)
    infos: list[AssetInfo] = [info for one in told for info in one.value if info.exists]
    assets = _take_in_sources(reading, infos, at)
    made = [
        (info, output, f"{info.asset_id}/{output.group_id}") for info in infos for output in info.products
    ]
    groups = take_in(
        reading,
        VodTemplateGroup,
        (
            Known(
                key,
                {
                    "asset_id": assets[info.asset_id],
                    "group_id": output.group_id,
                    "name": output.group_name[:LONGEST_GROUP],
                },
            )
            for info, output, key in made
        ),
        at,
    )
    videos = (Known(path_of(output.url), _values(info, output, groups[key])) for info, output, key in made)
    take_in(reading, VideoAsset, videos, at)
    _keep_silent(reading, [assets[info.asset_id] for info in infos if not info.products_listed])


def _take_in_sources(reading: Reading, infos: Sequence[AssetInfo], at: datetime) -> dict[str, int]:
    """Whether the source is there, and assets that no list showed; returns primary keys by provider id.

    The lists have counted the others already: of them, only a change of the source is one more.
    """
    before = {
        row.provider_id: row
        for row in rows_of(reading, VodAsset, [info.asset_id for info in infos]).only(
            "provider_id", "source_present", "seen_at"
        )
    }
    listed, unlisted = [], []
    for info in infos:
        row = before[info.asset_id]
        source = {} if info.source_listed is None else {"source_present": info.source_listed}
        if row.seen_at is None or row.seen_at < reading.started_at:
            unlisted.append(Known(info.asset_id, {"title": info.title[:LONGEST_TITLE], **source}))
        elif source and row.source_present != info.source_listed:
            listed.append(Known(info.asset_id, source))
    take_in(reading, VodAsset, unlisted, at)
    take_in(reading, VodAsset, listed, at, counted=False)
    changed = sum(1 for one in listed if before[one.provider_id].pk <= _up_to(reading))
    reading.add("media_assets.vodasset", changed=changed)
    return {provider_id: row.pk for provider_id, row in before.items()}


def _keep_silent(reading: Reading, asset_pks: Sequence[int]) -> None:
    """Remember assets whose answer had no list of outputs, as far as we know outputs of theirs."""
    if asset_pks:
        known = VideoAsset.objects.filter(
            template_group__asset__in=asset_pks, presence=VideoAsset.Presence.PRESENT
        )
        found = known.order_by().values_list("template_group__asset_id", flat=True).distinct()
        reading.cursor["silent"] += list(found)


def _values(info: AssetInfo, output: TranscodedOutput, group_pk: int) -> dict[str, Any]:
    """A master playlist has neither length nor size of its own."""
    made = " ".join(part for part in (output.quality, output.play_type.upper()) if part)
    return {
        "kind": VideoAsset.Kind.TRANSCODED_OUTPUT,
        "title": (f"{info.title}, {made}" if made else info.title)[:LONGEST_TITLE],
        "recorded_at": info.created,
        "duration_seconds": output.duration,
        "size_bytes": output.size,
        "template_group_id": group_pk,
        "product_url": output.url,
        "quality": output.quality[:20],
        "play_type": output.play_type.upper()[:20],
    }
