from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from media_assets import mirror
from media_assets.forms import RenameCloudFileForm
from media_assets.models import CloudFile
from media_assets.operations.reasons import ALREADY_GONE, SHOWN_AGAIN, without_id
from operations.mirror import MirrorRow
from operations.models import Item
from operations.operation import Look, Operation, Seen, Settled
from operations.registry import register
from operations.states import Resend, Risk
from providers.classin import ClassInClient
from providers.outcome import Reply


@register
class RenameCloudFile(Operation):
    """Give a file of ClassIn's cloud disk another name. The folder's list tells afterwards which one it has."""

    key = "media_assets.cloud_file.rename"
    provider = "classin"
    target = CloudFile
    permission = "media_assets.rename_cloud_file"
    risk = Risk.REVERSIBLE
    resend = Resend.AFTER_LOOKING
    form = RenameCloudFileForm

    label = _("Rename")
    requested = _("%(actor)s asked to rename the cloud file “%(target)s”")
    succeeded = _("%(actor)s renamed the cloud file “%(target)s”")
    done_label = _("Renamed")
    icon = "pencil"

    applies_to = Q()
    identity = {"fileId": F("provider_id"), "folderId": F("folder__provider_id")}
    item_label = F("name")
    group_label = F("folder__path")
    size = F("size_bytes")
    left_out = (SHOWN_AGAIN, ALREADY_GONE, without_id("provider_id", "folder__provider_id"))

    def call(self, client: ClassInClient, items: Sequence[Item]) -> Reply[Any]:
        (item,) = items
        return client.rename_file(item.identity["fileId"], item.params["fileName"])

    def apply(self, settled: Sequence[Settled]) -> None:
        now = timezone.now()
        for one in settled:
            mirror.file_renamed(
                one.item.target_id, one.item.params["fileName"], at=now, source=MirrorRow.Source.OWN_EDIT
            )

    def look(self, client: ClassInClient, item: Item) -> Seen:
        reply = client.list_cloud(item.identity["folderId"])
        file = next((row for row in reply.value.files if row.file_id == item.identity["fileId"]), None)
        if file is not None and file.name == item.params["fileName"]:
            return Seen(Look.HAPPENED, reply.exchange)
        if file is not None and file.name == item.changes["name"]["before"]:
            return Seen(Look.NOT_HAPPENED, reply.exchange)
        return Seen(Look.UNCLEAR, reply.exchange)

    def becoming(self, item: Item) -> dict[str, Any]:
        return {"name": item.params["fileName"]}

    def stale(self, item: Item, target: Any) -> list[str]:
        before = item.changes.get("name", {}).get("before")
        return [] if target is not None and target.name == before else ["name"]
