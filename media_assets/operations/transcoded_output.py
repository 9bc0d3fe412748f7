from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from media_assets import mirror
from media_assets.models import VideoAsset
from media_assets.operations import vod_answers
from media_assets.operations.holds import VIDEO_HOLD_PATHS
from media_assets.operations.looks import RECENT, source_gone
from media_assets.operations.reasons import ALREADY_GONE, SHOWN_AGAIN, VIDEO_NAME, without_id
from media_assets.operations.settlement import by_how
from operations.models import Item
from operations.operation import Look, Operation, Seen, Settled, Verdict
from operations.registry import register
from operations.states import Presence, Resend, Risk
from providers.huawei_vod import DeletionReport, HuaweiVodClient
from providers.huawei_vod.client import MOST_ASSETS, MOST_OUTPUTS
from providers.huawei_vod.deletion import path_of
from providers.outcome import Reply


@register
class DeleteTranscodedOutputs(Operation):
    """Delete single transcoded outputs for good (Huawei's PRODUCT level).

    Many outputs of one asset go in one request, and each has its own result in the answer. The source file stays, so
    they can be transcoded again as long as it is there.
    """

    key = "media_assets.transcoded_output.delete"
    provider = "huawei_vod"
    target = VideoAsset
    permission = "media_assets.delete_transcoded_output"
    risk = Risk.IRREVERSIBLE
    resend = Resend.AFTER_LOOKING

    label = _("Delete transcoded outputs")
    requested = _("%(actor)s asked to delete transcoded outputs (%(count)s)")
    succeeded = _("%(actor)s deleted the transcoded output “%(target)s”")
    done_label = _("Deleted")
    icon = "trash-2"

    applies_to = Q(kind=VideoAsset.Kind.TRANSCODED_OUTPUT)
    identity = {
        "asset_id": F("template_group__asset__provider_id"),
        "group_id": F("template_group__group_id"),
        "url": F("product_url"),
    }
    item_label = VIDEO_NAME
    group_label = F("template_group__asset__title")
    size = F("size_bytes")
    happened_at = F("recorded_at")
    container = F("template_group__asset__provider_id")
    container_words = ngettext_lazy("%(count)s asset", "%(count)s assets", "count")
    group_words = ngettext_lazy("%(count)s title", "%(count)s titles", "count")
    most_per_request = MOST_OUTPUTS
    readable = True
    containers_per_look = MOST_ASSETS
    please_look = (source_gone("template_group__asset"), RECENT)
    left_out = (
        SHOWN_AGAIN,
        ALREADY_GONE,
        without_id("product_url", "template_group__group_id", "template_group__asset__provider_id"),
    )
    hold_paths = VIDEO_HOLD_PATHS

    def pack(self, items: Sequence[Item]) -> list[list[Item]]:
        by_asset: dict[str, list[Item]] = defaultdict(list)
        for item in items:
            by_asset[item.identity["asset_id"]].append(item)
        return [
            mine[start : start + self.most_per_request]
            for mine in by_asset.values()
            for start in range(0, len(mine), self.most_per_request)
        ]

    def call(self, client: HuaweiVodClient, items: Sequence[Item]) -> Reply[DeletionReport]:
        outputs: dict[str, list[str]] = defaultdict(list)
        for item in items:
            outputs[item.identity["group_id"]].append(item.identity["url"])
        return client.delete_products(items[0].identity["asset_id"], outputs)

    def read(self, item: Item, reply: Reply[DeletionReport]) -> Verdict:
        return vod_answers.verdict(reply, item.identity["group_id"], item.identity["url"])

    def apply(self, settled: Sequence[Settled]) -> None:
        now = timezone.now()
        for how, ids in by_how(settled):
            mirror.videos_deleted(ids, at=now, how=how)

    def still_there(self, client: HuaweiVodClient, items: Sequence[Item]) -> dict[int, Presence]:
        outputs = vod_answers.outputs_of(client, items)
        found = {}
        for item in items:
            there = outputs.get(item.identity["asset_id"])
            paths = {path_of(output.url) for output in there or ()}
            found[item.pk] = vod_answers.presence(there, present=path_of(item.identity["url"]) in paths)
        return found

    def look(self, client: HuaweiVodClient, item: Item) -> Seen:
        reply, outputs = vod_answers.look_for(client, item)
        if outputs is None:
            return Seen(Look.UNCLEAR, reply.exchange)
        path = path_of(item.identity["url"])
        if any(path_of(output.url) == path for output in outputs):
            return Seen(Look.NOT_HAPPENED, reply.exchange)
        return vod_answers.gone(item, reply)
