from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Model, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from media_assets import mirror
from media_assets.models import VideoAsset
from media_assets.operations.holds import CLASS_HOLD_PATHS
from media_assets.operations.looks import ALL_CLIPS, recent_in
from media_assets.operations.reasons import count_in, newest_in, nothing_in, size_of, without_id
from media_assets.operations.settlement import by_how
from media_assets.presence import How
from operations.models import Item
from operations.operation import LeftOut, Operation, Settled
from operations.registry import register
from operations.states import Resend, Risk
from providers.classin import ClassInClient
from providers.outcome import Reply


def _lesson_model() -> type[Model]:
    """The model of lessons, which belongs to a sibling app: reached through the key that points at it."""
    model = VideoAsset._meta.get_field("course_class").related_model
    if not isinstance(model, type):
        raise TypeError("lessons are not loaded yet")
    return model


@register
class DeleteAllClassVideos(Operation):
    """Delete every clip of a lesson for good, those that we do not know of as well.

    Nobody can be asked afterwards what was there, and a repeat would delete clips that were uploaded since: a lost
    answer is for a person to decide.
    """

    key = "media_assets.class_videos.delete_all"
    provider = "classin"
    target = _lesson_model()
    permission = "media_assets.delete_all_class_videos"
    risk = Risk.SWEEPING
    resend = Resend.BY_PERSON

    label = _("Delete all videos of lessons")
    requested = _("%(actor)s asked to delete all class videos of lessons (%(count)s)")
    succeeded = _("%(actor)s deleted all class videos of the lesson “%(target)s”")
    done_label = _("Deleted")
    icon = "trash-2"

    identity = {"classId": F("provider_id")}
    item_label = F("name")
    group_label = F("course__name")
    size = size_of("course_class")
    happened_at = newest_in("course_class")
    parts = count_in("course_class")
    container = F("provider_id")
    container_words = ngettext_lazy("%(count)s lesson", "%(count)s lessons", "count")
    group_words = ngettext_lazy("%(count)s course", "%(count)s courses", "count")
    please_look = (ALL_CLIPS, recent_in("course_class"))
    left_out = (
        nothing_in("course_class"),
        without_id("provider_id"),
        LeftOut(
            code="class_not_over",
            label=_("The lesson is not over yet"),
            when=Q(end_at__gt=Now()),
            tone="blue",
            icon="hourglass",
            why=_("Its clips are only safe to delete once nothing is being recorded."),
        ),
        LeftOut(
            code="recording_locked",
            label=_("Recordings of the lesson are locked at ClassIn"),
            when=Q(recording_locked=True),
            tone="amber",
            icon="lock",
            why=_("ClassIn refuses to delete them until they are unlocked there."),
        ),
    )
    hold_paths = CLASS_HOLD_PATHS

    def call(self, client: ClassInClient, items: Sequence[Item]) -> Reply[Any]:
        (item,) = items
        return client.delete_all_class_videos(item.identity["classId"])

    def apply(self, settled: Sequence[Settled]) -> None:
        now = timezone.now()
        for how, ids in by_how(settled, How.DELETED_WITH_ALL):
            mirror.class_emptied(ids, at=now, how=how)
