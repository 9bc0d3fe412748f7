from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from media_assets import mirror
from media_assets.models import VodTemplateGroup
from media_assets.operations import vod_answers
from media_assets.operations.holds import GROUP_HOLD_PATHS
from media_assets.operations.looks import WHOLE_GROUP, recent_in, source_gone
from media_assets.operations.reasons import ALREADY_GONE, CONTAINER_NAME, count_in, size_of, without_id
from media_assets.operations.settlement import by_how
from media_assets.presence import How
from operations.models import Item
from operations.operation import Look, Operation, Seen, Settled, Verdict
from operations.registry import register
from operations.states import Presence, Resend, Risk
from providers.huawei_vod import DeletionReport, HuaweiVodClient
from providers.huawei_vod.client import MOST_ASSETS
from providers.outcome import Reply


@register
class DeleteTranscodeGroup(Operation):
    """Delete everything that one template group made of an asset, for good (Huawei's GROUP level).

    Right for HLS and DASH, whose master playlist and renditions belong together. One group a request, so that a lost
    answer is about one group.
    """

    key = "media_assets.transcode_group.delete"
    provider = "huawei_vod"
    target = VodTemplateGroup
    permission = "media_assets.delete_transcode_group"
    risk = Risk.SWEEPING
    resend = Resend.AFTER_LOOKING

    label = _("Delete all outputs of template groups")
    requested = _("%(actor)s asked to delete all outputs of template groups (%(count)s)")
    succeeded = _("%(actor)s deleted all outputs of the template group “%(target)s”")
    done_label = _("Deleted")
    icon = "trash-2"

    identity = {
        "asset_id": F("asset__provider_id"),
        "group_id": F("group_id"),
        "outputs": count_in("template_group"),
    }
    item_label = CONTAINER_NAME
    group_label = F("asset__title")
    size = size_of("template_group")
    happened_at = F("asset__created_at")
    parts = count_in("template_group")
    container = F("asset__provider_id")
    container_words = ngettext_lazy("%(count)s asset", "%(count)s assets", "count")
    group_words = ngettext_lazy("%(count)s title", "%(count)s titles", "count")
    readable = True
    containers_per_look = MOST_ASSETS
    please_look = (WHOLE_GROUP, source_gone("asset"), recent_in("template_group"))
    left_out = (ALREADY_GONE, without_id("group_id", "asset__provider_id"))
    hold_paths = GROUP_HOLD_PATHS

    def call(self, client: HuaweiVodClient, items: Sequence[Item]) -> Reply[DeletionReport]:
        (item,) = items
        return client.delete_groups(item.identity["asset_id"], [item.identity["group_id"]])

    def read(self, item: Item, reply: Reply[DeletionReport]) -> Verdict:
        return vod_answers.verdict(reply, item.identity["group_id"])

    def apply(self, settled: Sequence[Settled]) -> None:
        now = timezone.now()
        for how, ids in by_how(settled, How.DELETED_WITH_ALL):
            mirror.group_deleted(ids, at=now, how=how)

    def still_there(self, client: HuaweiVodClient, items: Sequence[Item]) -> dict[int, Presence]:
        outputs = vod_answers.outputs_of(client, items)
        found = {}
        for item in items:
            there = outputs.get(item.identity["asset_id"])
            mine = there and [output for output in there if output.group_id == item.identity["group_id"]]
            found[item.pk] = vod_answers.presence(there, present=bool(mine))
        return found

    def look(self, client: HuaweiVodClient, item: Item) -> Seen:
        reply, outputs = vod_answers.look_for(client, item)
        if outputs is None:
            return Seen(Look.UNCLEAR, reply.exchange)
        left = sum(output.group_id == item.identity["group_id"] for output in outputs)
        if not left:
            return vod_answers.gone(item, reply)
        untouched = left >= item.identity["outputs"]
        return Seen(Look.NOT_HAPPENED if untouched else Look.UNCLEAR, reply.exchange)
