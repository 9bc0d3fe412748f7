"""What is to be known about rows of a list before one acts on them: holds, plans, locks, and what is gone.

Read for a whole page at once: one query for holds, one for plans, whatever the number of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from media_assets.models import VideoAsset, VodTemplateGroup
from media_assets.operations import DeleteClassVideo
from media_assets.operations.reasons import FINISHED_STATES
from operations.holds import held
from operations.mirror import MirrorRow
from operations.models import Hold, Item
from operations.presence import is_shown_again
from operations.registry import registry
from operations.states import OPEN_ITEM_STATES, ItemState, RunState
from screens.cells import badge, notes_cell, state_badge
from screens.dates import day_text


@dataclass(frozen=True, slots=True)
class Note:
    """A badge, and the quiet line that goes with it."""

    html: SafeString
    quiet: str | Promise = ""


def on_hold() -> Q:
    """Videos that a hold in force covers. All deletions of single videos have the same paths to what is held."""
    return held(registry[DeleteClassVideo.key])


def in_a_plan(model: type[Model]) -> QuerySet[Item]:
    """Items of open runs, and of plans that are fresh enough to be confirmed still, for targets of this model."""
    fresh = timezone.now() - timedelta(seconds=settings.OPERATIONS["plan_fresh_seconds"])
    young = Q(run__created_at__gte=fresh) | Q(run__signed_at__gte=fresh)
    drafts = young & Q(run__state=RunState.DRAFT) | Q(
        run__state__in=[RunState.WAITING_APPROVAL, RunState.COUNTING_DOWN]
    )
    waiting = Q(state=ItemState.PLANNED) & drafts
    return Item.objects.filter(
        waiting | Q(state__in=OPEN_ITEM_STATES), target_kind=model._meta.label_lower, left_out=""
    )


class PageNotes:
    """Notes for the rows of one page.

    `paths` says how holds reach a row: kind of held object -> path to its id. `container` is the key on the video, for
    rows that are kept as soon as one video in them is held.
    """

    def __init__(
        self, rows: Sequence[Any], model: type[Model], paths: Mapping[str, str], *, container: str = ""
    ) -> None:
        self._paths = {kind: path for kind, path in paths.items() if not path.startswith("videos__")}
        self._holds = self._read_holds(rows)
        self._runs = _read_runs(rows, model)
        self._held_inside = _read_held_inside(rows, container) if container else frozenset()

    def cell(self, row: Any) -> SafeString:
        """The row's notes as the content of its cell; empty for the usual row."""
        notes = list(self.of(row))
        return notes_cell(
            [note.html for note in notes], next((note.quiet for note in notes if note.quiet), "")
        )

    def of(self, row: Any) -> Iterable[Note]:
        """The row's notes, the most important ones first."""
        if row.presence != MirrorRow.Presence.PRESENT:
            yield Note(state_badge("presence", row.presence))
        if is_shown_again(row):
            yield Note(state_badge("other", "shown_again"))
        hold = next((self._holds[key] for key in self._keys(row) if key in self._holds), None)
        if hold is not None:
            yield Note(state_badge("other", "on_hold"), _hold_words(hold))
        elif row.pk in self._held_inside:
            yield Note(badge("amber", "lock", _("A video in it is on hold")))
        if row.pk in self._runs:
            yield Note(badge("blue", "hourglass", _("In %(run)s") % {"run": self._runs[row.pk]}))
        if isinstance(row, VodTemplateGroup) and not row.group_id:
            yield Note(badge("grey", "circle-help", _("No group ID")))
        if isinstance(row, VideoAsset) and row.presence == MirrorRow.Presence.PRESENT:
            yield from _video_notes(row)

    def _keys(self, row: Any) -> Iterable[tuple[str, int]]:
        for kind, path in self._paths.items():
            value = _follow(row, path)
            if value is not None:
                yield kind, value

    def _read_holds(self, rows: Sequence[Any]) -> dict[tuple[str, int], Hold]:
        ids: dict[str, set[int]] = defaultdict(set)
        for row in rows:
            for kind, value in self._keys(row):
                ids[kind].add(value)
        if not ids:
            return {}
        covered = Q()
        for kind, values in ids.items():
            covered |= Q(target_kind=kind, target_id__in=values)
        holds = Hold.objects.in_force().filter(covered).order_by("-placed_at", "-pk")
        return {(hold.target_kind, hold.target_id): hold for hold in holds}


def _follow(row: Any, path: str) -> Any:
    """A path such as `course_class__course_id` on a row whose relations are loaded."""
    for name in path.split("__"):
        if row is None:
            return None
        row = getattr(row, name)
    return row


def _read_runs(rows: Sequence[Any], model: type[Model]) -> dict[int, str]:
    """The newest plan or run of each row, by its name on the screens."""
    items = in_a_plan(model).filter(target_id__in=[row.pk for row in rows])
    found = items.select_related("run").order_by("run_id")
    return {item.target_id: str(item.run) for item in found}


def _read_held_inside(rows: Sequence[Any], container: str) -> frozenset[int]:
    """Those of the rows in which a video lies that is itself on hold."""
    held_videos = Hold.objects.in_force().filter(target_kind=VideoAsset._meta.label_lower)
    inside = VideoAsset.objects.filter(
        **{f"{container}__in": [row.pk for row in rows]}, pk__in=held_videos.values("target_id")
    )
    return frozenset(inside.order_by().values_list(container, flat=True).distinct())


def _hold_words(hold: Hold) -> str:
    if hold.until is None:
        return hold.reason
    return _("%(reason)s, until %(date)s") % {"reason": hold.reason, "date": day_text(hold.until)}


def _video_notes(video: VideoAsset) -> Iterable[Note]:
    lesson, now = video.course_class, timezone.now()
    if lesson is not None and lesson.end_at and lesson.end_at > now:
        yield Note(badge("blue", "hourglass", _("Lesson not over")))
    if lesson is not None and lesson.recording_locked:
        yield Note(badge("amber", "lock", _("Locked at ClassIn")))
    if video.kind == VideoAsset.Kind.MEETING_VIDEO and video.provider_state not in FINISHED_STATES:
        yield Note(badge("blue", "loader", _("Still recording or queued")))
    if video.retention_until and video.retention_until > now:
        words = _("Kept until %(date)s") % {"date": day_text(video.retention_until)}
        yield Note(badge("grey", "calendar-clock", words))
    group = video.template_group
    if group is not None and not group.group_id:
        yield Note(badge("grey", "circle-help", _("No group ID")))
    if group is not None and group.asset.source_present is False:
        yield Note(badge("grey", "triangle-alert", _("Source is gone")), _("It cannot be transcoded again."))
