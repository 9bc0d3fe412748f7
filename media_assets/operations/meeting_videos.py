from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from media_assets import mirror
from media_assets.models import SignPackage
from media_assets.operations.holds import PACKAGE_HOLD_PATHS
from media_assets.operations.looks import WHOLE_PACKAGE, recent_in
from media_assets.operations.reasons import (
    CONTAINER_NAME,
    FINISHED_STATES,
    count_in,
    newest_in,
    nothing_in,
    size_of,
    videos_in,
    without_id,
)
from media_assets.operations.settlement import by_how, was_gone_before
from media_assets.presence import How
from operations.models import Item
from operations.operation import LeftOut, Look, Operation, Seen, Settled, Verdict
from operations.registry import register
from operations.states import Outcome, Presence, Resend, Risk
from providers.codes import CodeClass
from providers.outcome import Reply
from providers.syngrafii import SyngrafiiClient
from providers.syngrafii.videos import VideoRow

_IN_IT = videos_in("package")


@register
class DeleteAllMeetingVideos(Operation):
    """Delete every recording of a sign package for good; its documents stay.

    Syngrafii has no way of saying that it deleted only some, so the answer is compared with the number of videos that
    we knew of, and looked up when it does not fit.
    """

    key = "media_assets.meeting_videos.delete_all"
    provider = "syngrafii"
    target = SignPackage
    permission = "media_assets.delete_all_meeting_videos"
    risk = Risk.SWEEPING
    resend = Resend.AFTER_LOOKING

    label = _("Delete all videos of packages")
    requested = _("%(actor)s asked to delete all meeting videos of packages (%(count)s)")
    succeeded = _("%(actor)s deleted all meeting videos of the package “%(target)s”")
    done_label = _("Deleted")
    icon = "trash-2"

    identity = {"packageId": F("provider_id"), "videos": count_in("package")}
    item_label = CONTAINER_NAME
    size = size_of("package")
    happened_at = newest_in("package")
    parts = count_in("package")
    container = F("provider_id")
    container_words = ngettext_lazy("%(count)s package", "%(count)s packages", "count")
    readable = True
    please_look = (WHOLE_PACKAGE, recent_in("package"))
    left_out = (
        nothing_in("package"),
        without_id("provider_id"),
        LeftOut(
            code="still_recording",
            label=_("A video in it is still recording or queued"),
            when=Q(Exists(_IN_IT.exclude(provider_state__in=FINISHED_STATES))),
            tone="blue",
            icon="loader",
            why=_("Syngrafii is still at work on it; try again once it is archived."),
        ),
        LeftOut(
            code="retained",
            label=_("A video in it is kept for now at Syngrafii"),
            when=Q(Exists(_IN_IT.filter(retention_until__gt=Now()))),
            tone="amber",
            icon="calendar-clock",
            why=_("Its retention time is not over. Decide about its videos one by one."),
        ),
    )
    hold_paths = PACKAGE_HOLD_PATHS

    def call(self, client: SyngrafiiClient, items: Sequence[Item]) -> Reply[list[VideoRow]]:
        (item,) = items
        return client.delete_all_videos(item.identity["packageId"])

    def read(self, item: Item, reply: Reply[list[VideoRow]]) -> Verdict:
        rows = reply.value
        if len(rows) < item.identity["videos"] or not all(row.is_deleted for row in rows):
            return Verdict(
                Outcome.UNKNOWN,
                reply.exchange.code,
                "the answer does not show all videos as deleted",
                kind=CodeClass.UNKNOWN,
            )
        return super().read(item, reply)

    def apply(self, settled: Sequence[Settled]) -> None:
        now = timezone.now()
        for how, ids in by_how(settled, How.DELETED_WITH_ALL):
            mirror.package_emptied(ids, at=now, how=how)

    def still_there(self, client: SyngrafiiClient, items: Sequence[Item]) -> dict[int, Presence]:
        rows = client.list_videos(items[0].identity["packageId"]).value
        if not rows:
            return dict.fromkeys((item.pk for item in items), Presence.UNCLEAR)
        left = any(not row.is_deleted for row in rows)
        return dict.fromkeys((item.pk for item in items), Presence.THERE if left else Presence.GONE)

    def look(self, client: SyngrafiiClient, item: Item) -> Seen:
        reply = client.list_videos(item.identity["packageId"])
        left = sum(not video.is_deleted for video in reply.value)
        if not left:
            return Seen(Look.WAS_SO if was_gone_before(item) else Look.HAPPENED, reply.exchange)
        untouched = left >= item.identity["videos"]
        return Seen(Look.NOT_HAPPENED if untouched else Look.UNCLEAR, reply.exchange)
