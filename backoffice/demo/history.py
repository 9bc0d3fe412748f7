"""What the demo's people did before you came: really done, by the engine, at the imitated providers.

Nothing here writes a run, an item or a record by hand: every line of the log that you find was earned.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db.models import Model, Q, QuerySet
from django.utils import timezone, translation

from audit.actors import Actor
from courses.models import Course
from media_assets.models import CloudFile, RetentionProposal, RetentionRule, SignPackage, VideoAsset
from media_assets.retention.days import night_of
from media_assets.retention.nightly import pass_nights
from media_assets.retention.rules import make_rule
from operations import engine
from operations.clock import database_now
from operations.engine.confirm import is_destructive
from operations.engine.limits import change_policy
from operations.models import Hold, Item, Run
from operations.registry import registry
from operations.states import RunState

DEMO_WAIT: Final = 30
"""Seconds of waiting time in the demo."""
RUN_ENDS_WITHIN: Final = 60.0
"""Seconds after which the demo stops waiting for a run of its history; the run goes on by itself."""

Special = dict[str, Any]


class Past:
    """Makes the history, as the people who would have made it."""

    def __init__(self, special: Special, tell: Callable[[str], None]) -> None:
        self.special = special
        self.tell = tell
        users = get_user_model()
        self.editor = users.objects.get(username="editor")
        self.deleter = users.objects.get(username="deleter")

    def make(self) -> None:
        """All of it, in the order in which the log will show it."""
        with translation.override("en"):
            self.set_limits(wait=0)
            self.place_holds()
            self.rename_a_file()
            self.edit_a_course()
            self.lose_an_answer()
            self.delete_old_videos()
            self.leave_a_draft()
            self.set_limits()
            self.ask_for_approval()
            self.make_retention_rules()

    def set_limits(self, *, wait: int = DEMO_WAIT) -> None:
        """Waiting times short enough to be watched; none while the past is made."""
        owner = get_user_model().objects.get(username="admin")
        values = {"irreversible_seconds": wait, "sweeping_seconds": wait}
        change_policy(values, actor=Actor.person(owner, via="command"), user=owner)

    def ask_for_approval(self) -> None:
        """A whole package goes only when somebody else approves: signed in as admin you can."""
        package = SignPackage.objects.exclude(provider_id__in=self._ids("package")).order_by("pk")[1:2]
        key = "media_assets.meeting_videos.delete_all"
        run = self._plan((key,), SignPackage.objects.filter(pk__in=package.values("pk")), "One package")
        if Item.objects.filter(run=run, left_out="").exists():
            self._confirm(run, "The contract ended; its recordings are no longer needed.")

    def make_retention_rules(self) -> None:
        """One rule that has announced what it will propose in a week, and one that proposed a plan last night."""
        announces = RetentionRule(
            name="Class videos that nobody watched",
            kind=VideoAsset.Kind.CLASS_VIDEO,
            older_than_days=365,
            unknown_is_unwatched=True,
            notice_days=7,
            note="Keep what you still show in lessons.",
        )
        proposes = RetentionRule(
            name="Old meeting videos",
            kind=VideoAsset.Kind.MEETING_VIDEO,
            older_than_days=400,
            unknown_is_unwatched=True,
            notice_days=0,
        )
        actor = Actor.person(self.deleter, via="command")
        for rule, owners in ((announces, [self.editor, self.deleter]), (proposes, [])):
            make_rule(rule, owners=owners, actor=actor, user=self.deleter)
        day, began = night_of(database_now())
        RetentionRule.objects.update(on_since=began)
        pass_nights()
        made = RetentionProposal.objects.filter(day=day).count()
        self.tell(f"  Retention rules: {made} announced")

    def place_holds(self) -> None:
        """A course that a parent asks about, and a video that is shown at an open day."""
        course = Course.objects.exclude(provider_id__in=self._ids("course")).order_by("pk")[2]
        self._hold(
            course,
            "A parent has asked for these recordings; keep them until the matter is settled.",
            days=None,
        )
        for video in self._class_videos().exclude(course_class__course=course).order_by("recorded_at")[40:43]:
            self._hold(video, "Shown at the open day.", days=90)

    def rename_a_file(self) -> None:
        """An edit that went well."""
        file = (
            CloudFile.objects.filter(name__endswith=".pdf")
            .exclude(provider_id__in=self._ids("file"))
            .order_by("pk")[3]
        )
        self._edit("media_assets.cloud_file.rename", file, {"name": f"Reviewed {file.name}"})

    def edit_a_course(self) -> None:
        """Another, with a longer text before and after."""
        course = Course.objects.exclude(provider_id__in=self._ids("course")).order_by("pk")[6]
        self._edit(
            "courses.course.edit",
            course,
            {"introduction": f"{course.introduction} Revision week is included."[:400]},
        )

    def lose_an_answer(self) -> None:
        """ClassIn cannot be asked what became of an edit, so this one waits for a person."""
        course = Course.objects.get(provider_id=self.special["course_answer_lost"])
        self._edit(
            "courses.course.edit", course, {"introduction": f"{course.introduction} New timetable."[:400]}
        )

    def delete_old_videos(self) -> None:
        """A finished run with every kind of end: deleted, already gone, rejected, left out."""
        names = (
            "clip_already_deleted",
            "clip_of_class_not_supported",
            "clip_of_class_recording_failed",
            "clip_unknown",
        )
        odd = [str(self.special[name]) for name in names]
        plain = self._class_videos().exclude(provider_id__in=self._ids("clip")).order_by("recorded_at")[:44]
        chosen = [*plain.values_list("pk", flat=True), *self._videos(odd)]
        run = self._plan(
            ("media_assets.class_video.delete",),
            VideoAsset.objects.filter(pk__in=chosen),
            "Ticked by hand, the oldest ones",
        )
        self._confirm(run, "Recordings older than the two years that we promise to keep.")

    def leave_a_draft(self) -> None:
        """A plan that waits for its maker: three kinds, and some that will be left out."""
        held = Hold.objects.in_force().filter(target_kind=Course._meta.label_lower).values("target_id")
        odd = [str(self.special[name]) for name in ("clip_of_class_not_over", "clip_of_locked_class")]
        class_videos = self._class_videos().exclude(provider_id__in=self._ids("clip"))
        chosen = [
            *class_videos.order_by("recorded_at").values_list("pk", flat=True)[:36],
            *class_videos.filter(course_class__course__in=held).values_list("pk", flat=True)[:5],
            *self._videos(odd),
        ]
        for kind in (VideoAsset.Kind.TRANSCODED_OUTPUT, VideoAsset.Kind.MEETING_VIDEO):
            rows = VideoAsset.objects.filter(kind=kind, presence="present").exclude(size_bytes=None)
            rows = rows.exclude(provider_id__in=[*self._ids("output"), *self._ids("video")])
            chosen += rows.order_by("recorded_at", "pk").values_list("pk", flat=True)[:12]
        keys = ("class_video", "transcoded_output", "meeting_video")
        self._plan(
            tuple(f"media_assets.{key}.delete" for key in keys),
            VideoAsset.objects.filter(pk__in=chosen),
            "Ticked by hand, three kinds",
        )

    def _plan(self, keys: tuple[str, ...], selection: QuerySet[Any], words: str) -> Run:
        actor = Actor.person(self.deleter, via="command")
        return engine.freeze(
            [registry[key] for key in keys], selection, actor=actor, user=self.deleter, filter_words=words
        )

    def _edit(self, key: str, target: Model, values: dict[str, Any]) -> None:
        operation = registry[key]
        assert operation.form is not None  # noqa: S101 - the keys above are edits
        form = operation.form(data={**_as_posted(operation.form(target=target)), **values}, target=target)
        if not form.is_valid():
            self.tell(f"  {operation.label} of {target}: left out, {form.errors.as_text()}")
            return
        actor = Actor.person(self.editor, via="command")
        run = engine.freeze_edit(operation, target, form.proposal(), actor=actor, user=self.editor)
        self._confirm(run, "")

    def _confirm(self, run: Run, reason: str) -> None:
        user = get_user_model().objects.get(pk=run.maker_id)
        count = Item.objects.filter(run=run, left_out="").count()
        typed = f"DELETE {count}" if is_destructive(run) else None
        actor = Actor.person(user, via="command")
        run = engine.confirm(run, actor=actor, user=user, token=str(run.token), reason=reason, typed=typed)
        deadline = time.monotonic() + RUN_ENDS_WITHIN
        while time.monotonic() < deadline:
            run.refresh_from_db(fields=["state"])
            if run.state != RunState.RUNNING:
                break
            time.sleep(0.1)
        self.tell(f"  {run}: {run.get_state_display().lower()}, {count} items")

    def _hold(self, row: Model, reason: str, *, days: int | None) -> None:
        model = type(row)
        engine.place_holds(
            model,
            model._default_manager.filter(pk=row.pk),
            reason=reason,
            until=timezone.now() + timedelta(days=days) if days else None,
            actor=Actor.person(self.deleter, via="command"),
            user=self.deleter,
        )

    def _class_videos(self) -> QuerySet[VideoAsset]:
        return VideoAsset.objects.filter(
            Q(course_class__recording_locked=None) | Q(course_class__recording_locked=False),
            kind=VideoAsset.Kind.CLASS_VIDEO,
            presence="present",
            course_class__end_at__lt=timezone.now() - timedelta(days=120),
        )

    def _videos(self, provider_ids: Iterable[str]) -> list[int]:
        return list(VideoAsset.objects.filter(provider_id__in=provider_ids).values_list("pk", flat=True))

    def _ids(self, kind: str) -> list[str]:
        """Ids of the world's special objects of one kind: they are left for you to run into."""
        found = [value for name, value in self.special.items() if name.startswith(f"{kind}_")]
        return [str(one) for value in found for one in (value if isinstance(value, list) else [value])]


def _as_posted(form: Any) -> dict[str, Any]:
    """A form's own starting values, the way a browser would send them back untouched."""
    posted: dict[str, Any] = {}
    for name, field in form.fields.items():
        value = field.prepare_value(form.get_initial_for_field(field, name))
        if value is None or value is False:
            continue
        posted[form.add_prefix(name)] = value
    return posted
