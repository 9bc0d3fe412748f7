"""The table of class videos that people import: columns, the headings of ClassIn's dashboard, what a row says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from audit.actors import Actor
from intake.spreadsheets import Cleaned, Column, Spreadsheet, Wrong, register
from intake.spreadsheets.cells import (
    BytesField,
    IdField,
    MomentField,
    NoExcelErrors,
    OpaqueIdField,
    SecondsField,
    WholeNumberField,
)
from media_assets import mirror
from media_assets.models import VideoAsset
from media_assets.sync.world import LONGEST_TITLE
from operations.learning import Known, Learned
from operations.mirror import MirrorRow
from operations.models import Account

_MOST = 2**31 - 1


@register
class ClassVideos(Spreadsheet):
    """A list of class videos (ClassIn's clips), one a row, each with the ID of its lesson."""

    key = "videos"
    label = _("Class videos")
    provider = "classin"
    model: ClassVar[type[MirrorRow]] = VideoAsset
    columns = (
        Column("id", _("file ID"), ("File ID", "Video ID", "Clip ID", "FileId", "ID", "文件ID", "录像编号", "视频ID", "录课ID", "文件编号"), OpaqueIdField(), required=True),
        Column("lesson", _("lesson ID"), ("Lesson ID", "Class ID", "Activity ID", "课节ID", "课节编号", "课堂ID", "单课ID"), IdField(), required=True),
        Column("title", _("title"), ("Title", "Name", "File name", "Video name", "Clip", "标题", "视频名称", "文件名", "文件名称", "录课名称"), NoExcelErrors(max_length=LONGEST_TITLE)),
        Column("recorded_at", _("recorded"), ("Recorded", "Recording time", "Recorded at", "Start", "Started", "Start time", "VST", "录制时间", "录制开始时间", "开始时间"), MomentField()),
        Column("ended_at", _("recording ended"), ("End", "Ended", "End time", "VET", "录制结束时间", "结束时间"), MomentField()),
        Column("duration_seconds", _("length"), ("Duration", "Length (s)", "时长 (s)", "Length", "Video length", "时长", "视频时长", "录课时长"), SecondsField(most=_MOST)),
        Column("size_bytes", _("size"), ("Size (B)", "大小 (B)", "Size", "File size", "Bytes", "大小", "文件大小", "视频大小"), BytesField()),
        Column("watch_count", _("times watched"), ("Views", "Watched", "Times watched", "Play count", "Watch count", "观看次数", "播放次数", "回放次数"), WholeNumberField(most=_MOST)),
    )  # fmt: skip

    def known(self, account: Account, rows: Sequence[Cleaned], *, at: datetime) -> dict[int, Known | Wrong]:
        lessons: Any = VideoAsset._meta.get_field("course_class").related_model
        wanted = {row.values["lesson"] for row in rows}
        found = lessons.objects.filter(account=account, provider_id__in=wanted)
        ids = dict(found.values_list("provider_id", "pk"))
        return {row.number: _video(row, ids) for row in rows}

    def learn(self, account: Account, known: Sequence[Known], *, at: datetime, actor: Actor) -> Learned:
        return mirror.rows_learned(
            VideoAsset, account, known, at=at, source=MirrorRow.Source.IMPORT, actor=actor
        )


def _video(row: Cleaned, lessons: dict[str, int]) -> Known | Wrong:
    values = dict(row.values)
    provider_id, lesson, ended_at = values.pop("id"), values.pop("lesson"), values.pop("ended_at", None)
    if lesson not in lessons:
        text = _("This account has no lesson %(id)s here. Import the list of lessons first.")
        return Wrong("lesson", ValidationError(text, params={"id": lesson}))
    begun_at = values.get("recorded_at")
    if begun_at and ended_at:
        if ended_at < begun_at:
            return Wrong("ended_at", ValidationError(_("The recording would end before it begins.")))
        # What the clock says is surer than a length whose unit an export leaves open.
        values["duration_seconds"] = int((ended_at - begun_at).total_seconds())
    return Known(
        provider_id, {"kind": VideoAsset.Kind.CLASS_VIDEO, "course_class_id": lessons[lesson], **values}
    )
