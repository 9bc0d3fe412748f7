"""What Huawei's answers mean for one item, for both ways of deleting outputs."""

from __future__ import annotations

from collections.abc import Sequence

from media_assets.operations.settlement import says_not_found, was_gone_before
from operations.models import Item
from operations.operation import Look, Seen, Verdict
from operations.states import Outcome, Presence
from providers.codes import CodeClass
from providers.huawei_vod import AssetInfo, DeletionReport, HuaweiVodClient, TranscodedOutput
from providers.huawei_vod.deletion import DELETED, FAILED
from providers.outcome import Reply

_AT_WORK = frozenset({"TRANSCODING", "WAITING_TRANSCODE"})


def verdict(reply: Reply[DeletionReport], group_id: str, url: str | None = None) -> Verdict:
    """What the report says about this output or group; unknown when it says nothing clear."""
    said = reply.value.verdict(group_id, url)
    words = said.reason or said.meaning.en
    if said.state == DELETED:
        return Verdict(Outcome.DONE, reply.exchange.code)
    if said.state != FAILED or says_not_found(said.reason):
        return Verdict(Outcome.UNKNOWN, message=words, kind=CodeClass.UNKNOWN)
    return Verdict(Outcome.REJECTED, message=words, kind=CodeClass.FIX_INPUT)


def asset_of(reply: Reply[list[AssetInfo]], asset_id: str) -> AssetInfo | None:
    """The asset that we asked about, None when the answer leaves it out."""
    return next((asset for asset in reply.value if asset.asset_id == asset_id), None)


def look_for(
    client: HuaweiVodClient, item: Item
) -> tuple[Reply[list[AssetInfo]], Sequence[TranscodedOutput] | None]:
    """The outputs that the item's asset still has; None when the answer proves nothing about them.

    An asset that is gone has none. A missing list proves nothing (Huawei leaves it out unless transcoding succeeded),
    and neither does the list of an asset that is being transcoded.
    """
    reply = client.asset_info([item.identity["asset_id"]])
    return reply, _proven(asset_of(reply, item.identity["asset_id"]))


def outputs_of(
    client: HuaweiVodClient, items: Sequence[Item]
) -> dict[str, Sequence[TranscodedOutput] | None]:
    """By one request, the outputs that the items' assets still have, by asset id; None where nothing is proven."""
    ids = list(dict.fromkeys(item.identity["asset_id"] for item in items))
    reply = client.asset_info(ids)
    return {asset_id: _proven(asset_of(reply, asset_id)) for asset_id in ids}


def presence(outputs: Sequence[TranscodedOutput] | None, *, present: bool) -> Presence:
    """Whether something is there, given all outputs of its asset as far as they are proven."""
    if outputs is None:
        return Presence.UNCLEAR
    return Presence.THERE if present else Presence.GONE


def _proven(asset: AssetInfo | None) -> Sequence[TranscodedOutput] | None:
    if asset is None:
        return None
    if not asset.exists:
        return ()
    proves = asset.products_listed and asset.status not in _AT_WORK
    return asset.products if proves else None


def gone(item: Item, reply: Reply[list[AssetInfo]]) -> Seen:
    """It is no longer there: by our sending, unless the provider answered that there was nothing to delete."""
    return Seen(Look.WAS_SO if was_gone_before(item) else Look.HAPPENED, reply.exchange)
