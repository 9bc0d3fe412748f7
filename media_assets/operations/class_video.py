from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from media_assets import mirror
from media_assets.models import VideoAsset
from media_assets.operations.holds import VIDEO_HOLD_PATHS
from media_assets.operations.looks import RECENT, WHOLE_LESSON
from media_assets.operations.reasons import ALREADY_GONE, SHOWN_AGAIN, VIDEO_NAME, without_id
from media_assets.operations.settlement import by_how
from operations.models import Item
from operations.operation import LeftOut, Operation, Settled
from operations.registry import register
from operations.states import Resend, Risk
from providers.classin import ClassInClient
from providers.outcome import Reply


@register
class DeleteClassVideo(Operation):
    """Delete one clip of a lesson for good. ClassIn has no recycle bin.

    ClassIn has no call that lists clips, so a lost answer is settled by sending again: 634 (this clip was deleted) or
    632 (all clips of the lesson were) prove that the first sending worked. A repeat can delete nothing else.
    """

    key = "media_assets.class_video.delete"
    provider = "classin"
    target = VideoAsset
    permission = "media_assets.delete_class_video"
    risk = Risk.IRREVERSIBLE
    resend = Resend.ANSWER_PROVES
    proof_codes = frozenset({"634", "632"})

    label = _("Delete class videos")
    requested = _("%(actor)s asked to delete class videos (%(count)s)")
    succeeded = _("%(actor)s deleted the class video “%(target)s”")
    done_label = _("Deleted")
    icon = "trash-2"

    applies_to = Q(kind=VideoAsset.Kind.CLASS_VIDEO)
    identity = {"classId": F("course_class__provider_id"), "fileId": F("provider_id")}
    item_label = VIDEO_NAME
    group_label = F("course_class__course__name")
    size = F("size_bytes")
    happened_at = F("recorded_at")
    container = F("course_class__provider_id")
    container_words = ngettext_lazy("%(count)s lesson", "%(count)s lessons", "count")
    group_words = ngettext_lazy("%(count)s course", "%(count)s courses", "count")
    please_look = (WHOLE_LESSON, RECENT)
    left_out = (
        SHOWN_AGAIN,
        ALREADY_GONE,
        without_id("provider_id", "course_class__provider_id"),
        LeftOut(
            code="class_not_over",
            label=_("The lesson is not over yet"),
            when=Q(course_class__end_at__gt=Now()),
            tone="blue",
            icon="hourglass",
            why=_("Its clips are only safe to delete once nothing is being recorded."),
        ),
        LeftOut(
            code="recording_locked",
            label=_("Recordings of the lesson are locked at ClassIn"),
            when=Q(course_class__recording_locked=True),
            tone="amber",
            icon="lock",
            why=_("ClassIn refuses to delete them until they are unlocked there."),
        ),
    )
    hold_paths = VIDEO_HOLD_PATHS

    def call(self, client: ClassInClient, items: Sequence[Item]) -> Reply[Any]:
        (item,) = items
        return client.delete_class_video(item.identity["classId"], item.identity["fileId"])

    def apply(self, settled: Sequence[Settled]) -> None:
        now = timezone.now()
        for how, ids in by_how(settled):
            mirror.videos_deleted(ids, at=now, how=how)
