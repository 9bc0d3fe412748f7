"""What people are told of retention rules."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from operations.notices import Details, NoticeKind, register_kind
from screens.dates import day_text
from screens.figures import number_text


def _announced(details: Details) -> dict[str, Any]:
    count = int(details["count"])
    videos = ngettext("%(count)s video", "%(count)s videos", count) % {"count": number_text(count)}
    return {**details, "videos": videos, "day": day_text(date.fromisoformat(details["day"]))}


DELETION_ANNOUNCED = register_kind(
    NoticeKind(
        code="media_assets.retention.announced",
        label=_("A retention rule announces a deletion"),
        subject=_("%(videos)s will be put into a deletion plan on %(day)s"),
        sentence=_(
            "On %(day)s the rule “%(rule)s” will put %(videos)s into a deletion plan. Keep what you need. %(note)s"
        ),
        icon="calendar-clock",
        details=frozenset({"rule", "count", "day", "note"}),
        words=_announced,
    )
)
