from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from media_assets import mirror
from media_assets.models import VideoAsset
from media_assets.operations.holds import VIDEO_HOLD_PATHS
from media_assets.operations.looks import RECENT, RETAINED
from media_assets.operations.reasons import ALREADY_GONE, FINISHED_STATES, SHOWN_AGAIN, VIDEO_NAME, without_id
from media_assets.operations.settlement import by_how, was_gone_before
from operations.models import Item
from operations.operation import LeftOut, Look, Operation, Seen, Settled
from operations.registry import register
from operations.states import Presence, Resend, Risk
from providers.outcome import Reply
from providers.syngrafii import SyngrafiiClient
from providers.syngrafii.videos import VideoRow


@register
class DeleteMeetingVideo(Operation):
    """Delete one recording of a sign package for good. Syngrafii marks it at once and purges it later."""

    key = "media_assets.meeting_video.delete"
    provider = "syngrafii"
    target = VideoAsset
    permission = "media_assets.delete_meeting_video"
    risk = Risk.IRREVERSIBLE
    resend = Resend.AFTER_LOOKING

    label = _("Delete meeting videos")
    requested = _("%(actor)s asked to delete meeting videos (%(count)s)")
    succeeded = _("%(actor)s deleted the meeting video “%(target)s”")
    done_label = _("Deleted")
    icon = "trash-2"

    applies_to = Q(kind=VideoAsset.Kind.MEETING_VIDEO)
    identity = {"packageId": F("package__provider_id"), "meetingVideoId": F("provider_id")}
    item_label = VIDEO_NAME
    group_label = F("package__name")
    size = F("size_bytes")
    happened_at = F("recorded_at")
    container = F("package__provider_id")
    container_words = ngettext_lazy("%(count)s package", "%(count)s packages", "count")
    readable = True
    please_look = (RETAINED, RECENT)
    left_out = (
        SHOWN_AGAIN,
        ALREADY_GONE,
        without_id("provider_id", "package__provider_id"),
        LeftOut(
            code="still_recording",
            label=_("Still recording or queued"),
            when=~Q(provider_state__in=FINISHED_STATES),
            tone="blue",
            icon="loader",
            why=_("Syngrafii is still at work on it; try again once it is archived."),
        ),
    )
    hold_paths = VIDEO_HOLD_PATHS

    def call(self, client: SyngrafiiClient, items: Sequence[Item]) -> Reply[VideoRow]:
        (item,) = items
        return client.delete_video(item.identity["packageId"], item.identity["meetingVideoId"])

    def apply(self, settled: Sequence[Settled]) -> None:
        now = timezone.now()
        for how, ids in by_how(settled):
            mirror.videos_deleted(ids, at=now, how=how)

    def still_there(self, client: SyngrafiiClient, items: Sequence[Item]) -> dict[int, Presence]:
        rows = client.list_videos(items[0].identity["packageId"]).value
        by_id = {row.meeting_video_id.lower(): row for row in rows}
        return {item.pk: _presence(by_id.get(item.identity["meetingVideoId"].lower())) for item in items}

    def look(self, client: SyngrafiiClient, item: Item) -> Seen:
        reply = client.list_videos(item.identity["packageId"])
        wanted = item.identity["meetingVideoId"].lower()
        row = next((video for video in reply.value if video.meeting_video_id.lower() == wanted), None)
        if row is None or row.is_deleted:
            return Seen(Look.WAS_SO if was_gone_before(item) else Look.HAPPENED, reply.exchange)
        return Seen(Look.NOT_HAPPENED if row.state in FINISHED_STATES else Look.UNCLEAR, reply.exchange)


def _presence(row: VideoRow | None) -> Presence:
    """Deleted videos are listed as such: one that is not listed at all proves nothing."""
    if row is None:
        return Presence.UNCLEAR
    return Presence.GONE if row.is_deleted else Presence.THERE
